//! From starting the program to a list that can be worked with, beside an empty window: Tauri with `about:blank`, the same versions and the same
//! build (`src-tauri/examples/bare_window.rs`). Both through `WebKitWebDriver` on a virtual display without a GPU, in turns.
//!
//! A clerk signs in at every start, and typing is not our time. So it is the sum of two: start → the sign-in form can be typed in, and
//! sign-in sent → the list shows its rows (password check, first page, drawing). The driver looks every 25 ms.

use std::path::Path;

use fantoccini::Locator;
use postoffice_tests::{
    display::Display,
    office::{CLERK_PASSWORD, Office},
    window::Window,
};
use tokio::time::Instant;

use crate::figure::{Figure, Target, number};

const ROUNDS: usize = 7;

/// Measures both in turns.
pub async fn measure() -> Vec<Figure> {
    let office = Office::start(300).await;
    let display = Display::start(1366, 768);
    let (mut form, mut list, mut both, mut bare) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let empty = empty(&display, &office).await;
        let (to_form, to_list) = ours(&display, &office).await;
        // The first of each reads the programs from the disk.
        if round > 0 {
            println!(
                "  round {round}: form {}, list {}, empty window {}",
                number(to_form),
                number(to_list),
                number(empty)
            );
            form.push(to_form);
            list.push(to_list);
            both.push(to_form + to_list);
            bare.push(empty);
        }
    }
    vec![
        Figure::of_rounds("window: start → usable list (without typing)", "ms", both)
            .beside("an empty window", &bare)
            .holding(Target::RatioAtMost(1.2)),
        Figure::of_rounds("  of it start → sign-in form", "ms", form).beside("an empty window", &bare),
        Figure::of_rounds("  of it sign-in sent → list with rows", "ms", list),
    ]
}

fn millis_since(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1_000.0
}

async fn empty(display: &Display, office: &Office) -> f64 {
    let began = Instant::now();
    let window = Window::open_program(display, office.folder(), Path::new("examples/bare_window"), None).await;
    window.see("body").await;
    let took = millis_since(began);
    window.close().await;
    took
}

async fn ours(display: &Display, office: &Office) -> (f64, f64) {
    let began = Instant::now();
    let window = Window::open(display, office).await;
    window.see_id("sign-in-submit").await;
    let to_form = millis_since(began);
    window.choose("sign-in-branch", "Львів 3").await;
    window.fill("sign-in-login", "clerk12").await;
    window.fill("sign-in-station", "2").await;
    window.fill("sign-in-password", CLERK_PASSWORD).await;
    let submit = window.client().find(Locator::Css("[data-testid='sign-in-submit']")).await.expect("the form is there");
    let began = Instant::now();
    submit.click().await.expect("the form can be sent");
    window.see("[role=row][aria-selected]").await;
    let to_list = millis_since(began);
    window.close().await;
    (to_form, to_list)
}
