//! One parcel: a clerk registers it in a real window, the customer's phone gets the SMS through a real Kannel, a colleague's window shows
//! it at once, is told who is editing it, and cannot overwrite.

use fantoccini::key::Key;
use postoffice_tests::{counter::CERAMICS, display::Display, kannel::Kannel, office::Office, window::Window};

#[tokio::test]
async fn a_parcel_goes_from_keystroke_to_sms_and_to_the_colleagues_window() {
    let mut office = Office::start(40).await;
    let kannel = Kannel::start().await;
    office.start_sender_with_kannel(&kannel);
    let (left, right) = (Display::start(1366, 768), Display::start(1366, 768));
    let clerk = Window::open(&left, &office).await;
    let colleague = Window::open(&right, &office).await;
    clerk.sign_in("clerk12", "2").await;
    colleague.sign_in("clerk7", "3").await;

    let ttn = clerk.register(&CERAMICS).await;

    // The customer's phone.
    let sms = &kannel.wait_for(1).await[0];
    let grouped: Vec<&str> = (0..4).map(|group| &ttn[group * 4..group * 4 + 4]).collect();
    assert!(sms.text.contains(&grouped.join(" ")), "{} is in {:?}", grouped.join(" "), sms.text);
    assert!(sms.text.contains("Посилк"), "the text is Ukrainian: {:?}", sms.text);
    assert_eq!(sms.to, "+380930005508");
    // The delivery report, on the success screen and on the timeline.
    clerk.sms_is("delivered").await;
    clerk.open_order(&ttn).await;
    clerk.see_text("СМС доставлено отримувачу").await;

    // The colleague saw it come without asking; rows do not jump, so it waits behind "1 new · Home".
    colleague.see_id("orders-fresh").await;
    colleague.press_key(Key::Home).await;
    colleague.see(&format!("#row-{ttn}")).await;

    // One edits, the other sees who, where and since when, and gets no editor.
    colleague.open_order(&ttn).await;
    clerk.edit_place().await;
    let banner = colleague.see_id("lock-banner").await;
    let said = banner.text().await.unwrap();
    assert!(said.contains("Оператор\u{a0}12") || said.contains("Оператор 12"), "who: {said}");
    assert!(said.contains("Станція 2"), "where: {said}");
    colleague.press_key(Key::F6).await;
    assert!(!colleague.shows("place-save").await, "no editor while another one is open");

    // What the first one saves, the other one sees; then it is free.
    clerk.fill("place-field", "Вінниця, Сортувальний центр").await;
    clerk.ctrl(Key::Enter).await;
    colleague.see_text("Вінниця, Сортувальний центр").await;
    colleague.gone("lock-banner").await;
    colleague.edit_place().await;
    clerk.see_id("lock-banner").await;
    colleague.press_key(Key::Escape).await;
    clerk.gone("lock-banner").await;

    clerk.close().await;
    colleague.close().await;
}
