//! Quiet hours, messages that run out of time, the day's money, and that every attempt is told.

use jiff::{ToSpan, tz::TimeZone};
use postoffice_domain::{clock::Timestamp, order::CustomerNotice};
use postoffice_protocol::messages::{MessageReason, MessageState};
use postoffice_runtime::source::wall_clock_millis;
use postoffice_sms_sender::testing::{Reaction, ScriptedGateway};

use crate::office::{Office, PATIENCE, Sender, TTNS, event, settings};

#[tokio::test]
async fn an_attempt_that_did_not_go_through_is_told_with_the_time_of_the_next() {
    let mut office = Office::open().await;
    let busy = || Reaction::Answer("503 Service Unavailable", "", String::new());
    let refuses = || Reaction::Answer("402 Payment Required", "", String::new());
    let gateway = ScriptedGateway::start(move |number, _| match number {
        0 => busy(),
        1 => refuses(),
        _ => Reaction::Take,
    })
    .await;
    let sender = Sender::start(settings(&office, &gateway)).await;
    let event = office.publish(TTNS[0], 1).await;
    let news = office.wait_for(&[event.event_id], &[MessageState::Accepted]).await;
    let told: Vec<_> = news[&event.event_id].iter().map(|one| (one.state, one.reason, one.attempts)).collect();
    assert_eq!(
        told,
        [
            (MessageState::Queued, Some(MessageReason::GatewayUnavailable), 1),
            (MessageState::Queued, Some(MessageReason::ChannelPaused), 2),
            (MessageState::Accepted, None, 3),
        ]
    );
    for one in &news[&event.event_id][..2] {
        assert!(one.next_attempt_at.is_some_and(|next| next >= one.at), "{one:?}");
    }
    assert!(sender.stop().await);
}

#[tokio::test]
async fn what_ran_out_of_time_is_not_begun() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let mut late = event(TTNS[0], 1, Some(CustomerNotice::Arrived));
    if let Some(notify) = &mut late.notify {
        notify.expires_at = Timestamp::from_millis(wall_clock_millis() - 1);
    }
    office.publish_event(&late).await;
    let next = office.publish(TTNS[0], 2).await;
    let sender = Sender::start(settings(&office, &gateway)).await;
    assert_eq!(office.ends(late.event_id, MessageState::Failed).await, Some(MessageReason::Expired));
    office.ends(next.event_id, MessageState::Accepted).await;
    assert_eq!(gateway.received().len(), 1, "only the one in time");
    office.nothing_pending().await;
    assert!(sender.stop().await);
}

#[tokio::test]
async fn what_runs_out_of_time_while_the_gateway_is_away_fails_then() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Answer("503 Service Unavailable", "", String::new())).await;
    let mut config = settings(&office, &gateway);
    // The next attempt would be far away: nothing but the end of its time can end it.
    (config.retry.first_ms, config.retry.longest_ms) = (600_000, 600_000);
    let sender = Sender::start(config).await;
    let mut event = event(TTNS[0], 1, Some(CustomerNotice::Arrived));
    if let Some(notify) = &mut event.notify {
        notify.expires_at = Timestamp::from_millis(wall_clock_millis() + 1_500);
    }
    office.publish_event(&event).await;
    assert_eq!(office.ends(event.event_id, MessageState::Failed).await, Some(MessageReason::Expired));
    assert_eq!(gateway.received().len(), 1);
    assert!(sender.stop().await);
}

#[tokio::test]
async fn in_quiet_hours_named_notices_wait_and_others_go() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let mut config = settings(&office, &gateway);
    // Quiet from an hour ago until an hour from now, whatever the time is.
    let now = jiff::Timestamp::from_millisecond(wall_clock_millis()).unwrap().to_zoned_datetime(TimeZone::UTC);
    let clock = |hours: i64| now.checked_add(hours.hours()).unwrap().time().strftime("%H:%M").to_string();
    config.time_zone = "Etc/UTC".to_owned();
    config.quiet.notices = vec![CustomerNotice::Arrived];
    (config.quiet.from, config.quiet.to) = (clock(-1), clock(1));
    let sender = Sender::start(config).await;
    let waits = event(TTNS[0], 1, Some(CustomerNotice::Arrived));
    office.publish_event(&waits).await;
    let news = office.wait_for(&[waits.event_id], &[MessageState::Queued]).await;
    let told = &news[&waits.event_id][0];
    assert_eq!((told.reason, told.attempts), (Some(MessageReason::QuietHours), 0));
    let until = told.next_attempt_at.unwrap().millis_since(told.at);
    assert!((59 * 60_000..=61 * 60_000).contains(&until), "{until}");
    // Another order's; the same order's would wait for its turn.
    let goes = office.publish(TTNS[1], 1).await;
    office.ends(goes.event_id, MessageState::Accepted).await;
    assert_eq!(gateway.received().len(), 1);
    assert!(sender.stop().await);
}

#[tokio::test]
async fn two_senders_together_spend_no_more_than_the_day_allows() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let mut config = settings(&office, &gateway);
    config.time_zone = "Etc/UTC".to_owned();
    (config.spend.segment_price, config.spend.per_day) = (7, 7 * 25 + 6);
    let mut other = config.clone();
    other.slot = "2".to_owned();
    let (one, two) = (Sender::start(config.clone()).await, Sender::start(other).await);
    let ids = office.publish_many(40).await;
    // Every message is sent or told to wait for money; the first that waits of each sender pauses its channel.
    gateway.wait_for(25).await;
    let spent = async {
        while [&one, &two]
            .iter()
            .all(|sender| sender.started.crew.channel.paused_because() != Some(MessageReason::SpendCap))
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, spent).await.expect("the day's money ends");
    assert!(one.stop().await && two.stop().await);
    assert_eq!(gateway.received().len(), 25);
    // An admin raises the limit: what waited goes.
    config.spend.per_day = 7 * 40;
    config.slots.lease_ms = 300;
    config.slots.claim_after_ms = 900;
    let sender = Sender::start(config).await;
    let news = office.wait_for(&ids, &[MessageState::Accepted]).await;
    assert_eq!(gateway.received().len(), 40, "none twice");
    let waited = news.values().flatten().filter(|one| one.reason == Some(MessageReason::SpendCap)).count();
    assert!(waited >= 1, "somebody was told why it waits");
    assert!(sender.stop().await);
}

#[tokio::test]
async fn money_of_what_was_not_taken_is_given_back() {
    let mut office = Office::open().await;
    // Nine refusals cost nothing, so the tenth call can still be paid.
    let gateway = ScriptedGateway::start(|number, _| match number {
        0..9 => Reaction::Answer("503 Service Unavailable", "", String::new()),
        _ => Reaction::Take,
    })
    .await;
    let mut config = settings(&office, &gateway);
    config.time_zone = "Etc/UTC".to_owned();
    (config.spend.segment_price, config.spend.per_day) = (7, 7);
    let sender = Sender::start(config).await;
    let event = office.publish(TTNS[0], 1).await;
    let news = office.wait_for(&[event.event_id], &[MessageState::Accepted]).await;
    assert_eq!(news[&event.event_id].last().map(|one| one.attempts), Some(10));
    assert!(sender.stop().await);
}
