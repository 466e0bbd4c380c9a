//! What gateways do, and what becomes of the message. The scripted gateway plays Kannel.

use postoffice_protocol::messages::{MessageReason, MessageState};
use postoffice_sms_sender::testing::{Reaction, ScriptedGateway, report};

use crate::office::{Office, Sender, TTNS, settings};

fn answer(status: &'static str, headers: &'static str, body: &str) -> Reaction {
    Reaction::Answer(status, headers, body.to_owned())
}

/// A gateway that does one thing first and takes everything afterwards.
async fn first(reaction: Reaction) -> ScriptedGateway {
    ScriptedGateway::start(move |number, _| if number == 0 { reaction.clone() } else { Reaction::Take }).await
}

#[tokio::test]
async fn the_request_is_as_kannel_wants_it() {
    let mut office = Office::open().await;
    let gateway = first(Reaction::Take).await;
    let sender = Sender::start(settings(&office, &gateway)).await;
    let event = office.publish(TTNS[0], 1).await;
    let news = office.wait_for(&[event.event_id], &[MessageState::Accepted]).await;
    let outcome = &news[&event.event_id][0];
    assert_eq!((outcome.attempts, outcome.segments, outcome.ttn), (1, Some(1), event.ttn));
    assert_eq!(outcome.request_id.as_deref(), Some("request-1"));
    let received = &gateway.received()[0];
    assert_eq!(received.text, "Посилку 8123 4567 8901 2348 прийнято. Стежити: post.example");
    assert_eq!(received.event_id(), event.event_id.to_string());
    for (name, expected) in [
        ("x-kannel-to", "+380671234567"),
        ("x-kannel-username", "postoffice"),
        ("x-kannel-password", "canary"),
        ("x-kannel-from", "PostOffice"),
        ("x-kannel-coding", "2"),
        ("x-kannel-dlr-mask", "31"),
        ("content-type", "text/plain; charset=UTF-8"),
    ] {
        assert_eq!(received.headers.get(name).map(String::as_str), Some(expected), "{name}");
    }
    office.nothing_pending().await;
    assert!(sender.stop().await);
}

#[tokio::test]
async fn busy_away_or_unwilling_is_tried_again() {
    for reaction in [
        answer("503 Service Unavailable", "", "Temporal failure, try again later."),
        answer("429 Too Many Requests", "Retry-After: 0\r\n", ""),
        answer("403 Forbidden", "", "Authorization failed for sendsms"),
        answer("402 Payment Required", "", ""),
    ] {
        let mut office = Office::open().await;
        let gateway = first(reaction.clone()).await;
        let sender = Sender::start(settings(&office, &gateway)).await;
        let event = office.publish(TTNS[0], 1).await;
        let news = office.wait_for(&[event.event_id], &[MessageState::Accepted]).await;
        let told: Vec<_> = news[&event.event_id].iter().map(|one| (one.state, one.attempts)).collect();
        assert_eq!(told, [(MessageState::Queued, 1), (MessageState::Accepted, 2)], "{reaction:?}");
        assert_eq!(gateway.received().len(), 2, "{reaction:?}");
        assert!(sender.stop().await);
    }
}

#[tokio::test]
async fn a_gateway_that_is_away_costs_one_call_per_pause_and_then_gets_everything() {
    let mut office = Office::open().await;
    let gateway = first(Reaction::Take).await;
    let address = gateway.address();
    let config = settings(&office, &gateway);
    drop(gateway);
    let sender = Sender::start(config).await;
    let ids = office.publish_many(20).await;
    // Published and taken up while nobody listens; wait until the channel knows.
    while sender.started.crew.channel.paused_because().is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(sender.started.crew.channel.paused_because(), Some(MessageReason::GatewayUnavailable));
    let gateway = ScriptedGateway::start_at(address, |_, _| Reaction::Take).await;
    office.wait_for(&ids, &[MessageState::Accepted]).await;
    assert_eq!(gateway.received().len(), 20, "none twice");
    assert!(sender.stop().await);
}

#[tokio::test]
async fn never_is_an_answer() {
    for (reaction, reason) in [
        (answer("400 Bad Request", "", "Missing receiver number, rejected"), MessageReason::BadNumber),
        (answer("413 Payload Too Large", "", ""), MessageReason::TooLong),
        (answer("406 Not Acceptable", "", ""), MessageReason::Rejected),
    ] {
        let mut office = Office::open().await;
        let gateway = first(reaction).await;
        let sender = Sender::start(settings(&office, &gateway)).await;
        let event = office.publish(TTNS[0], 1).await;
        assert_eq!(office.ends(event.event_id, MessageState::Failed).await, Some(reason));
        assert_eq!(gateway.received().len(), 1);
        office.nothing_pending().await;
        assert!(sender.stop().await);
    }
}

#[tokio::test]
async fn a_lost_answer_is_never_sent_again_and_ends_unknown() {
    for reaction in [
        Reaction::Silence,
        Reaction::Cut,
        Reaction::HalfAnswer,
        answer("500 Internal Server Error", "", ""),
        answer("200 OK", "", "<html>Please sign in</html>"),
    ] {
        let mut office = Office::open().await;
        let gateway = first(reaction.clone()).await;
        let mut config = settings(&office, &gateway);
        config.journal.proof_within_ms = 900;
        let sender = Sender::start(config).await;
        let event = office.publish(TTNS[0], 1).await;
        let reason = office.ends(event.event_id, MessageState::Unknown).await;
        assert_eq!(reason, Some(MessageReason::AnswerLost), "{reaction:?}");
        assert_eq!(gateway.received().len(), 1, "{reaction:?}: not sent again");
        office.nothing_pending().await;
        // The phone got it after all: a late report settles it.
        let url = gateway.received()[0].report_url(1);
        assert!(report(&url).await.contains("200"), "{url}");
        office.ends(event.event_id, MessageState::Delivered).await;
        assert!(sender.stop().await);
    }
}

#[tokio::test]
async fn a_report_proves_what_the_answer_did_not_say() {
    let mut office = Office::open().await;
    let gateway = first(Reaction::Cut).await;
    // The deadline is far away: only the report can end this.
    let sender = Sender::start(settings(&office, &gateway)).await;
    let event = office.publish(TTNS[0], 1).await;
    let received = gateway.wait_for(1).await;
    report(&received[0].report_url(8)).await;
    let news = office.wait_for(&[event.event_id], &[MessageState::Accepted]).await;
    assert_eq!(news[&event.event_id][0].segments, Some(1));
    office.nothing_pending().await;
    let next = office.publish(TTNS[0], 2).await;
    office.ends(next.event_id, MessageState::Accepted).await;
    assert_eq!(gateway.received().len(), 2);
    assert!(sender.stop().await);
}

#[tokio::test]
async fn a_huge_answer_is_not_read() {
    let mut office = Office::open().await;
    let gateway = first(answer("202 Accepted", "", &"x".repeat(10_000_000))).await;
    let sender = Sender::start(settings(&office, &gateway)).await;
    let event = office.publish(TTNS[0], 1).await;
    office.ends(event.event_id, MessageState::Accepted).await;
    assert!(sender.stop().await);
}

#[tokio::test]
async fn a_message_that_is_never_taken_is_given_up() {
    let mut office = Office::open().await;
    let gateway = ScriptedGateway::start(|_, _| answer("503 Service Unavailable", "", "")).await;
    let mut config = settings(&office, &gateway);
    config.retry.give_up_after_minutes = 1;
    let event = office.publish(TTNS[0], 1).await;
    // It was first taken up two minutes ago.
    let key = postoffice_sms_sender::journal::key(event.event_id);
    let before = postoffice_runtime::source::wall_clock_millis() - 120_000;
    let record = format!("claimed - 9 - - - {before} 1 - - - - -");
    let known = redis::cmd("HSET").arg(key).arg(event.event_id.to_string()).arg(record).to_owned();
    known.query_async::<()>(&mut office.connection).await.unwrap();
    let sender = Sender::start(config).await;
    let reason = office.ends(event.event_id, MessageState::Failed).await;
    assert_eq!(reason, Some(MessageReason::GatewayUnavailable));
    assert!(sender.stop().await);
}
