//! What a dead sender left is found wherever it stands in the list of pending entries: behind more entries of a living one than Redis looks at
//! in one step of a claim.

use std::{collections::HashSet, process::Command, time::Duration};

use postoffice_domain::order::CustomerNotice;
use postoffice_protocol::stream::{OUTBOX_STREAM, SENDER_GROUP};
use postoffice_runtime::source::wall_clock_millis;
use postoffice_sms_sender::testing::{Office, Reaction, ScriptedGateway, event, ttn};
use redis::{FromRedisValue, streams::StreamPendingReply};
use uuid::Uuid;

use super::{
    judge::{Verdict, Wrong},
    outcome,
};
use crate::{
    faults::{database::Engine, locks::redis::HarmedRedis, report::Outcome},
    programs::{Running, free_port, program, tied},
    wait::until,
};

/// Its name in the report.
pub const NAME: &str = "left far behind in the pending list";

/// Messages that the living sender keeps until the night is over. One step of a claim looks at ten times as many entries as it may give (64).
const WAITING: usize = 700;
/// Messages that the other one has read, or some of them, when it is killed.
const LEFT: usize = 60;
/// They are claimed and sent within this: claiming begins after 1.5 s and its steps are at most 2 s apart.
const CLAIMED_WITHIN: Duration = Duration::from_secs(8);
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// Plays it and judges it. `lost` and the like of the line count messages that were left.
///
/// # Panics
/// It cannot be played: a process does not start.
pub async fn run(seed: u64) -> Outcome {
    let verdict = play(None).await;
    Outcome { faults: 1, ..outcome("side_effects", NAME, Engine::Sqlite, &verdict, seed) }
}

/// The same with a planted bug.
///
/// # Panics
/// It cannot be played: a process does not start.
pub async fn verdict_with(planted: &str) -> Verdict {
    play(Some(planted)).await
}

async fn play(planted: Option<&str>) -> Verdict {
    let harmed = HarmedRedis::start().await;
    let url = harmed.url();
    let mut office = Office::on(harmed, url.clone());
    let folder = tempfile::tempdir().expect("a temp folder");
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let start = |slot: &str, gateway: &str| {
        let mut command = sender(slot, &url, gateway);
        command.envs(planted.map(|bug| ("POSTOFFICE_PLANTED", bug)));
        Running::start(&mut command, &folder.path().join(format!("{slot}.log")))
    };
    let living = start("living", &gateway.url());
    for number in 0..WAITING {
        office.publish_event(&event(&ttn(number), 1, Some(CustomerNotice::Accepted))).await;
    }
    until("one sender to hold all that waits for the morning", || async {
        (pending(&office, "slot-living").await == WAITING).then_some(())
    })
    .await;
    // Nobody listens there: what it reads stays with it.
    let mut dying = start("dying", &format!("http://127.0.0.1:{}/cgi-bin/sendsms", free_port()));
    until("the other sender to read", || async { reads(&office, "slot-dying").await.then_some(()) }).await;
    let mut left: HashSet<Uuid> = HashSet::new();
    for number in WAITING..WAITING + LEFT {
        let event = event(&ttn(number), 1, Some(CustomerNotice::Completed));
        left.insert(event.event_id);
        office.publish_event(&event).await;
    }
    until("it to have read some", || async { (pending(&office, "slot-dying").await > 0).then_some(()) }).await;
    dying.kill();

    let sent = || gateway.received().iter().filter_map(|one| one.event_id().parse().ok()).collect::<Vec<Uuid>>();
    let end = tokio::time::Instant::now() + CLAIMED_WITHIN;
    while sent().len() < LEFT && tokio::time::Instant::now() < end {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let mut verdict = Verdict { messages: u64::try_from(LEFT).unwrap_or(u64::MAX), ..Verdict::default() };
    for id in sent() {
        if !left.remove(&id) {
            verdict.wrong.push(Wrong::SentTwice(id.to_string()));
        }
    }
    verdict.wrong.extend(left.into_iter().map(|id| Wrong::NoOutcome(id.to_string())));
    drop(living);
    verdict
}

fn sender(slot: &str, redis: &str, gateway: &str) -> Command {
    let mut command = tied(program("postoffice-sms-sender"));
    let (from, to) = night();
    command
        .env("POSTOFFICE_SLOT", slot)
        .env("POSTOFFICE_REDIS__URL", redis)
        .env("POSTOFFICE_REPORTS_LISTEN", format!("127.0.0.1:{}", free_port()))
        .env("POSTOFFICE_ADMIN_LISTEN", format!("127.0.0.1:{}", free_port()))
        .env("POSTOFFICE_TIME_ZONE", "UTC")
        .env("POSTOFFICE_QUIET__NOTICES", r#"["accepted"]"#)
        .env("POSTOFFICE_QUIET__FROM", from)
        .env("POSTOFFICE_QUIET__TO", to)
        .env("POSTOFFICE_PACE__PER_SECOND", "100000")
        .env("POSTOFFICE_SLOTS__LEASE_MS", "500")
        .env("POSTOFFICE_SLOTS__CLAIM_AFTER_MS", "1500")
        .env("POSTOFFICE_GATEWAY__KIND", "kannel")
        .env("POSTOFFICE_GATEWAY__KANNEL__URL", gateway)
        .env("POSTOFFICE_GATEWAY__KANNEL__PASSWORD", "canary")
        .env("POSTOFFICE_LOG__FILTER", "error");
    command
}

/// Quiet hours that it is now, and for an hour at least.
fn night() -> (&'static str, &'static str) {
    let hour = wall_clock_millis() / 3_600_000 % 24;
    if hour < 12 { ("00:00", "13:00") } else { ("11:00", "01:00") }
}

/// How many entries a consumer has in hand.
async fn pending(office: &Office<HarmedRedis>, consumer: &str) -> usize {
    let pending: Option<StreamPendingReply> = ask(office, &["XPENDING", OUTBOX_STREAM, SENDER_GROUP]).await;
    let Some(StreamPendingReply::Data(pending)) = pending else { return 0 };
    pending.consumers.iter().find(|one| one.name == consumer).map_or(0, |one| one.pending)
}

/// Whether a consumer has asked for entries.
async fn reads(office: &Office<HarmedRedis>, consumer: &str) -> bool {
    let consumers: Option<redis::streams::StreamInfoConsumersReply> =
        ask(office, &["XINFO", "CONSUMERS", OUTBOX_STREAM, SENDER_GROUP]).await;
    consumers.is_some_and(|known| known.consumers.iter().any(|one| one.name == consumer))
}

/// `None`: Redis has nothing to say about it, yet.
async fn ask<T: FromRedisValue>(office: &Office<HarmedRedis>, words: &[&str]) -> Option<T> {
    redis::cmd(words[0]).arg(&words[1..]).query_async(&mut office.connection.clone()).await.ok()
}
