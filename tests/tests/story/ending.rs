//! How an order ends: handed over, given up, deleted by mistake of nobody. Asked first, done asynchronously, seen everywhere.

use fantoccini::key::Key;
use postoffice_tests::{
    counter::CERAMICS,
    desk::{Desk, command_id, draft},
    display::Display,
    office::Office,
    window::Window,
};

#[tokio::test]
async fn a_parcel_is_brought_to_its_recipient_and_handed_over() {
    let office = Office::start(10).await;
    let display = Display::start(1366, 768);
    let clerk = Window::open(&display, &office).await;
    clerk.sign_in("clerk12", "2").await;
    let ttn = clerk.register(&CERAMICS).await;
    clerk.open_order(&ttn).await;
    assert!(!clerk.can("act-complete").await, "not before it came to its recipient");
    clerk.edit_place().await;
    let [_, _, city, street] = CERAMICS.recipient;
    clerk.fill("place-field", &format!("{city}, {street}")).await;
    clerk.ctrl(Key::Enter).await;
    clerk.gone("place-save").await;
    clerk.press("act-complete").await;
    clerk.see("[role=dialog]").await;
    clerk.ctrl(Key::Enter).await;
    clerk.see_text("Завершено").await;
    assert!(!clerk.can("act-change_location").await, "a final state is final");
    clerk.close().await;
}

#[tokio::test]
async fn a_deletion_asks_for_a_reason_and_reaches_the_other_station() {
    let office = Office::start(10).await;
    let mut desk = Desk::signed_in(&office.address(), "clerk7", "3").await;
    let ttn = desk.register(command_id(1), draft(1)).await.expect("the order is registered").order.ttn.to_string();
    let display = Display::start(1366, 768);
    let clerk = Window::open(&display, &office).await;
    clerk.sign_in("clerk12", "2").await;
    clerk.open_order(&ttn).await;
    clerk.press("act-delete").await;
    clerk.see("[role=dialog] textarea").await;
    // Without a reason nothing happens.
    clerk.ctrl(Key::Enter).await;
    clerk.see("[role=dialog] textarea[aria-invalid=true]").await;
    clerk.see("[role=dialog] textarea").await.send_keys("зареєстровано двічі").await.expect("it takes keys");
    clerk.ctrl(Key::Enter).await;
    // Done: back in the list, where it no longer stands.
    clerk.see("[role=grid]").await;
    clerk.gone_css(&format!("#row-{ttn}:not([data-deleted])")).await;
    // The other station hears of it, and the history stays.
    desk.hears_of(&ttn, "deleted").await;
    clerk.open_order(&ttn).await;
    clerk.see_text("зареєстровано двічі").await;
    clerk.close().await;
}
