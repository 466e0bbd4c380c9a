//! Two or three people want the same parcel, each at a real window: asking, handing over, keeping, saying nothing, waiting in line, taking
//! over. Whatever happens, what somebody typed comes back.

use fantoccini::key::Key;
use postoffice_tests::{
    desk::{Desk, command_id, draft},
    display::Display,
    office::{Office, SUPERVISOR_PASSWORD},
    window::Window,
};

/// A parcel that can be changed: registered at another counter a moment ago.
async fn some_parcel(office: &Office) -> String {
    let mut desk = Desk::signed_in(&office.address(), "clerk7", "9").await;
    desk.register(command_id(1), draft(1)).await.expect("the order is registered").order.ttn.to_string()
}

/// Opens the drawer and leaves a place in it, unsaved.
async fn begins_to_edit(window: &Window, ttn: &str) {
    window.open_order(ttn).await;
    window.edit_place().await;
    window.fill("place-field", "Полтава, Відділення 4").await;
}

/// The drawer's fields are there with their text, and take none.
async fn is_read_only_with_its_draft(window: &Window) {
    window.see("[data-testid='place-field'][readonly]").await;
    assert_eq!(window.value("place-field").await, "Полтава, Відділення 4");
    assert!(!window.can("place-save").await);
}

#[tokio::test]
async fn a_parcel_that_was_asked_for_is_handed_over_and_the_draft_comes_back() {
    let office = Office::start(10).await;
    let (left, right) = (Display::start(1366, 768), Display::start(1366, 768));
    let (clerk, colleague) = tokio::join!(Window::open(&left, &office), Window::open(&right, &office));
    clerk.sign_in("clerk12", "2").await;
    colleague.sign_in("clerk7", "3").await;
    let ttn = some_parcel(&office).await;
    begins_to_edit(&clerk, &ttn).await;

    // The colleague sees who, also as the first line of the history, and asks with the key that would open the drawer.
    colleague.open_order(&ttn).await;
    colleague.see_id("lock-banner").await;
    colleague.see_text("Оператор 12 змінює місце").await;
    colleague.press_key(Key::F6).await;
    colleague.see_text("Запитано").await;

    // The clerk is asked without losing the place in the text, and hands over with the same key.
    let toast = clerk.see_id("toast-asked").await.text().await.expect("the window answers");
    assert!(toast.contains("Оператор 7, Станція 3, просить цю посилку"), "{toast}");
    assert_eq!(clerk.focus().await.as_deref(), Some("place-field"));
    clerk.press_key(Key::F6).await;
    clerk.see_id("editor-lost").await;
    clerk.see_text("Передано: Оператор 7, Станція 3").await;
    clerk.gone("toast-asked").await;
    is_read_only_with_its_draft(&clerk).await;

    // The colleague's drawer opened by itself; what is saved there is saved.
    colleague.see("[data-testid='place-save']:not([disabled])").await;
    colleague.fill("place-field", "Вінниця, Відділення 2").await;
    colleague.ctrl(Key::Enter).await;
    colleague.gone("place-save").await;
    for window in [&clerk, &colleague] {
        window.see_text("Блокування передано: Оператор 12 → Оператор 7").await;
        window.see_text("Вінниця, Відділення 2").await;
    }
    clerk.press("editor-again").await;
    clerk.see_id("place-draft").await;
    assert_eq!(clerk.value("place-field").await, "Полтава, Відділення 4");
    clerk.close().await;
    colleague.close().await;
}

#[tokio::test]
async fn who_is_refused_is_told_for_how_long() {
    let office = Office::start_with(10, &[("POSTOFFICE_LOCKS__KEEP_MS", "8000")]).await;
    let (left, right) = (Display::start(1366, 768), Display::start(1366, 768));
    let (clerk, colleague) = tokio::join!(Window::open(&left, &office), Window::open(&right, &office));
    clerk.sign_in("clerk12", "2").await;
    colleague.sign_in("clerk7", "3").await;
    let ttn = some_parcel(&office).await;
    begins_to_edit(&clerk, &ttn).await;
    colleague.open_order(&ttn).await;
    colleague.press("lock-ask").await;
    clerk.see_id("toast-asked").await;
    clerk.shift(Key::F6).await;
    clerk.gone("toast-asked").await;
    colleague.see_text("Оператор 12 поки лишає її собі; ще раз за 0:0").await;
    assert!(!colleague.can("lock-ask").await, "not again so soon");
    assert_eq!(clerk.value("place-field").await, "Полтава, Відділення 4");
    // Asked again once that is over; the mouse answers as well, and takes no focus.
    colleague.press("lock-ask").await;
    clerk.press("ask-keep").await;
    clerk.gone("toast-asked").await;
    assert_eq!(clerk.focus().await.as_deref(), Some("place-field"));
    // Who asked stands in line: it opens by itself when it is saved.
    clerk.ctrl(Key::Enter).await;
    clerk.gone("place-save").await;
    colleague.see("[data-testid='place-save']:not([disabled])").await;
    clerk.close().await;
    colleague.close().await;
}

#[tokio::test]
async fn silence_hands_over() {
    let office = Office::start_with(10, &[("POSTOFFICE_LOCKS__ASK_MS", "2000")]).await;
    let (left, right) = (Display::start(1366, 768), Display::start(1366, 768));
    let (clerk, colleague) = tokio::join!(Window::open(&left, &office), Window::open(&right, &office));
    clerk.sign_in("clerk12", "2").await;
    colleague.sign_in("clerk7", "3").await;
    let ttn = some_parcel(&office).await;
    begins_to_edit(&clerk, &ttn).await;
    colleague.open_order(&ttn).await;
    colleague.press("lock-ask").await;
    // Nobody touches the clerk's window.
    clerk.see_id("editor-lost").await;
    is_read_only_with_its_draft(&clerk).await;
    colleague.see("[data-testid='place-save']:not([disabled])").await;
    clerk.see_text("без відповіді").await;
    clerk.close().await;
    colleague.close().await;
}

#[tokio::test]
async fn whoever_waited_longest_is_told_first() {
    let office = Office::start(10).await;
    let displays = [Display::start(1366, 768), Display::start(1366, 768), Display::start(1366, 768)];
    let [first, second, third] = &displays;
    let (clerk, colleague, supervisor) =
        tokio::join!(Window::open(first, &office), Window::open(second, &office), Window::open(third, &office));
    clerk.sign_in("clerk12", "2").await;
    colleague.sign_in("clerk7", "3").await;
    supervisor.sign_in_with("supervisor1", "1", SUPERVISOR_PASSWORD).await;
    let ttn = some_parcel(&office).await;
    begins_to_edit(&clerk, &ttn).await;

    colleague.open_order(&ttn).await;
    colleague.press("lock-wait").await;
    colleague.see_text("Ви наступні в черзі").await;
    supervisor.open_order(&ttn).await;
    supervisor.press("lock-wait").await;
    supervisor.see_text("Ваше місце в черзі: 2").await;
    // Waiting does not tie anybody to the page.
    colleague.press_key(Key::Escape).await;
    colleague.see("[role=grid]").await;

    clerk.press_key(Key::Escape).await;
    colleague.see_id("toast-granted").await;
    assert!(!supervisor.shows("toast-granted").await, "one is told, the other one waits on");
    supervisor.see_text("Ви наступні в черзі").await;
    colleague.press("granted-let-go").await;
    supervisor.see_id("toast-granted").await;
    colleague.gone("toast-granted").await;
    supervisor.press_key(Key::F6).await;
    supervisor.see("[data-testid='place-save']:not([disabled])").await;
    supervisor.gone("toast-granted").await;
    for window in [clerk, colleague, supervisor] {
        window.close().await;
    }
}

#[tokio::test]
async fn a_supervisor_takes_over_with_a_reason_and_the_draft_comes_back() {
    let office = Office::start(10).await;
    let displays = [Display::start(1366, 768), Display::start(1366, 768), Display::start(1366, 768)];
    let [first, second, third] = &displays;
    let (clerk, colleague, supervisor) =
        tokio::join!(Window::open(first, &office), Window::open(second, &office), Window::open(third, &office));
    clerk.sign_in("clerk12", "2").await;
    colleague.sign_in("clerk7", "3").await;
    supervisor.sign_in_with("supervisor1", "1", SUPERVISOR_PASSWORD).await;
    let ttn = some_parcel(&office).await;
    begins_to_edit(&clerk, &ttn).await;
    colleague.open_order(&ttn).await;
    colleague.see_id("lock-banner").await;
    assert!(!colleague.shows("lock-take-over").await, "not for clerks");

    supervisor.open_order(&ttn).await;
    supervisor.press("lock-take-over").await;
    supervisor.see("[role=dialog] textarea").await;
    // Without a reason nothing happens.
    supervisor.ctrl(Key::Enter).await;
    supervisor.see("[role=dialog] textarea[aria-invalid=true]").await;
    let reason = "отримувач чекає біля каси";
    supervisor.see("[role=dialog] textarea").await.send_keys(reason).await.expect("it takes keys");
    supervisor.ctrl(Key::Enter).await;
    supervisor.see("[data-testid='place-save']:not([disabled])").await;

    clerk.see_id("editor-lost").await;
    clerk.see_text("Перебрано: Старший зміни 1, Станція 1").await;
    clerk.see_text(reason).await;
    is_read_only_with_its_draft(&clerk).await;
    for window in [&clerk, &colleague, &supervisor] {
        window.see_text("Блокування перебрано: Оператор 12 → Старший зміни 1").await;
    }

    // The clerk waits in the drawer; when it is free, the drawer is as it was.
    clerk.press("editor-wait").await;
    clerk.see_text("Ви наступні в черзі").await;
    supervisor.press_key(Key::Escape).await;
    clerk.see_id("place-draft").await;
    clerk.see("[data-testid='place-save']:not([disabled])").await;
    assert_eq!(clerk.value("place-field").await, "Полтава, Відділення 4");
    clerk.ctrl(Key::Enter).await;
    clerk.gone("place-save").await;
    supervisor.see_text("Полтава, Відділення 4").await;
    for window in [clerk, colleague, supervisor] {
        window.close().await;
    }
}
