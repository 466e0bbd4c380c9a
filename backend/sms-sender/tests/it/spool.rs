//! gammu-smsd's spool: with a daemon played by the test, and with the real one on its dummy modem.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use postoffice_protocol::messages::{MessageReason, MessageState};
use postoffice_runtime::testing::Running;
use postoffice_sms_sender::{
    config::{Config, GatewayKind},
    testing::{Reaction, ScriptedGateway},
};
use tempfile::TempDir;

use crate::office::{Office, PATIENCE, Sender, TTNS, settings};

/// The folders of a daemon.
fn folders() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["inbox", "outbox", "sent", "error", "modem"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    folder
}

async fn spool(office: &Office, folder: &Path) -> Config {
    let unused = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let mut config = settings(office, &unused);
    config.gateway.kind = GatewayKind::Spool;
    config.gateway.spool.folder = folder.to_owned();
    config
}

fn files(folder: &Path, name: &str) -> Vec<PathBuf> {
    fs::read_dir(folder.join(name)).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// Waits until a folder holds so many files.
async fn hold(folder: &Path, name: &str, count: usize) -> Vec<PathBuf> {
    let waiting = async {
        while files(folder, name).len() != count {
            tokio::task::yield_now().await;
        }
    };
    let came = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(came.is_ok(), "{name}: {:?}", files(folder, name));
    files(folder, name)
}

#[tokio::test]
async fn a_file_is_whole_and_what_the_daemon_gave_up_is_a_failure() {
    let mut office = Office::open().await;
    let folder = folders();
    let sender = Sender::start(spool(&office, folder.path()).await).await;
    let event = office.publish(TTNS[0], 1).await;
    office.ends(event.event_id, MessageState::Accepted).await;
    let file = hold(folder.path(), "outbox", 1).await.remove(0);
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    assert!(name.starts_with("OUTC") && name.contains("_00_+380671234567_"), "{name}");
    assert_eq!(file.extension().and_then(|it| it.to_str()), Some("txtd"));
    assert!(name.contains(&event.event_id.simple().to_string()), "{name}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "Посилку 8123 4567 8901 2348 прийнято. Стежити: post.example");
    // What is not ours in these folders stays.
    fs::write(folder.path().join("error/OUTC20260101_000000_00_+1_by-hand.txtd"), "x").unwrap();
    fs::rename(&file, folder.path().join("error").join(&name)).unwrap();
    assert_eq!(office.ends(event.event_id, MessageState::Failed).await, Some(MessageReason::Rejected));
    let left = hold(folder.path(), "error", 1).await;
    assert!(left[0].to_string_lossy().contains("by-hand"), "{left:?}");
    assert!(sender.stop().await);
}

#[tokio::test]
async fn what_a_kill_hid_is_found_in_the_spool_and_not_written_twice() {
    let mut office = Office::open().await;
    let folder = folders();
    let config = spool(&office, folder.path()).await;
    let event = office.publish(TTNS[0], 1).await;
    let environment =
        [("POSTOFFICE_GATEWAY__KIND", "spool"), ("POSTOFFICE_GATEWAY__SPOOL__FOLDER", folder.path().to_str().unwrap())];
    let mut dying = crate::office::SenderProcess::start_with(&config, Some("sender.after_send"), &environment);
    assert!(dying.ended_by_fail_point().await);
    let sender = Sender::start(config).await;
    office.ends(event.event_id, MessageState::Accepted).await;
    office.nothing_pending().await;
    assert_eq!(files(folder.path(), "outbox").len(), 1);
    assert!(sender.stop().await);
}

#[tokio::test]
async fn the_real_daemon_takes_what_we_write() {
    let mut office = Office::open().await;
    let folder = folders();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let configuration = format!(
        "[gammu]\nmodel = dummy\nconnection = none\nport = {}\n\n[smsd]\nservice = files\nlogfile = {}\ntransmitformat = auto\n\
         inboxpath = {}/\noutboxpath = {}/\nsentsmspath = {}/\nerrorsmspath = {}/\nloopsleep = 1\ncommtimeout = 1\nsendtimeout = 5\ncheckbattery = 0\nchecksignal = 0\n",
        path("modem"),
        path("smsd.log"),
        path("inbox"),
        path("outbox"),
        path("sent"),
        path("error")
    );
    let file = folder.path().join("smsdrc");
    fs::write(&file, configuration).unwrap();
    // Nobody reads sent/ yet: so what the daemon put there is seen.
    let config = spool(&office, folder.path()).await;
    let sender = Sender::start(config.clone()).await;
    let event = office.publish(TTNS[0], 1).await;
    office.ends(event.event_id, MessageState::Accepted).await;
    assert!(sender.stop().await);
    hold(folder.path(), "outbox", 1).await;
    let mut command = Command::new("gammu-smsd");
    command.args(["--config"]).arg(&file).stdin(Stdio::null()).current_dir(folder.path());
    let _daemon = Running::start(&mut command, &folder.path().join("gammu.out"));
    hold(folder.path(), "outbox", 0).await;
    let sent = hold(folder.path(), "sent", 1).await;
    let text = String::from_utf8_lossy(&fs::read(&sent[0]).unwrap()).into_owned();
    assert!(text.contains("8123"), "{text:?}");
    // Read and taken away when a sender runs again.
    let sender = Sender::start(config).await;
    hold(folder.path(), "sent", 0).await;
    assert!(sender.stop().await);
}
