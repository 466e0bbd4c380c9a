//! Reading the outbox: own pending first, then new entries, now and then what dead slots left behind.

use std::{collections::HashSet, convert::Infallible, sync::Arc, time::Duration};

use postoffice_protocol::stream::{EVENT_FIELD, OUTBOX_STREAM, SENDER_GROUP};
use postoffice_runtime::{
    fail_point, planted,
    redis_link::RedisLink,
    stream::{Entry, Group},
};
use redis::{RedisResult, Script};
use tokio::time::{Instant, timeout_at};

use super::{
    crew::Crew,
    dead_letter,
    delivery::InHand,
    elsewhere::Elsewhere,
    entry::{Asks, Delivery, read as read_entry},
    round::begin,
};
use crate::held_up::HeldUp;

/// Entries of one read. An entry may be large, so not thousands.
const BATCH: usize = 256;
/// Entries claimed from another slot in one step.
const CLAIMED: usize = 64;
/// Ids of entries that were read too often.
type Suspects = HashSet<String>;

/// How often the same trouble is logged.
const LOG_AGAIN: Duration = Duration::from_mins(1);

/// Reads until the soft stop, over every loss of Redis.
///
/// # Errors
/// Never.
pub async fn read(crew: Arc<Crew>, redis: RedisLink) -> Result<(), Infallible> {
    let mut failures = 0;
    let mut held_up = crew.refusals.watch();
    let mut logged: Option<(String, Instant)> = None;
    loop {
        let broken = tokio::select! {
            biased;
            () = crew.soft.cancelled() => return Ok(()),
            broken = read_until_broken(&crew, &redis, &mut failures, &mut held_up) => broken,
        };
        let Err(error) = broken;
        held_up.by(&error);
        failures += 1;
        let words = error.to_string();
        if logged.as_ref().is_none_or(|(before, at)| *before != words || at.elapsed() > LOG_AGAIN) {
            tracing::error!(error = words, failures, "the outbox cannot be read; trying again until it can");
            logged = Some((words, Instant::now()));
        }
        crew.pulse.beat();
        tokio::select! {
            () = crew.soft.cancelled() => return Ok(()),
            () = tokio::time::sleep(crew.redis_pause(failures)) => {}
        }
    }
}

async fn read_until_broken(
    crew: &Arc<Crew>,
    redis: &RedisLink,
    failures: &mut u32,
    held_up: &mut HeldUp<'_>,
) -> RedisResult<Infallible> {
    let mut group = Group::open(redis, OUTBOX_STREAM, SENDER_GROUP, &crew.slot.consumer()).await?;
    let mut after = if planted!("sender.pending_unread") { "18446744073709551615-0" } else { "0" }.to_owned();
    loop {
        // Whether or not there is room: we had them in hand before, and may wait for what is claimed below.
        let entries = group.own_pending(&after, BATCH).await?;
        let Some(last) = entries.last() else { break };
        after.clone_from(&last.id);
        let suspects = suspects(crew, &mut group, &entries).await?;
        hand_out(crew, &mut group, entries, &suspects).await?;
    }
    if *failures > 0 {
        tracing::info!("the outbox can be read again");
        *failures = 0;
        held_up.no_longer();
    }
    let claim_every = Duration::from_millis(crew.config.slots.claim_after_ms) / 2;
    let mut claimed_at = Instant::now();
    let mut cursor = claim(crew, &mut group, "0-0").await?;
    loop {
        // Only a part of the pending list is looked at in one step: the cursor says where to go on.
        let claim_at = if cursor == "0-0" { claimed_at + claim_every } else { claimed_at };
        // Also with full hands: what fills them may wait for what a dead slot left behind.
        let room = timeout_at(claim_at, room(crew)).await.ok();
        if claim_at <= Instant::now() {
            cursor = claim(crew, &mut group, &cursor).await?;
            claimed_at = Instant::now();
        }
        crew.pulse.beat();
        let Some(room) = room else { continue };
        let entries = group.next(room).await?;
        crew.pulse.beat();
        hand_out(crew, &mut group, entries, &Suspects::new()).await?;
    }
}

/// Which of these, read again, were read too often.
async fn suspects(crew: &Crew, group: &mut Group, entries: &[Entry]) -> RedisResult<Suspects> {
    let read = group.times_read(entries).await?;
    let limit = u64::from(crew.config.journal.max_takes);
    Ok(read.into_iter().filter(|(_, times)| *times > limit).map(|(entry, _)| entry).collect())
}

/// Waits until more messages may be held; how many may be read at once. Not until one more may: a full hand would be filled up one by one.
async fn room(crew: &Crew) -> usize {
    let most = crew.config.pace.hold_at_most;
    let below = crew.held.below(most - BATCH.min(most / 4));
    tokio::pin!(below);
    while tokio::time::timeout(Duration::from_secs(1), &mut below).await.is_err() {
        crew.pulse.beat();
    }
    most.saturating_sub(crew.held.count()).clamp(1, BATCH)
}

async fn claim(crew: &Arc<Crew>, group: &mut Group, cursor: &str) -> RedisResult<String> {
    let idle = Duration::from_millis(crew.config.slots.claim_after_ms);
    let claimed = group.claim_idle(idle, cursor, CLAIMED).await?;
    if !claimed.entries.is_empty() {
        tracing::warn!(entries = claimed.entries.len(), "claimed from a slot that no longer works on them");
        let suspects = suspects(crew, group, &claimed.entries).await?;
        hand_out(crew, group, claimed.entries, &suspects).await?;
    }
    Ok(if planted!("sender.cursor_forgotten") { "0-0".to_owned() } else { claimed.cursor })
}

/// Acknowledges what asks for nothing, puts aside what cannot be read, and begins with the messages.
async fn hand_out(crew: &Arc<Crew>, group: &mut Group, entries: Vec<Entry>, suspects: &Suspects) -> RedisResult<()> {
    if entries.is_empty() {
        return Ok(());
    }
    fail_point!("sender.after_read");
    let mut done = Vec::new();
    let mut to_tell = Vec::new();
    for entry in entries {
        match read_entry(&entry) {
            Asks::Nothing => done.push(entry.id),
            Asks::Tell(delivery) => {
                if planted!("sender.acknowledges_first") {
                    done.push(delivery.entry.clone());
                }
                to_tell.push(delivery);
            }
            Asks::PutAside(why, known) => {
                let content = entry.fields.get(EVENT_FIELD).map_or(&[][..], Vec::as_slice);
                let now = crew.sources.clock.now();
                dead_letter::put_aside(&crew.redis, &entry.id, why.code(), content, known, now).await?;
            }
        }
    }
    group.ack(&done).await?;
    if !to_tell.is_empty() {
        let elsewhere = before_these(crew, &to_tell).await?;
        let in_hand = to_tell.into_iter().filter_map(|delivery| take(crew, delivery, &elsewhere, suspects)).collect();
        begin(crew, in_hand);
    }
    Ok(())
}

/// What others have in hand, as far as it can matter: nothing comes before the first message of an order.
async fn before_these(crew: &Crew, deliveries: &[Box<Delivery>]) -> RedisResult<Elsewhere> {
    if deliveries.iter().all(|delivery| delivery.seq == 1) {
        return Ok(Elsewhere::default());
    }
    let these: HashSet<&str> = deliveries.iter().map(|delivery| delivery.entry.as_str()).collect();
    let in_hand = |entry: &str| these.contains(entry) || crew.held.has(entry);
    Elsewhere::look(crew.redis.clone(), &crew.slot.consumer(), in_hand).await
}

fn take(crew: &Crew, delivery: Box<Delivery>, elsewhere: &Elsewhere, suspects: &Suspects) -> Option<InHand> {
    if crew.held.has(&delivery.entry) {
        return None;
    }
    // Its place in the lane first: who finds it in hand must find it in front of him, too.
    let turn = crew.lanes.enter(delivery.ttn, delivery.seq, &delivery.entry);
    let hold = crew.held.take(&delivery.entry)?;
    let waits_for_others = elsewhere.holds_before(&delivery.ttn, delivery.seq);
    let suspect = suspects.contains(&delivery.entry);
    Some(InHand::new(delivery, crew.hands.next(), turn, hold, waits_for_others, suspect))
}

/// Tells Redis now and then which entries we still work on, so that no other slot claims them. Ends when the process stops and nothing is
/// in hand any more.
///
/// # Errors
/// Never.
pub async fn touch_held(crew: Arc<Crew>) -> Result<(), Infallible> {
    let every = Duration::from_millis(crew.config.slots.claim_after_ms) / 6;
    let script = Script::new(include_str!("touch.lua"));
    let consumer = crew.slot.consumer();
    loop {
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            () = async { crew.soft.cancelled().await; crew.held.below(1).await } => return Ok(()),
        }
        for entries in crew.held.entries().chunks(500) {
            let mut call = script.key(OUTBOX_STREAM);
            call.arg(SENDER_GROUP).arg(&consumer).arg(entries);
            if let Err(error) = call.invoke_async::<i64>(&mut crew.redis.clone()).await {
                tracing::debug!(%error, "cannot touch the entries in hand");
            }
        }
    }
}
