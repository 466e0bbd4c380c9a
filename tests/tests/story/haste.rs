//! A clerk who waits for nothing: everything is typed in one go, whatever the window is still loading, asking or saving.

use fantoccini::key::Key;
use postoffice_domain::order::Status;
use postoffice_tests::{counter::CERAMICS, desk::Desk, display::Display, office::Office, window::Window};

fn ctrl_enter() -> String {
    format!("{}{}{}", Key::Control + "", Key::Enter + "", Key::Null + "")
}

/// From the first field of the form to the success screen.
fn registering(contents: &str) -> String {
    let tab = Key::Tab + "";
    let parties: Vec<&str> = CERAMICS.sender.into_iter().chain(CERAMICS.recipient).chain([contents]).collect();
    let parties = parties.join(&tab);
    let next = ctrl_enter();
    let preset = format!("{}4{}", Key::Alt + "", Key::Null + "");
    format!("{parties}{next}{preset}1850{tab}1000{next}{next}")
}

#[tokio::test]
async fn nothing_that_hasty_hands_type_is_lost_or_done_twice() {
    let office = Office::start(40).await;
    let mut desk = Desk::signed_in(&office.address(), "clerk7", "3").await;
    let display = Display::start(1366, 768);
    let clerk = Window::open(&display, &office).await;
    clerk.sign_in("clerk12", "2").await;

    // Three parcels, one after the other.
    let (enter, orders, escape) = (Key::Enter + "", Key::F3 + "", Key::Escape + "");
    let parcels = ["самовар", "глобус", "телескоп"];
    let registered = parcels.map(registering).join(&enter);
    // One is searched for and gets another place; one is searched for and is cancelled.
    let save = ctrl_enter();
    let place = format!("{}Полтава, Відділення 4{save}{escape}", Key::F6 + "");
    let moved = format!("{orders}{orders}самовар{enter}{place}");
    let cancelled = format!("{orders}{orders}глобус{enter}{}намок{save}{escape}", Key::Delete + "");
    // The driver gives them to the window with no pause in between.
    clerk.hands(&format!("{}{registered}{moved}{cancelled}", Key::F2 + "")).await;

    // The last thing that was typed is done when it is told.
    while !desk.found("глобус").await.iter().any(|row| row.status == Status::Canceled) {
        desk.notice().await.expect("what is typed goes on");
    }
    for contents in parcels {
        let rows = desk.found(contents).await;
        assert_eq!(rows.len(), 1, "{contents} is registered once: {rows:?}");
        let row = &rows[0];
        assert_eq!(row.description, contents);
        let (status, city) = match contents {
            "самовар" => (Status::Delivering, "Полтава"),
            "глобус" => (Status::Canceled, "Львів"),
            _ => (Status::New, "Львів"),
        };
        assert_eq!((row.status, row.location.city.as_str()), (status, city), "{row:?}");
    }
    // Nothing is left behind: no key, no drawer, no dialog.
    clerk.see("[role=grid]").await;
    clerk.gone_css("[role=dialog]").await;
    clerk.gone("keys-waiting").await;
    clerk.close().await;
}
