//! A window is killed in the middle of its work.

use std::time::{Duration, Instant};

use fantoccini::key::Key;
use postoffice_tests::{
    desk::{Desk, command_id, draft},
    display::Display,
    office::Office,
    window::Window,
};

const LEASE: Duration = Duration::from_secs(6);
const RENEW_EVERY: Duration = Duration::from_secs(2);
/// A waiter asks every 3 s when nobody tells it anything: nobody does, because the end of a lease is nobody's message. And a busy machine.
const HEARD_WITHIN: Duration = Duration::from_secs(5);

#[tokio::test]
async fn whoever_waits_gets_the_parcel_of_a_killed_window_when_its_lease_ends() {
    let ms = |duration: Duration| duration.as_millis().to_string();
    let office = Office::start_with(
        10,
        &[("POSTOFFICE_LOCKS__LEASE_MS", &ms(LEASE)), ("POSTOFFICE_LOCKS__RENEW_EVERY_MS", &ms(RENEW_EVERY))],
    )
    .await;
    let (left, right) = (Display::start(1366, 768), Display::start(1366, 768));
    let (clerk, colleague) = tokio::join!(Window::open(&left, &office), Window::open(&right, &office));
    clerk.sign_in("clerk12", "2").await;
    colleague.sign_in("clerk7", "3").await;
    let mut desk = Desk::signed_in(&office.address(), "clerk7", "9").await;
    let ttn = desk.register(command_id(1), draft(1)).await.expect("the order is registered").order.ttn.to_string();
    clerk.open_order(&ttn).await;
    clerk.edit_place().await;
    clerk.fill("place-field", "Полтава, Відділення 4").await;
    colleague.open_order(&ttn).await;
    colleague.press("lock-wait").await;
    colleague.see_text("Ви наступні в черзі").await;

    let killed = Instant::now();
    clerk.kill().await;
    colleague.see_id("toast-granted").await;
    let waited = killed.elapsed();
    let renewed_at_the_latest = RENEW_EVERY + Duration::from_millis(500);
    assert!(waited + renewed_at_the_latest > LEASE, "given away under a lease: after {waited:?}");
    assert!(waited < LEASE + HEARD_WITHIN, "only after {waited:?}");

    // What the dead window had typed and not saved is nowhere; what the other one saves is saved.
    colleague.press_key(Key::F6).await;
    colleague.see("[data-testid='place-save']:not([disabled])").await;
    colleague.fill("place-field", "Вінниця, Відділення 2").await;
    colleague.ctrl(Key::Enter).await;
    colleague.gone("place-save").await;
    colleague.see_text("Вінниця, Відділення 2").await;
    assert!(!colleague.text().await.contains("Полтава"));
    colleague.close().await;
}
