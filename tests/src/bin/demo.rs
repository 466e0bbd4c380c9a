//! `make demo`: the main job, scripted, in front of your eyes. Registers a parcel in the real window, prints its TTN and the SMS as the
//! gateway received it, shows the change in a second window, and photographs every screen in both languages and themes.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use fantoccini::key::Key;
use postoffice_tests::{
    counter::{CERAMICS, Parcel},
    desk::{Desk, command_id, draft},
    display::Display,
    kannel::{DENIED, Kannel},
    office::{ADMIN_PASSWORD, Office},
    programs::signal,
    window::{Looks, Window},
};

/// Where the pictures of the documentation are.
fn album() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/images")
}

/// Photographs a screen in both languages and both themes.
async fn photograph(window: &Window, screen: &str) {
    for look in Looks::ALL {
        window.prefer(look.language, look.theme).await;
        let path = album().join(format!("{screen}-{}-{}.png", look.language, look.theme));
        if let Err(error) = window.picture(&path).await {
            panic!("no picture {}: {error}", path.display());
        }
    }
    window.prefer("uk", "light").await;
    println!("  ▸ docs/images/{screen}-*.png");
}

fn say(began: Instant, words: &str) {
    println!("\x1b[1m[{:4.1} s]\x1b[0m {words}", began.elapsed().as_secs_f32());
}

/// A clerk sends a message that failed to the right number.
async fn deal_with_a_failed_message(clerk: &Window, office: &mut Office, kannel: &Kannel, began: Instant) {
    say(began, "A number that gets no SMS: the message fails, and the clerk sees it at once");
    let mut recipient = CERAMICS.recipient;
    recipient[0] = DENIED;
    let failing = clerk.register(&Parcel { recipient, ..CERAMICS }).await;
    clerk.sms_is("failed").await;
    say(began, "The sender stops for a moment: what is registered meanwhile waits, and goes out when it is back");
    office.stop_sender();
    let waiting = clerk.register(&CERAMICS).await;
    clerk.press_key(Key::F9).await;
    clerk.see(&format!("[role=row][data-state=queued][data-ttn='{waiting}']")).await;
    clerk.press_key(Key::Down).await;
    clerk.press_key(Key::Down).await;
    clerk.see_text("Спроба 3").await;
    photograph(clerk, "messages").await;
    office.start_sender_with_kannel(kannel);
    clerk.see(&format!("[role=row][data-state=delivered][data-ttn='{waiting}']")).await;
    clerk.press_key(Key::F3).await;
    clerk.keys(&failing).await;
    clerk.see(&format!("[role=row][aria-selected=true][data-ttn='{failing}']")).await;
    clerk.see("[data-testid=message-state][data-state=failed]").await;
    clerk.press("message-other-number").await;
    clerk.fill("message-phone", CERAMICS.recipient[0]).await;
    clerk.press("message-resend").await;
    clerk.see("[data-testid=message-newer][data-state=delivered]").await;
    say(began, "…sends it to the right number, and it arrives");
    clerk.open_order(&failing).await;
    clerk.press_key(Key::F9).await;
    clerk.see_id("order-message").await;
    photograph(clerk, "order-messages").await;
}

/// The server goes away: the list can be read, a change waits. Then the clerk's computer sleeps, and misses a restart.
async fn without_a_server(clerk: &Window, office: &mut Office, ttn: &str, began: Instant) {
    clerk.open_order(ttn).await;
    clerk.see("[data-testid=act-complete]:not([disabled])").await;
    office.stop_server();
    clerk.see_id("banner-offline").await;
    clerk.press("act-complete").await;
    clerk.see("[role=dialog]").await;
    clerk.ctrl(Key::Enter).await;
    clerk.see_id("bar-waiting").await;
    clerk.press_key(Key::Escape).await;
    clerk.gone_css("[role=dialog]").await;
    clerk.go("#/orders").await;
    clerk.see_id("waiting-command").await;
    photograph(clerk, "offline").await;
    clerk.press("bar-waiting").await;
    clerk.see("[role=dialog] [data-testid=waiting-command]").await;
    photograph(clerk, "waiting").await;
    clerk.press_key(Key::Escape).await;
    office.start_server().await;
    clerk.gone("bar-waiting").await;
    say(began, "The server is back, and what waited was done once");
    signal(clerk.pid(), "STOP");
    office.stop_server();
    office.start_server().await;
    let mut desk = Desk::signed_in(&office.address(), "clerk7", "4").await;
    for number in 1..=5 {
        if let Err(problem) = desk.register(command_id(u128::from(number)), draft(number)).await {
            panic!("the colleague's parcel: {problem}");
        }
    }
    desk.hears_of_changes(5).await;
    signal(clerk.pid(), "CONT");
    clerk.see_text("жодної не пропущено").await;
    say(began, "A computer that slept through it all caught up, none missed");
    photograph(clerk, "caught-up").await;
    clerk.gone("banner-offline").await;
}

/// A van is unloaded: four parcels get one place, and a colleague is editing one of them.
async fn change_many_places(clerk: &Window, colleague: &Window, began: Instant) {
    say(began, "Station 2 marks four parcels on their way and gives them one place");
    clerk.go("#/orders").await;
    clerk.see("[role=grid]").await;
    clerk.run("document.getElementById('tab-delivering').click()", Vec::new()).await;
    clerk.see("#tab-delivering[aria-selected=true]").await;
    clerk.press_key(Key::Home).await;
    let ttns = clerk.listed(5).await;
    colleague.open_order(&ttns[2]).await;
    colleague.edit_place().await;
    clerk.keys(" ").await;
    for _ in 0..3 {
        clerk.shift(Key::Down).await;
    }
    clerk.see_id("marked").await;
    clerk.see_text("Історія").await;
    photograph(clerk, "orders-marked").await;
    clerk.press_key(Key::F6).await;
    clerk.fill("place-field", "Ужгород, Сортувальний центр").await;
    clerk.ctrl(Key::Enter).await;
    clerk.see(&format!("[data-testid=places-fate][data-is=refused][data-ttn='{}']", ttns[2])).await;
    clerk.gone_css("[data-testid=places-fate]:is([data-is=sent], [data-is=waits])").await;
    say(began, "…three are saved; the one that Station 3 edits is refused, and why stands beside it");
    photograph(clerk, "places").await;
    clerk.press_key(Key::Escape).await;
    clerk.press_key(Key::Escape).await;
    clerk.run("document.getElementById('tab-all').click()", Vec::new()).await;
    colleague.press_key(Key::Escape).await;
    colleague.gone("place-save").await;
}

/// An admin reads what customers read.
async fn look_at_the_texts(display: &Display, office: &Office, began: Instant) {
    say(began, "An admin looks at the texts");
    let admin = Window::open(display, office).await;
    admin.sign_in_with("admin1", "9", ADMIN_PASSWORD).await;
    admin.go("#/settings/texts").await;
    admin.see_id("text-size").await;
    photograph(&admin, "texts").await;
    admin.close().await;
}

#[tokio::main]
async fn main() {
    let began = Instant::now();
    if let Err(error) = std::fs::create_dir_all(album()) {
        panic!("no folder for the pictures: {error}");
    }
    let display = Display::present().unwrap_or_else(|| {
        println!("There is no display here: the windows open on virtual ones (Xvfb).");
        Display::start(1366, 768)
    });
    let second = Display::present().unwrap_or_else(|| Display::start(1366, 768));

    say(began, "An office with 300 orders: server, private Redis, SQLite, SMS sender, Kannel");
    let (mut office, kannel) = tokio::join!(Office::start(300), Kannel::start());
    office.start_sender_with_kannel(&kannel);

    say(began, "Two clerks sign in, each at a window");
    let clerk = Window::open(&display, &office).await;
    let colleague = Window::open(&second, &office).await;
    clerk.see_id("sign-in-submit").await;
    photograph(&clerk, "sign-in").await;
    clerk.sign_in("clerk12", "2").await;
    colleague.sign_in("clerk7", "3").await;
    photograph(&clerk, "orders").await;

    say(began, "Station 2 registers a parcel: parties, cargo, confirmation");
    clerk.press_key(Key::F2).await;
    clerk.see_id("sender.phone").await;
    clerk.type_parties(&CERAMICS).await;
    photograph(&clerk, "register-parties").await;
    clerk.ctrl(Key::Enter).await;
    clerk.type_box(&CERAMICS).await;
    photograph(&clerk, "register-cargo").await;
    clerk.ctrl(Key::Enter).await;
    clerk.see_id("register-save").await;
    photograph(&clerk, "register-confirm").await;
    clerk.ctrl(Key::Enter).await;
    let ttn = clerk.registered_ttn().await;
    say(began, &format!("TTN {ttn}"));

    let sms = kannel.wait_for(1).await.remove(0);
    say(began, &format!("The gateway received an SMS for {}: {}", sms.to, sms.text));
    clerk.sms_is("delivered").await;
    say(began, "Delivered: the report stands on the success screen");
    photograph(&clerk, "registered").await;

    colleague.see_id("orders-fresh").await;
    say(began, "Station 3 was told of it without asking, and changes its place");
    colleague.open_order(&ttn).await;
    colleague.edit_place().await;
    colleague.fill("place-field", "Одеса").await;
    photograph(&colleague, "place-drawer").await;

    clerk.open_order(&ttn).await;
    clerk.see_id("lock-banner").await;
    say(began, "Station 2 sees who is editing, where and since when");
    photograph(&clerk, "order-locked").await;
    clerk.press_key(Key::F6).await;
    colleague.see_id("toast-asked").await;
    say(began, "…asks for it, and Station 3 hands it over; what was typed there stays");
    photograph(&colleague, "asked").await;
    colleague.press_key(Key::F6).await;
    colleague.see_id("editor-lost").await;
    clerk.see("[data-testid='place-save']:not([disabled])").await;
    photograph(&colleague, "handed-over").await;
    clerk.press_key(Key::Escape).await;
    clerk.gone("place-save").await;
    colleague.press("editor-again").await;
    colleague.see_id("place-draft").await;
    say(began, "Station 2 lets it go; the draft of Station 3 is back and saved");
    clerk.see_id("lock-banner").await;
    colleague.ctrl(Key::Enter).await;
    clerk.gone("lock-banner").await;
    clerk.see_text("Доставлено").await;
    say(began, "…and the change at once");
    let told = kannel.wait_for(2).await.remove(1);
    say(began, &format!("The gateway received the next SMS: {}", told.text));
    photograph(&clerk, "order").await;

    change_many_places(&clerk, &colleague, began).await;
    deal_with_a_failed_message(&clerk, &mut office, &kannel, began).await;
    look_at_the_texts(&second, &office, began).await;

    say(began, "Nothing found, no server, a wrong address");
    clerk.go("#/orders").await;
    clerk.see("[role=grid]").await;
    clerk.press_key(Key::F3).await;
    clerk.keys("Ужгород 99").await;
    clerk.see_id("empty").await;
    photograph(&clerk, "empty").await;
    clerk.press_key(Key::Escape).await;
    without_a_server(&clerk, &mut office, &ttn, began).await;

    let stranger = Window::open_at(&second, office.folder(), None).await;
    stranger.see_id("connect-address").await;
    stranger.fill("connect-address", "127.0.0.1:9").await;
    stranger.press("connect-submit").await;
    stranger.see("[aria-invalid=true]").await;
    photograph(&stranger, "error").await;

    for window in [stranger, clerk, colleague] {
        window.close().await;
    }
    say(began, "Done. The pictures are in docs/images");
}
