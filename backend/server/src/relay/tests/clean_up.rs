//! Old confirmed events go; nothing else does.

use postoffice_protocol::{messages::MessageState, session::Replay};

use super::*;
use crate::{fan_out, relay::care::clean_up};

const DAY: i64 = 24 * 3_600_000;

async fn events(office: &TestOffice) -> Vec<u64> {
    let told = office.services.store.numbered_between(0, u64::from(u32::MAX), 10_000).await.unwrap();
    told.iter().map(|numbered| numbered.publish_seq).collect()
}

#[tokio::test]
async fn confirmed_events_go_when_they_are_old_and_below_the_replay_window() {
    let office = TestOffice::open_with(|config| config.relay.keep = 3).await;
    let clerk = office.clerk("1");
    let mut relay = office.relay();
    let mut outcomes = Vec::new();
    for number in 1..=6 {
        let (event_id, ttn) = registered(&office, &clerk).await;
        // The fourth never hears of its SMS.
        if number != 4 {
            outcomes.push(OutcomeEntry {
                v: STREAM_VERSION,
                event_id,
                ttn,
                state: MessageState::Delivered,
                reason: None,
                next_attempt_at: None,
                segments: None,
                attempts: 1,
                at: office.services.now(),
                request_id: None,
            });
        }
    }
    publish(&mut relay).await;
    office.services.store.record_outcomes(outcomes).await.unwrap();
    publish(&mut relay).await;
    assert_eq!(events(&office).await, (1..=11).collect::<Vec<_>>());

    office.clock.advance(29 * DAY);
    assert_eq!(clean_up(&office.services).await.unwrap(), 0, "not old enough");
    office.clock.advance(2 * DAY);
    assert_eq!(clean_up(&office.services).await.unwrap(), 7);
    assert_eq!(events(&office).await, [4, 9, 10, 11], "the one that waits for its outcome, and the last three");
    assert_eq!(office.services.store.outbox_unconfirmed().await.unwrap(), 1);
    assert_eq!(clean_up(&office.services).await.unwrap(), 0);

    // Redis has lost it too: who asks for what is gone loads a snapshot.
    office.redis::<()>(&["FLUSHALL"]).await;
    assert_eq!(fan_out::replay(&office.services, 2, || 11).await.unwrap().replay, Replay::ResyncRequired);
    assert_eq!(fan_out::replay(&office.services, 8, || 11).await.unwrap().replay, Replay::Follows { missed: 3 });

    // And numbers go on where they were.
    registered(&office, &clerk).await;
    publish(&mut office.relay_at_once()).await;
    assert_eq!(events(&office).await, [4, 9, 10, 11, 12]);
}
