//! Many parcels at once: marked in the list with the keyboard, given one place; the one that a colleague edits is refused in words.

use fantoccini::key::Key;
use postoffice_tests::{
    desk::{Desk, command_id, draft},
    display::Display,
    office::Office,
    window::Window,
};

#[tokio::test]
async fn marked_parcels_get_one_place_and_the_one_that_is_edited_stays_marked() {
    let office = Office::start(0).await;
    let mut desk = Desk::signed_in(&office.address(), "clerk7", "3").await;
    for number in 1..=3 {
        let id = command_id(u128::from(number));
        desk.register(id, draft(number)).await.expect("the order is registered");
    }
    let (left, right) = (Display::start(1366, 768), Display::start(1366, 768));
    let clerk = Window::open(&left, &office).await;
    let colleague = Window::open(&right, &office).await;
    clerk.sign_in("clerk12", "2").await;
    colleague.sign_in("clerk7", "3").await;

    let ttns = clerk.listed(3).await;
    let edited = &ttns[1];
    colleague.open_order(edited).await;
    colleague.edit_place().await;

    clerk.keys(" ").await;
    clerk.shift(Key::Down).await;
    clerk.shift(Key::Down).await;
    clerk.see_id("marked").await;
    clerk.press_key(Key::F6).await;
    clerk.fill("place-field", "Рівне, Сортувальний центр").await;
    clerk.ctrl(Key::Enter).await;
    let refused = format!("[data-testid=places-fate][data-is=refused][data-ttn='{edited}']");
    let said = clerk.see(&refused).await.text().await.expect("the window answers");
    assert!(said.contains("Оператор\u{a0}7") || said.contains("Оператор 7"), "who: {said}");
    clerk.see("[data-testid=places-fate][data-is=saved]").await;

    // Let go, it goes through with one more press; the drawer closes when nothing is left.
    colleague.press_key(Key::Escape).await;
    colleague.gone("place-save").await;
    clerk.ctrl(Key::Enter).await;
    clerk.gone("places-save").await;
    clerk.gone("marked").await;
    for ttn in &ttns {
        clerk.open_order(ttn).await;
        clerk.see_text("Рівне, Сортувальний центр").await;
    }
    clerk.close().await;
    colleague.close().await;
}
