//! Describing, setting up, signing in and out, resuming, expiry.

use std::time::Duration;

use postoffice_domain::{people::Role, refusal::RefusalCode};
use postoffice_protocol::{
    PROTOCOL_VERSION,
    problem::ProblemCode,
    session::{Nothing, Office as Described, Password, Replay, SessionToken},
};

use tokio::time::{Instant, timeout, timeout_at};

use crate::office::{LOGIN, Office, PASSWORD, set_up_form};

/// How soon a socket whose session ended is closed.
const A_SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn anyone_may_ask_what_this_is() {
    let office = Office::open().await;
    let described: Described = office.desk().await.ask("session.describe", &Nothing {}).await.unwrap();
    assert_eq!((described.protocol, described.setup_required, described.stations_live), (PROTOCOL_VERSION, true, 0));
    assert!(described.branches.is_empty());
    office.stop().await;
}

#[tokio::test]
async fn the_first_employee_is_made_with_the_printed_code_and_only_once() {
    let office = Office::open().await;
    let code = office.served.setup_code.clone().unwrap();
    let mut desk = office.desk().await;

    let before = desk.sign_in(LOGIN, PASSWORD, "lviv-3").await.unwrap_err();
    assert_eq!(before.code, ProblemCode::SetupRequired);
    let wrong = desk.ask::<_, Nothing>("session.set_up", &set_up_form("00000-00000-00000-00000".to_owned())).await;
    assert_eq!(wrong.unwrap_err().code, ProblemCode::BadSetupCode);

    let mut weak = set_up_form(code.clone());
    weak.password = Password("qwertyuiopasdfghjkl".to_owned());
    let refused = desk.ask::<_, Nothing>("session.set_up", &weak).await.unwrap_err();
    assert_eq!(refused.code, ProblemCode::InvalidFields);
    assert_eq!(refused.fields[0].field, "password");
    assert_eq!(refused.fields[0].detail.reason.as_deref(), Some("common"));

    desk.ask::<_, Nothing>("session.set_up", &set_up_form(code.clone())).await.unwrap();
    let again = desk.ask::<_, Nothing>("session.set_up", &set_up_form(code)).await.unwrap_err();
    assert_eq!(again.code, ProblemCode::BadSetupCode);

    let signed_in = desk.sign_in(LOGIN, PASSWORD, "lviv-3").await.unwrap();
    assert_eq!((signed_in.session.role, signed_in.session.branch.id.0.as_str()), (Role::Admin, "lviv-3"));
    office.stop().await;
}

#[tokio::test]
async fn a_code_survives_a_restart_and_is_not_printed_again() {
    let office = Office::open().await;
    let code = office.served.setup_code.clone().unwrap();
    let folder = office.stop().await;
    let config = crate::office::settings(&folder);
    let office = Office::open_in(folder, config).await;
    assert_eq!(office.served.setup_code, None);
    office.desk().await.ask::<_, Nothing>("session.set_up", &set_up_form(code)).await.unwrap();
    office.stop().await;
}

#[tokio::test]
async fn a_wrong_password_an_unknown_login_and_a_look_alike_are_the_same() {
    let office = Office::set_up().await;
    let mut desk = office.desk().await;
    let attempts = [(LOGIN, "три кити під містком"), ("nobody.here", PASSWORD), ("оlena", PASSWORD), ("", "")];
    for (login, password) in attempts {
        let problem = desk.sign_in(login, password, "lviv-3").await.unwrap_err();
        assert_eq!(problem.code, ProblemCode::WrongCredentials, "{login}");
        assert!(problem.request_id.is_some());
    }
    let denied = desk.ask::<_, Nothing>("orders.recent", &Nothing {}).await.unwrap_err();
    assert_eq!(denied.code, ProblemCode::Unauthenticated);
    let unknown = desk.sign_in(LOGIN, PASSWORD, "kyiv-41").await.unwrap_err();
    assert_eq!((unknown.code, unknown.refusal), (ProblemCode::Refused, Some(RefusalCode::NotYourBranch)));
    desk.sign_in(" OLENA ", PASSWORD, "lviv-3").await.unwrap();
    let twice = desk.sign_in(LOGIN, PASSWORD, "lviv-3").await.unwrap_err();
    assert_eq!(twice.code, ProblemCode::Forbidden);
    office.stop().await;
}

#[tokio::test]
async fn signing_out_ends_the_session_everywhere() {
    let office = Office::set_up().await;
    let mut desk = office.desk().await;
    let token = desk.sign_in(LOGIN, PASSWORD, "lviv-3").await.unwrap().token;
    let described: Described = desk.ask("session.describe", &Nothing {}).await.unwrap();
    assert_eq!(described.stations_live, 1);
    desk.ask::<_, Nothing>("session.sign_out", &Nothing {}).await.unwrap();
    let denied = desk.ask::<_, Nothing>("session.sign_out", &Nothing {}).await.unwrap_err();
    assert_eq!(denied.code, ProblemCode::Unauthenticated);
    let gone = desk.resume(&token, 0).await.unwrap_err();
    assert_eq!(gone.code, ProblemCode::Unauthenticated);
    desk.sign_in(LOGIN, PASSWORD, "lviv-3").await.unwrap();
    office.stop().await;
}

#[tokio::test]
async fn a_session_moves_to_a_new_socket_and_the_old_one_is_closed() {
    let office = Office::set_up().await;
    let mut old = office.desk().await;
    let signed_in = old.sign_in(LOGIN, PASSWORD, "lviv-3").await.unwrap();
    let mut new = office.desk().await;
    let resumed = new.resume(&signed_in.token, signed_in.session.sequence).await.unwrap();
    assert_eq!(resumed.session.id, signed_in.session.id);
    assert_eq!(resumed.replay, Replay::Follows { missed: 0 });
    assert_eq!(old.close_code().await, Some(1001));
    assert_eq!(office.served.services.hub.sessions_live(), 1);
    let forged = SessionToken::new("A".repeat(43));
    let refused = office.desk().await.resume(&forged, 0).await.unwrap_err();
    assert_eq!(refused.code, ProblemCode::Unauthenticated);
    office.stop().await;
}

#[tokio::test]
async fn a_session_survives_a_restart_of_the_server() {
    let office = Office::set_up().await;
    let token = office.desk().await.sign_in(LOGIN, PASSWORD, "lviv-3").await.unwrap().token;
    let folder = office.stop().await;
    let config = crate::office::settings(&folder);
    let office = Office::open_in(folder, config).await;
    office.desk().await.resume(&token, 0).await.unwrap();
    office.stop().await;
}

#[tokio::test]
async fn an_idle_session_ends_with_4401_and_cannot_be_resumed() {
    let office = Office::set_up().await;
    let mut desk = office.desk().await;
    let token = desk.sign_in(LOGIN, PASSWORD, "lviv-3").await.unwrap().token;
    office.clock.advance(31 * 60_000);
    // A frame must not bring the ended session back to life.
    desk.send("session.describe", &Nothing {}).await;
    assert_eq!(desk.close_code().await, Some(4401));
    let gone = office.desk().await.resume(&token, 0).await.unwrap_err();
    assert_eq!(gone.code, ProblemCode::Unauthenticated);
    office.stop().await;
}

#[tokio::test]
async fn a_session_that_runs_out_closes_its_silent_socket_within_a_second() {
    /// Of its twelve hours.
    const LEFT: Duration = Duration::from_secs(3);
    let office = Office::set_up_with(|config| config.sessions.idle_minutes = 24 * 60).await;
    let before = Instant::now();
    let token = office.desk().await.sign_in(LOGIN, PASSWORD, "lviv-3").await.unwrap().token;
    let signed_in = Instant::now();
    office.clock.advance(12 * 3_600_000 - 3_000);
    let mut desk = office.desk().await;
    desk.resume(&token, 0).await.unwrap();
    assert_eq!(timeout_at(signed_in + LEFT + A_SECOND, desk.close_code()).await, Ok(Some(4401)));
    // The clock of the office counts whole milliseconds.
    assert!(before.elapsed() + Duration::from_millis(10) >= LEFT, "closed while it still had time");
    office.stop().await;
}

#[tokio::test]
async fn disabling_an_employee_closes_the_open_socket_within_a_second() {
    let office = Office::set_up().await;
    let mut desk = office.desk().await;
    let session = desk.sign_in(LOGIN, PASSWORD, "lviv-3").await.unwrap().session;
    office.served.services.store.disable_employee(session.employee).await.unwrap();
    assert_eq!(timeout(A_SECOND, desk.close_code()).await, Ok(Some(4401)));
    let refused = office.desk().await.sign_in(LOGIN, PASSWORD, "lviv-3").await.unwrap_err();
    assert_eq!(refused.code, ProblemCode::WrongCredentials);
    office.stop().await;
}
