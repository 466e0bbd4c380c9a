//! The server goes away and comes back while people work.

use fantoccini::{Locator, key::Key};
use postoffice_tests::{
    counter::CERAMICS,
    desk::{Desk, command_id, draft},
    display::Display,
    office::Office,
    wait::until,
    window::Window,
};

#[tokio::test]
async fn a_parcel_registered_in_an_outage_is_saved_once_when_the_server_returns() {
    let mut office = Office::start(10).await;
    let display = Display::start(1366, 768);
    let clerk = Window::open(&display, &office).await;
    clerk.sign_in("clerk12", "2").await;
    clerk.press_key(Key::F2).await;
    clerk.see_id("sender.phone").await;
    clerk.type_parties(&CERAMICS).await;
    clerk.ctrl(Key::Enter).await;
    clerk.type_box(&CERAMICS).await;
    clerk.ctrl(Key::Enter).await;
    clerk.see_id("register-save").await;
    office.server().kill();
    clerk.see_id("banner-offline").await;
    // Pressed while nobody is there to hear it: it waits, visibly, and goes out by itself.
    clerk.ctrl(Key::Enter).await;
    clerk.see_text("Чекаємо на сервер").await;
    office.start_server().await;
    let ttn = clerk.registered_ttn().await;
    clerk.gone("banner-offline").await;
    // Once.
    let mut desk = Desk::signed_in(&office.address(), "clerk7", "3").await;
    assert_eq!(desk.numbers_found(CERAMICS.contents).await, [ttn]);
    clerk.close().await;
}

#[tokio::test]
async fn a_window_that_was_away_shows_what_it_missed() {
    let mut office = Office::start(10).await;
    let display = Display::start(1366, 768);
    let clerk = Window::open(&display, &office).await;
    clerk.sign_in("clerk12", "2").await;
    office.stop_server();
    clerk.see_id("banner-offline").await;
    office.start_server().await;
    let mut desk = Desk::signed_in(&office.address(), "clerk7", "3").await;
    let mut ttns = Vec::new();
    for number in 1..=3 {
        let created = desk.register(command_id(u128::from(number)), draft(number)).await.expect("it is registered");
        ttns.push(created.order.ttn.to_string());
    }
    clerk.gone("banner-offline").await;
    for ttn in ttns {
        // Rows do not jump: what comes after the key was pressed waits for the next time.
        until(&format!("the row of {ttn}"), || async {
            clerk.press_key(Key::Home).await;
            clerk.client().find(Locator::Css(&format!("#row-{ttn}"))).await.ok()
        })
        .await;
    }
    clerk.close().await;
}
