//! Windows and servers die in the middle of work, and computers sleep. Nothing is lost, nothing goes twice.

use fantoccini::key::Key;
use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    call::Call,
    orders::{GetOrder, OrderDetails},
};
use postoffice_tests::{
    counter::CERAMICS,
    desk::{Desk, command_id, draft},
    display::Display,
    office::Office,
    programs::signal,
    window::Window,
};

#[tokio::test]
async fn a_change_in_flight_and_a_draft_outlive_server_and_window() {
    let mut office = Office::start(10).await;
    let mut desk = Desk::signed_in(&office.address(), "clerk7", "3").await;
    let twice = desk.register(command_id(1), draft(1)).await.expect("the order is registered").order.ttn;
    let display = Display::start(1366, 768);
    let clerk = Window::open(&display, &office).await;
    clerk.sign_in("clerk12", "2").await;
    // A draft that nobody finishes yet.
    clerk.press_key(Key::F2).await;
    clerk.see_id("sender.phone").await;
    clerk.type_parties(&CERAMICS).await;
    clerk.open_order(&twice.to_string()).await;
    clerk.press("act-delete").await;
    clerk.see("[role=dialog] textarea").await.send_keys("зареєстровано двічі").await.expect("it takes keys");
    // The server takes the frame and never looks at it.
    signal(office.server().pid(), "STOP");
    clerk.ctrl(Key::Enter).await;
    clerk.see_id("bar-waiting").await;
    office.server().kill();
    clerk.see_id("banner-offline").await;
    let home = clerk.killed();

    // Still no server: the window opens where it was, without a password, and what was seen can be read.
    let clerk = Window::open_again(&display, &office, home).await;
    clerk.see(&format!("#row-{twice}")).await;
    clerk.see_id("banner-offline").await;
    clerk.press("bar-waiting").await;
    clerk.see("[data-testid=waiting-command][data-progress=sent]").await;
    assert!(!clerk.shows("waiting-withdraw").await, "nobody knows whether it arrived");
    clerk.press_key(Key::Escape).await;
    office.start_server().await;
    clerk.gone("bar-waiting").await;
    clerk.press("bar-ended").await;
    clerk.see("[data-testid=waiting-command][data-progress=done]").await;
    clerk.press("waiting-dismiss-all").await;
    clerk.gone("bar-ended").await;
    // The draft goes on where it was left.
    clerk.press_key(Key::F2).await;
    assert_eq!(clerk.value("description").await, CERAMICS.contents);
    clerk.ctrl(Key::Enter).await;
    clerk.type_box(&CERAMICS).await;
    clerk.ctrl(Key::Enter).await;
    clerk.see_id("register-save").await;
    clerk.ctrl(Key::Enter).await;
    let ttn = clerk.registered_ttn().await;
    let mut desk = Desk::signed_in(&office.address(), "clerk7", "3").await;
    assert_eq!(desk.numbers_found(CERAMICS.contents).await, [ttn]);
    assert_eq!(deletions(&mut desk, twice).await, 1, "once");
    clerk.close().await;
}

/// How often an order was deleted.
async fn deletions(desk: &mut Desk, ttn: Ttn) -> usize {
    let details: OrderDetails = desk.ask_for(Call::GetOrder(GetOrder { ttn })).await.expect("its history stays");
    let told = details.timeline.iter().map(|entry| serde_json::to_string(entry).expect("it can be written"));
    told.filter(|entry| entry.contains("зареєстровано двічі")).count()
}

#[tokio::test]
async fn a_parcel_given_without_a_server_by_a_window_that_was_killed_is_registered_once() {
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
    clerk.ctrl(Key::Enter).await;
    clerk.see_id("bar-waiting").await;
    // The form is on the disk before the command: it comes back as it was given.
    let home = clerk.killed();
    let clerk = Window::open_again(&display, &office, home).await;
    clerk.see_id("bar-waiting").await;
    office.start_server().await;
    clerk.gone("bar-waiting").await;
    // The form knows that its parcel is registered, and shows the number instead of asking again.
    clerk.press_key(Key::F2).await;
    let ttn = clerk.registered_ttn().await;
    let mut desk = Desk::signed_in(&office.address(), "clerk7", "3").await;
    assert_eq!(desk.numbers_found(CERAMICS.contents).await, [ttn]);
    clerk.close().await;
}

#[tokio::test]
async fn a_computer_that_slept_through_a_restart_of_the_server_catches_up_without_a_hole() {
    let mut office = Office::start(10).await;
    let display = Display::start(1366, 768);
    let clerk = Window::open(&display, &office).await;
    clerk.sign_in("clerk12", "2").await;
    signal(clerk.pid(), "STOP");
    office.stop_server();
    office.start_server().await;
    let mut desk = Desk::signed_in(&office.address(), "clerk7", "3").await;
    for number in 1..=3 {
        desk.register(command_id(u128::from(number)), draft(number)).await.expect("it is registered");
    }
    desk.hears_of_changes(3).await;
    signal(clerk.pid(), "CONT");
    clerk.see_text("надолужено 3 зміни, жодної не пропущено").await;
    clerk.close().await;
}

#[tokio::test]
async fn a_second_start_ends_and_leaves_the_first_window_alone() {
    let office = Office::start(10).await;
    let display = Display::start(1366, 768);
    let clerk = Window::open(&display, &office).await;
    clerk.sign_in("clerk12", "2").await;
    assert!(clerk.starts_a_second_time(&display).await);
    clerk.press_key(Key::F2).await;
    clerk.see_id("sender.phone").await;
    clerk.close().await;
}
