//! Events that cannot go out stop nobody, and an operator brings them on their way.

use postoffice_domain::{order::CustomerNotice, ttn::Ttn};
use postoffice_protocol::{
    events::ServerNotice,
    messages::{MessageReason, MessageState, MessageView},
    session::Replay,
};

use super::*;
use crate::{
    fan_out,
    store::{Operator, Resent},
};

/// Damages the outbox past the store.
async fn damage(office: &TestOffice, event_id: Uuid, payload: &str) {
    let mut other = office.behind_its_back().await;
    let sql = "UPDATE integration_events SET payload = $2 WHERE event_id = $1";
    assert_eq!(other.run(sql, &[&event_id.to_string(), payload]).await.unwrap(), 1);
    other.close().await;
}

async fn message(office: &TestOffice, ttn: &Ttn) -> MessageView {
    office.services.store.details(ttn).await.unwrap().unwrap().messages.remove(0)
}

fn operator() -> Operator {
    Operator { name: "root".to_owned(), request_id: "request-of-root".to_owned() }
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_set_aside_and_nobody_waits() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    let mut desk = office.desk(&clerk);
    let mut events = Vec::new();
    for _ in 0..5 {
        events.push(registered(&office, &clerk).await);
    }
    let long = format!("{{\"v\":1,\"kind\":\"{}\"}}", "x".repeat(70_000));
    let newer = r#"{"v":99}"#;
    for ((event_id, _), payload) in events[1..4].iter().zip(["{\"v\":1,", long.as_str(), newer]) {
        damage(&office, *event_id, payload).await;
    }
    let mut relay = office.relay();
    publish(&mut relay).await;
    // 2 to 4 are dead; what became of their messages are changes 6 to 8.
    assert_eq!(numbers(&stream(&office).await), [1, 5, 6, 7, 8]);
    let store = &office.services.store;
    let dead = store.dead_events(10).await.unwrap();
    let why: Vec<&str> = dead.iter().map(|dead| dead.last_error.split(':').next().unwrap()).collect();
    assert_eq!(why, ["malformed", "too_long", "other_version"]);
    assert_eq!((store.outbox_dead().await.unwrap(), store.outbox_unconfirmed().await.unwrap()), (3, 2));
    for (_, ttn) in &events[1..4] {
        let message = message(&office, ttn).await;
        assert_eq!((message.state, message.reason), (MessageState::Failed, Some(MessageReason::BadEvent)));
    }
    // Desktops miss no number, live or replayed.
    office.run(fan_out::run(Arc::clone(&office.services)));
    assert_eq!(desk.sequences_until(8).await, (1..=8).collect::<Vec<_>>());
    let plan = fan_out::replay(&office.services, 0, || 8).await.unwrap();
    assert_eq!(plan.replay, Replay::Follows { missed: 8 });
    office.stop().await;
}

#[tokio::test]
async fn later_events_of_the_same_order_go_on() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    let (event_id, ttn) = registered(&office, &clerk).await;
    damage(&office, event_id, "garbage").await;
    let reason =
        postoffice_protocol::orders::WithReason {
            command_id: office.command_id(), ttn, reason: "помилка".to_owned()
        };
    let mut desk = office.desk(&clerk);
    crate::commands::orders::cancel::handle(&clerk, reason).await.unwrap();
    assert_eq!(desk.outcome().await.problem, None);
    publish(&mut office.relay()).await;
    assert_eq!(numbers(&stream(&office).await), [2, 3], "the cancellation, and what became of the first SMS");
}

#[tokio::test]
async fn an_operator_resends_a_dead_event_under_a_new_number_and_the_same_id() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    let mut desk = office.desk(&clerk);
    let (event_id, ttn) = registered(&office, &clerk).await;
    damage(&office, event_id, "garbage").await;
    let mut relay = office.relay();
    publish(&mut relay).await;
    let store = &office.services.store;
    assert_eq!(store.resend_dead(Uuid::from_u128(5), operator()).await.unwrap(), Resent::NotDead);
    assert_eq!(store.resend_dead(event_id, operator()).await.unwrap(), Resent::Under(3));
    assert_eq!(store.resend_dead(event_id, operator()).await.unwrap(), Resent::NotDead, "once");
    assert_eq!(message(&office, &ttn).await.state, MessageState::Queued);
    publish(&mut relay).await;
    let published = stream(&office).await;
    assert_eq!(numbers(&published), [2, 3, 4]);
    assert_eq!(published[1], (3, event_id));
    // Made anew from what the row and the message still say.
    let entry: StreamRangeReply = office.redis.connection().xrange(OUTBOX_STREAM, "3-0", "3-0").await.unwrap();
    let entry = Entry::from(entry.ids.into_iter().next().unwrap());
    let event: IntegrationEvent = serde_json::from_slice(&entry.fields["event"]).unwrap();
    let notify = event.notify.unwrap();
    assert_eq!((event.ttn, event.seq, notify.notice), (ttn, 1, CustomerNotice::Accepted));
    assert_eq!(notify.phone.to_string(), message(&office, &ttn).await.phone.to_string());
    // Its change was told under number 1; number 3 counts nothing.
    office.run(fan_out::run(Arc::clone(&office.services)));
    let mut told = Vec::new();
    while told.last().is_none_or(|change: &postoffice_protocol::events::Change| change.sequence < 4) {
        if let ServerNotice::Changes(batch) = desk.notice().await {
            told.extend(batch.changes);
        }
    }
    assert_eq!(told.iter().map(|change| change.sequence).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!((told[0].event_id, told[2].event_id), (event_id, event_id));
    assert_eq!((told[0].status_before, told[2].status_before), (None, told[2].status_after));
    let audit = store.audit(10).await.unwrap();
    assert_eq!((audit.len(), audit[0].action.as_str()), (1, "outbox_resent"));
    assert!(audit[0].by.starts_with("root") && audit[0].detail.contains(&event_id.to_string()));
    office.stop().await;
}

#[tokio::test]
async fn an_operator_gives_a_dead_event_up() {
    let office = TestOffice::open().await;
    let (event_id, ttn) = registered(&office, &office.clerk("1")).await;
    damage(&office, event_id, "garbage").await;
    publish(&mut office.relay()).await;
    let store = &office.services.store;
    assert!(store.drop_dead(event_id, operator()).await.unwrap());
    assert!(!store.drop_dead(event_id, operator()).await.unwrap());
    assert_eq!((store.outbox_dead().await.unwrap(), store.audit(10).await.unwrap().len()), (0, 1));
    assert_eq!(message(&office, &ttn).await.state, MessageState::Failed);
}

/// A relay whose Redis refuses every event of this order, and works otherwise.
fn refusing(office: &TestOffice, ttn: &Ttn) -> Relay {
    let mut relay = office.relay();
    let check = format!(
        "for i = 3, #ARGV, 3 do if string.find(ARGV[i], '{ttn}', 1, true) then return redis.error_reply('ERR no such event') end end\n"
    );
    relay.append = Script::new(&(check + include_str!("../append.lua")));
    relay
}

#[tokio::test]
async fn an_event_that_redis_refuses_alone_is_set_aside_after_a_few_times() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    let mut events = Vec::new();
    for _ in 0..5 {
        events.push(registered(&office, &clerk).await);
    }
    let mut relay = refusing(&office, &events[2].1);
    let at_most = office.services.config.relay.refused_at_most;
    for round in 1..at_most {
        assert!(matches!(relay.round().await, Err(RelayError::Redis(_))), "round {round}");
        assert_eq!(numbers(&stream(&office).await), [1, 2], "what comes before it goes out");
        assert_eq!(office.services.store.outbox_depth().await.unwrap(), 3);
    }
    // The last of the times; the SMS that failed is an event of the same order, so it would be refused as well.
    relay.round().await.unwrap();
    assert_eq!(numbers(&stream(&office).await), [1, 2, 4, 5]);
    let dead = office.services.store.dead_events(10).await.unwrap();
    assert_eq!((dead.len(), dead[0].event_id.clone()), (1, events[2].0.to_string()));
    assert!(dead[0].last_error.starts_with("refused: ERR no such event"), "{}", dead[0].last_error);
    assert_eq!(message(&office, &events[2].1).await.reason, Some(MessageReason::BadEvent));
}

#[tokio::test]
async fn a_redis_in_trouble_makes_no_event_dead_however_long_it_lasts() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    registered(&office, &clerk).await;
    let mut relay = office.relay();
    office.redis::<()>(&["CONFIG", "SET", "maxmemory", "1"]).await;
    for _ in 0..3 * office.services.config.relay.refused_at_most {
        assert!(relay.round().await.is_err());
        relay.tail = None;
    }
    office.redis::<()>(&["CONFIG", "SET", "maxmemory", "0"]).await;
    publish(&mut relay).await;
    assert_eq!(numbers(&stream(&office).await), [1]);
    assert_eq!(office.services.store.outbox_dead().await.unwrap(), 0);
}
