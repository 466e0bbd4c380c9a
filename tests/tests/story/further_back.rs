//! An order of long ago that has nothing to search for but common words: the search says how far back it looked, and goes on from there.

use fantoccini::key::Key;
use postoffice_tests::{
    desk::{Desk, command_id, draft},
    display::Display,
    office::Office,
    window::Window,
};

/// More than a search looks at.
const MANY: u32 = 205;

#[tokio::test]
async fn an_order_of_long_ago_is_found_by_searching_further_back() {
    let office = Office::start(0).await;
    let mut desk = Desk::signed_in(&office.address(), "clerk7", "3").await;
    for number in 1..=MANY {
        let id = command_id(u128::from(number));
        desk.register(id, draft(number)).await.expect("the order is registered");
    }
    let first = desk.numbers_found("Кераміка, крихке 1 0001").await;
    assert_eq!(first.len(), 1, "told apart by the recipient's phone: {first:?}");
    let display = Display::start(1366, 768);
    let clerk = Window::open(&display, &office).await;
    clerk.sign_in("clerk12", "2").await;

    clerk.press_key(Key::F3).await;
    clerk.press_key(Key::F3).await;
    clerk.keys("кераміка").await;
    clerk.see_text("Шукали серед зареєстрованих з").await;
    clerk.see_text("200").await;
    let row = format!("[id='row-{}']", first[0]);
    clerk.gone_css(&row).await;
    clerk.alt(&(Key::Down + "")).await;
    clerk.see_text("Давніших немає").await;
    clerk.see(&row).await;
    clerk.alt(&(Key::Up + "")).await;
    clerk.see_text("Шукали серед зареєстрованих з").await;
    clerk.gone_css(&row).await;
    clerk.close().await;
}
