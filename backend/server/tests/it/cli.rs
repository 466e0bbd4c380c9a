//! The program itself: configuration errors, and what an admin does while the server runs.

use std::{
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Output, Stdio},
};

use postoffice_domain::people::Role;
use postoffice_protocol::{events::ServerNotice, problem::ProblemCode};
use postoffice_runtime::testing::TestPostgres;
use postoffice_server::config_database::DatabaseSettings;
use tokio::{io::AsyncWriteExt, process::Command};

use crate::{
    office::{Office, database_settings},
    orders::register,
    past::Past,
};

const CLERK_PASSWORD: &str = "сім зелених вагонів";

/// Runs the program with a cheap Argon2 and gives what it said.
async fn run(data: &Path, arguments: &[&str], input: &str) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_postoffice-server"))
        .args(arguments)
        .arg("--data")
        .arg(data)
        .env("POSTOFFICE_PASSWORDS__MEMORY_KIB", "64")
        .env("POSTOFFICE_PASSWORDS__PASSES", "1")
        .envs(database_settings(data))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    program.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
    program.wait_with_output().await.unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn a_bad_configuration_ends_with_78_and_points_at_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("postoffice.toml");
    let rows = [
        ("lisen = \"127.0.0.1:1\"\n", "postoffice.toml:1:1", "did you mean `listen`?"),
        ("listen = \"127.0.0.1:70000\"\n", "postoffice.toml:1:10", ""),
        ("\n[limits]\nin_flight = \"abc\"\n", "postoffice.toml:3:13", ""),
        ("listen = \n", "postoffice.toml:1:", ""),
        (
            "[redis]\nurl = \"cluster://:canary@127.0.0.1,10.0.0.7:7001\"\n",
            "redis.url: 10.0.0.7 is another machine",
            "",
        ),
        ("[redis]\nurl = \"sentinel://:canary@127.0.0.1\"\n", "redis.url: the name of the primary is missing", ""),
        ("[locks]\nrenew_every_ms = 20000\n", "locks.renew_every_ms", "at most 13500"),
    ];
    for (text, place, hint) in rows {
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let output = run(folder.path(), &["--check-config", "--config", file.to_str().unwrap()], "").await;
        let said = said(&output);
        assert_eq!(output.status.code(), Some(78), "{said}");
        assert!(said.contains(place) && said.contains(hint) && !said.contains("canary"), "{said}");
    }
    let good = "[redis]\nurl = \"rediss+sentinel://po:canary@a.lan,b.lan:26379,c.lan/office/1\"\n";
    std::fs::write(&file, good).unwrap();
    let settings = ["--config", file.to_str().unwrap()];
    assert!(run(folder.path(), &[&settings[..], &["--check-config"]].concat(), "").await.status.success());
    let printed = said(&run(folder.path(), &[&settings[..], &["--print-config"]].concat(), "").await);
    assert!(printed.contains("rediss+sentinel://***@a.lan,b.lan:26379,c.lan/office/1"), "{printed}");
    let missing = run(folder.path(), &["--check-config", "--config", "/nowhere/postoffice.toml"], "").await;
    assert_eq!(missing.status.code(), Some(78));
    std::fs::write(&file, "").unwrap();
    let empty = run(folder.path(), &["--check-config", "--config", file.to_str().unwrap()], "").await;
    assert!(empty.status.success(), "{}", said(&empty));
}

#[tokio::test]
async fn employees_are_added_and_disabled_while_the_server_runs() {
    let office = Office::set_up().await;
    let data = office.folder.path();
    let add = ["user", "add", "--login", "taras", "--name", "Тарас Бойко", "--role", "clerk", "--branch", "lviv-3"];
    let with_stdin = [&add[..], &["--password-stdin"]].concat();

    let weak = run(data, &with_stdin, "тарас бойко 2026\n").await;
    assert!(!weak.status.success() && said(&weak).contains("names of the office or the employee"), "{}", said(&weak));
    let short = run(data, &with_stdin, "тарас\n").await;
    assert!(said(&short).contains("shorter than 15 characters"), "{}", said(&short));
    let added = run(data, &with_stdin, &format!("{CLERK_PASSWORD}\n")).await;
    assert!(added.status.success(), "{}", said(&added));
    let twice = run(data, &with_stdin, &format!("{CLERK_PASSWORD}\n")).await;
    assert!(!twice.status.success() && said(&twice).contains("taken"), "{}", said(&twice));

    let mut desk = office.desk().await;
    let signed_in = desk.sign_in("taras", CLERK_PASSWORD, "lviv-3").await.unwrap();
    assert_eq!(signed_in.session.role, Role::Clerk);
    let listed = said(&run(data, &["user", "list"], "").await);
    assert!(listed.contains("taras\tТарас Бойко\tclerk\tlviv-3\tactive"), "{listed}");

    let disabled = run(data, &["user", "disable", "--login", "taras"], "").await;
    assert!(disabled.status.success(), "{}", said(&disabled));
    assert_eq!(desk.close_code().await, Some(4401));
    let refused = office.desk().await.sign_in("taras", CLERK_PASSWORD, "lviv-3").await.unwrap_err();
    assert_eq!(refused.code, ProblemCode::WrongCredentials);
    office.stop().await;
}

#[tokio::test]
async fn a_made_password_is_printed_once_and_works() {
    let office = Office::set_up().await;
    let data = office.folder.path();
    let branch = ["branch", "add", "--name", "Київ 41", "--city", "Київ", "--street", "Хрещатик 22"];
    assert_eq!(said(&run(data, &branch, "").await).trim(), "kyiv-41");
    let add = ["user", "add", "--login", "nadia", "--name", "Надія", "--role", "dispatcher", "--branch", "kyiv-41"];
    let printed = said(&run(data, &add, "").await);
    let password = printed.trim().strip_prefix("nadia\t").unwrap();
    office.desk().await.sign_in("nadia", password, "kyiv-41").await.unwrap();
    let elsewhere = office.desk().await.sign_in("nadia", password, "lviv-3").await.unwrap_err();
    assert_eq!(elsewhere.code, ProblemCode::Refused);
    office.stop().await;
}

#[tokio::test]
async fn a_second_server_on_the_same_data_is_refused_and_told_of_the_first() {
    // A file belongs to one server; several may share a PostgreSQL, whatever engine the other tests run on.
    let office = Office::open_with(|config| config.database = DatabaseSettings::default()).await;
    let ports = ["serve"];
    let output = Command::new(env!("CARGO_BIN_EXE_postoffice-server"))
        .args(ports)
        .arg("--data")
        .arg(office.folder.path())
        .env("POSTOFFICE_LISTEN", "127.0.0.1:0")
        .env("POSTOFFICE_ADMIN_LISTEN", "127.0.0.1:0")
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let said = said(&output);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains(&std::process::id().to_string()), "{said}");
    office.stop().await;
}

#[tokio::test]
async fn a_new_setup_code_replaces_the_first() {
    let office = Office::open().await;
    let first = office.served.setup_code.clone().unwrap();
    let output = run(office.folder.path(), &["setup-code"], "").await;
    let second = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    let mut desk = office.desk().await;
    let form = crate::office::set_up_form;
    let refused: Result<postoffice_protocol::session::Nothing, _> = desk.ask("session.set_up", &form(first)).await;
    assert_eq!(refused.unwrap_err().code, ProblemCode::BadSetupCode);
    let _: postoffice_protocol::session::Nothing = desk.ask("session.set_up", &form(second)).await.unwrap();
    let late = run(office.folder.path(), &["setup-code"], "").await;
    assert!(!late.status.success());
    office.stop().await;
}

#[tokio::test]
async fn the_demo_office_is_a_whole_company_with_nothing_left_to_send() {
    let folder = tempfile::tempdir().unwrap();
    let config = crate::office::settings(&folder);
    let made = run(folder.path(), &["demo-office", "--orders", "40"], "").await;
    assert!(made.status.success(), "{}", said(&made));
    let office = Office::open_in(folder, config).await;
    assert_eq!(office.served.setup_code, None);
    let mut desk = office.desk().await;
    let signed_in = desk.sign_in("clerk12", "counter at lviv 3", "lviv-3").await.unwrap();
    assert!(signed_in.session.sequence > 40);
    assert_eq!(office.served.services.store.outbox_depth().await.unwrap(), 0);
    assert_eq!(office.served.services.store.outbox_unconfirmed().await.unwrap(), 0);
    let folder = office.stop().await;
    let again = run(folder.path(), &["demo-office"], "").await;
    assert!(!again.status.success());
}

#[tokio::test]
async fn a_demo_office_without_orders_tells_its_first_news_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let config = crate::office::settings(&folder);
    let made = run(folder.path(), &["demo-office", "--orders", "0"], "").await;
    assert!(made.status.success(), "{}", said(&made));
    let office = Office::open_in(folder, config).await;
    let (mut desk, mut colleague) = (office.desk().await, office.desk().await);
    desk.sign_in("clerk12", "counter at lviv 3", "lviv-3").await.unwrap();
    colleague.sign_in("clerk12", "counter at lviv 3", "lviv-3").await.unwrap();
    let registered = register(&mut desk, "Перша").await.order.ttn;
    // Whoever filled it may not lead the relay any more.
    let told = colleague.news(|notice| match notice {
        ServerNotice::Changes(batch) => batch.changes.first().map(|change| change.ttn),
        _ => None,
    });
    assert_eq!(told.await, registered);
    office.stop().await;
}

#[tokio::test]
async fn an_operator_deals_with_dead_events_while_the_server_runs() {
    let office = Office::set_up().await;
    let data = office.folder.path();
    let mut desk = office.signed_in().await;
    let (one, two) = (register(&mut desk, "Перша").await, register(&mut desk, "Друга").await);
    let mut past = Past::the_server_of(data).await;
    let bury =
        "UPDATE integration_events SET status = 'dead', last_error = 'silent: by hand' WHERE status = 'published'";
    let mut dead = 0;
    while dead < 2 {
        dead += past.run(bury).await;
    }
    let listed = said(&run(data, &["outbox", "list"], "").await);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    let line = listed.lines().next().unwrap();
    assert!(line.starts_with(&one.event_id.to_string()) && line.ends_with("silent: by hand"), "{line}");

    let resent = run(data, &["outbox", "resend", &one.event_id.to_string()], "").await;
    assert!(resent.status.success() && said(&resent).contains("goes out again under number 3"), "{}", said(&resent));
    let dropped = run(data, &["outbox", "drop", &two.event_id.to_string()], "").await;
    assert!(dropped.status.success(), "{}", said(&dropped));
    let again = run(data, &["outbox", "drop", &two.event_id.to_string()], "").await;
    assert!(!again.status.success() && said(&again).contains("no event of that id"), "{}", said(&again));
    let audit = said(&run(data, &["audit"], "").await);
    let deeds: Vec<&str> = audit.lines().map(|line| line.split('\t').nth(2).unwrap()).collect();
    assert_eq!(deeds, ["outbox_resent", "outbox_dropped"], "{audit}");
    // The relay of the running server takes it along.
    let published = "SELECT count(*) FROM integration_events WHERE status = 'published' AND publish_seq = 3";
    while past.number(published).await == 0 {
        tokio::task::yield_now().await;
    }
    office.stop().await;
}

#[tokio::test]
async fn a_demo_office_moves_to_postgresql_and_goes_on_there() {
    let folder = tempfile::tempdir().unwrap();
    let made = run(folder.path(), &["demo-office", "--orders", "40"], "").await;
    assert!(made.status.success(), "{}", said(&made));
    let database = TestPostgres::shared().database();
    let nowhere = run(folder.path(), &["migrate-data"], "").await;
    assert!(!nowhere.status.success() && said(&nowhere).contains("--to: where to?"), "{}", said(&nowhere));
    let moved = run(folder.path(), &["migrate-data", "--to", &database.owner_url], "").await;
    assert!(moved.status.success(), "{}", said(&moved));
    let line = said(&moved).lines().find(|line| line.trim_start().starts_with("orders ")).map(str::to_owned);
    assert!(line.is_some_and(|line| line.contains(" 40 rows, sha256 ")), "{}", said(&moved));
    let again = run(folder.path(), &["migrate-data", "--to", &database.owner_url], "").await;
    assert!(!again.status.success() && said(&again).contains("is not empty"), "{}", said(&again));

    let mut config = crate::office::settings(&folder);
    (config.database.url, config.database.owner_url) = (Some(database.url), Some(database.owner_url));
    let office = Office::open_in(folder, config).await;
    let mut desk = office.desk().await;
    let signed_in = desk.sign_in("clerk12", "counter at lviv 3", "lviv-3").await.unwrap();
    register(&mut desk, "Кераміка").await;
    assert!(signed_in.session.sequence > 40);
    office.stop().await;
}
