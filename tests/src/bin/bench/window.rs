//! From starting the program to a list that can be worked with, beside an empty window of the same build.

use std::path::Path;

use postoffice_tests::{display::Display, office::Office, window::Window};
use tokio::time::Instant;

use crate::report::{Figure, Report, median};

const ROUNDS: usize = 5;

/// Measures both in turns, through the driver, on a virtual display.
pub async fn measure(report: &mut Report) {
    let office = Office::start(300).await;
    let display = Display::start(1366, 768);
    let (mut ours, mut list, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let empty = Window::open_program(&display, office.folder(), Path::new("examples/bare_window"), None).await;
        empty.see("body").await;
        bare.push(began.elapsed().as_secs_f64() * 1000.0);
        empty.close().await;
        let began = Instant::now();
        let window = Window::open(&display, &office).await;
        window.see_id("sign-in-submit").await;
        ours.push(began.elapsed().as_secs_f64() * 1000.0);
        let began = Instant::now();
        window.sign_in("clerk12", "2").await;
        window.see("[role=row][aria-selected]").await;
        list.push(began.elapsed().as_secs_f64() * 1000.0);
        window.close().await;
    }
    let (ours, bare) = (median(ours), median(bare));
    let mut figure = Figure::new("desktop start → form can be typed in", "ms", ours, ROUNDS);
    figure.limit = Some(bare);
    report.add(figure.target("≤ 1.2 × limit (an empty window)", ours <= 1.2 * bare));
    report.add(Figure::new("  sign-in typed and sent → list with rows", "ms", median(list), ROUNDS));
}
