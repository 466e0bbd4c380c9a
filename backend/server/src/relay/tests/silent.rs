//! What nobody has and nobody answers goes again; what merely waits does not.

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    messages::{MessageReason, MessageState},
    stream::{OUTCOME_FIELD, OUTCOME_STREAM, SENDER_GROUP},
};
use postoffice_runtime::stream::Group;

use super::*;
use crate::{context::Context, fan_out, relay::silent::Silent, store::Repeated};

const HOUR: i64 = 3_600_000;

/// An office with one published order and a sender's group.
struct Scene {
    office: TestOffice,
    clerk: Context,
    relay: Relay,
    group: Group,
    event_id: Uuid,
}

impl Scene {
    async fn open() -> Self {
        let office = TestOffice::open().await;
        let clerk = office.clerk("1");
        let (event_id, _) = registered(&office, &clerk).await;
        let mut relay = office.relay();
        publish(&mut relay).await;
        let group = Group::open(&office.redis.link(), OUTBOX_STREAM, SENDER_GROUP, "slot-1").await.unwrap();
        Self { office, clerk, relay, group, event_id }
    }

    /// Looks an hour later.
    async fn look(&mut self) -> Repeated {
        self.office.clock.advance(HOUR);
        // Leads still: nobody else is there, and the lease of an hour ago is renewed.
        publish(&mut self.relay).await;
        let repeated = Silent::default().look(&self.office.services, self.relay.holder).await.unwrap();
        publish(&mut self.relay).await;
        repeated
    }

    async fn numbers(&self) -> Vec<u64> {
        numbers(&stream(&self.office).await)
    }
}

const NONE: Repeated = Repeated { again: 0, dead: 0 };
const AGAIN: Repeated = Repeated { again: 1, dead: 0 };

#[tokio::test]
async fn what_waits_for_a_sender_that_is_down_or_slow_is_never_repeated() {
    let mut scene = Scene::open().await;
    // Never read.
    assert_eq!(scene.look().await, NONE);
    // Read and in hand, for an hour, for another one.
    assert_eq!(scene.group.next(10).await.unwrap().len(), 1);
    assert_eq!((scene.look().await, scene.look().await), (NONE, NONE));
    assert_eq!(scene.numbers().await, [1]);
    // No group at all: the sender makes it again from the beginning.
    scene.office.redis::<u64>(&["XGROUP", "DESTROY", OUTBOX_STREAM, SENDER_GROUP]).await;
    assert_eq!(scene.look().await, NONE);
}

#[tokio::test]
async fn an_entry_that_was_deleted_by_hand_goes_again() {
    let mut scene = Scene::open().await;
    scene.office.redis::<u64>(&["XDEL", OUTBOX_STREAM, "1-0"]).await;
    let young = Silent::default().look(&scene.office.services, scene.relay.holder).await.unwrap();
    assert_eq!(young, NONE, "not before its time");
    assert_eq!(scene.look().await, AGAIN);
    assert_eq!(stream(&scene.office).await, [(2, scene.event_id)], "the same event under a new number");
    assert_eq!(scene.look().await, NONE, "it is ahead of the group now");
}

#[tokio::test]
async fn one_that_was_acknowledged_without_an_outcome_goes_again() {
    let mut scene = Scene::open().await;
    scene.group.next(10).await.unwrap();
    scene.group.ack(&["1-0".to_owned()]).await.unwrap();
    // Its outcome is on the way: nothing is silent as long as one waits to be recorded.
    scene.office.redis::<String>(&["XADD", OUTCOME_STREAM, "5-0", OUTCOME_FIELD, "of anyone"]).await;
    assert_eq!(scene.look().await, NONE);
    scene.office.redis::<u64>(&["XDEL", OUTCOME_STREAM, "5-0"]).await;
    assert_eq!(scene.look().await, AGAIN);
    assert_eq!(scene.numbers().await, [1, 2]);
}

#[tokio::test]
async fn a_group_that_was_made_anew_at_the_end_costs_no_message() {
    let mut scene = Scene::open().await;
    let second = registered(&scene.office, &scene.clerk).await.0;
    publish(&mut scene.relay).await;
    scene.office.redis::<u64>(&["XGROUP", "DESTROY", OUTBOX_STREAM, SENDER_GROUP]).await;
    scene.office.redis::<()>(&["XGROUP", "CREATE", OUTBOX_STREAM, SENDER_GROUP, "$"]).await;
    assert_eq!(scene.look().await, Repeated { again: 2, dead: 0 });
    let published = stream(&scene.office).await;
    assert_eq!(published[2..], [(3, scene.event_id), (4, second)], "in their order");
}

#[tokio::test]
async fn a_stream_that_was_trimmed_under_a_slow_group_costs_no_message() {
    let mut scene = Scene::open().await;
    registered(&scene.office, &scene.clerk).await;
    publish(&mut scene.relay).await;
    scene.office.redis::<u64>(&["XTRIM", OUTBOX_STREAM, "MAXLEN", "0"]).await;
    assert_eq!(scene.look().await, Repeated { again: 2, dead: 0 });
    assert_eq!(scene.numbers().await, [3, 4]);
}

#[tokio::test]
async fn desktops_miss_no_number_and_count_nothing_twice() {
    let mut scene = Scene::open().await;
    let mut desk = scene.office.desk(&scene.clerk);
    scene.office.redis::<u64>(&["XDEL", OUTBOX_STREAM, "1-0"]).await;
    assert_eq!(scene.look().await, AGAIN);
    registered(&scene.office, &scene.clerk).await;
    publish(&mut scene.relay).await;
    for _ in ["live", "from the database"] {
        let plan = fan_out::replay(&scene.office.services, 0, || 3).await.unwrap();
        let changes: Vec<_> = plan
            .missed
            .frames()
            .flat_map(|frame| match crate::test_office::read_notice(frame) {
                postoffice_protocol::events::ServerNotice::Changes(batch) => batch.changes,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(changes.iter().map(|change| change.sequence).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!((changes[0].event_id, changes[1].event_id), (scene.event_id, scene.event_id));
        assert_eq!((changes[0].status_before, changes[2].status_before), (None, None), "registered");
        assert_eq!(changes[1].status_before, changes[1].status_after, "told before");
        assert_eq!(changes[1].sms_before, changes[1].sms_after);
        scene.office.redis::<()>(&["FLUSHALL"]).await;
    }
    publish(&mut scene.relay).await;
    assert_eq!(scene.numbers().await, [2, 3], "a Redis that lost all gets it under its last number");
    scene.office.run(fan_out::run(Arc::clone(&scene.office.services)));
    assert_eq!(desk.sequences_until(3).await, [1, 2, 3]);
    scene.office.stop().await;
}

#[tokio::test]
async fn what_stays_silent_waits_for_a_person_in_the_end_and_a_late_outcome_still_counts() {
    let mut scene = Scene::open().await;
    for time in 0..scene.office.services.config.relay.republish_at_most {
        scene.group.next(10).await.unwrap();
        scene.office.redis::<u64>(&["XTRIM", OUTBOX_STREAM, "MAXLEN", "0"]).await;
        let id = format!("{}-0", time + 1);
        scene.group.ack(&[id]).await.unwrap();
        assert_eq!(scene.look().await, AGAIN, "{time}");
    }
    scene.group.next(10).await.unwrap();
    scene.group.ack(&["4-0".to_owned()]).await.unwrap();
    assert_eq!(scene.look().await, Repeated { again: 0, dead: 1 });
    let store = &scene.office.services.store;
    let ttn = Ttn::parse(&store.dead_events(1).await.unwrap().remove(0).ttn).unwrap();
    let message = store.details(&ttn).await.unwrap().unwrap().messages.remove(0);
    assert_eq!((message.state, message.reason), (MessageState::Unknown, Some(MessageReason::AnswerLost)));
    let late = OutcomeEntry {
        v: STREAM_VERSION,
        event_id: scene.event_id,
        ttn,
        state: MessageState::Delivered,
        reason: None,
        next_attempt_at: None,
        segments: None,
        attempts: 1,
        at: scene.office.services.now(),
        request_id: None,
    };
    assert_eq!(store.record_outcomes(vec![late]).await.unwrap().moved, 1);
    assert_eq!(store.outbox_dead().await.unwrap(), 0);
}

#[tokio::test]
async fn only_the_leader_lets_anything_go_again() {
    let scene = Scene::open().await;
    scene.office.redis::<u64>(&["XDEL", OUTBOX_STREAM, "1-0"]).await;
    scene.office.clock.advance(HOUR);
    publish(&mut scene.office.relay()).await;
    let repeated = Silent::default().look(&scene.office.services, scene.relay.holder).await.unwrap();
    assert_eq!(repeated, NONE);
}

#[tokio::test]
async fn an_outcome_that_says_it_will_be_tried_again_confirms_nothing() {
    let scene = Scene::open().await;
    let store = &scene.office.services.store;
    let rows = store.numbered_between(0, 1, 1).await.unwrap();
    let waits = OutcomeEntry {
        v: STREAM_VERSION,
        event_id: scene.event_id,
        ttn: rows[0].event.ttn,
        state: MessageState::Queued,
        reason: Some(MessageReason::GatewayUnavailable),
        next_attempt_at: None,
        segments: None,
        attempts: 1,
        at: scene.office.services.now(),
        request_id: None,
    };
    store.record_outcomes(vec![waits]).await.unwrap();
    assert_eq!(store.outbox_unconfirmed().await.unwrap(), 1);
}
