//! The main job, end to end, on real parts.

use std::path::Path;

use postoffice_tests::{display::Display, office::Office, window::Window};

#[tokio::test]
async fn first_look() {
    let office = Office::start(60).await;
    let display = Display::start(1366, 768);
    let window = Window::open(&display, &office).await;
    window.picture(Path::new("/tmp/w1.png")).await.unwrap();
    println!("{}", window.text().await);
    window.sign_in("clerk12", "2").await;
    window.picture(Path::new("/tmp/w2.png")).await.unwrap();
    window.keys(&(fantoccini::key::Key::Down + "")).await;
    window.keys(&(fantoccini::key::Key::Enter + "")).await;
    window.see("[role=tabpanel]").await;
    window.picture(Path::new("/tmp/w3.png")).await.unwrap();
    window.close().await;
}
