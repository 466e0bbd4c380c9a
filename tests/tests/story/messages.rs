//! A message that did not get there, and what the clerk does about it.

use fantoccini::key::Key;
use postoffice_tests::{
    counter::{CERAMICS, Parcel},
    display::Display,
    kannel::{DENIED, Kannel},
    office::Office,
    window::Window,
};

#[tokio::test]
async fn a_failed_message_goes_to_the_right_number_and_arrives_once() {
    let mut office = Office::start(10).await;
    let kannel = Kannel::start().await;
    office.start_sender_with_kannel(&kannel);
    let display = Display::start(1366, 768);
    let clerk = Window::open(&display, &office).await;
    clerk.sign_in("clerk12", "2").await;
    let mut recipient = CERAMICS.recipient;
    recipient[0] = DENIED;
    let ttn = clerk.register(&Parcel { recipient, ..CERAMICS }).await;
    clerk.sms_is("failed").await;
    // The rail and the status bar say so, wherever the clerk is.
    clerk.see_id("sms-problems").await;
    clerk.press_key(Key::F9).await;
    let row = format!("[role=row][data-ttn='{ttn}']");
    clerk.see(&format!("{row}[data-state=failed]")).await.click().await.expect("it is chosen");
    clerk.see("[data-testid=message-state][data-state=failed]").await;
    clerk.see_text("Номер не приймає СМС").await;
    clerk.press("message-other-number").await;
    clerk.fill("message-phone", CERAMICS.recipient[0]).await;
    clerk.press("message-resend").await;
    // The old one stays where it is and tells of the new one.
    clerk.see("[data-testid=message-newer][data-state=delivered]").await;
    clerk.see(&format!("{row}[data-state=failed][data-calm]")).await;
    let received = kannel.wait_for(1).await;
    assert_eq!(received.len(), 1, "once");
    assert_eq!(received[0].to, "+380930005508");
    // The parcel has the number now, and both messages.
    clerk.open_order(&ttn).await;
    clerk.press_key(Key::F9).await;
    clerk.see("[data-testid=order-message][data-state=delivered]").await;
    clerk.see("[data-testid=order-message][data-state=failed]").await;
    clerk.see_text("+380 93 000 55 08").await;
    clerk.close().await;
}
