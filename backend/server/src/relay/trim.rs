//! Keeps the outbox stream short: by MINID, never by MAXLEN, so that nothing goes that somebody still needs.
//!
//! The oldest entry that stays is the lowest of: the first unconfirmed event, the oldest entry that a group has not finished, and the
//! last `keep` entries, from which desktops replay what they missed.

use postoffice_protocol::stream::OUTBOX_STREAM;
use redis::{
    AsyncCommands,
    streams::{StreamInfoGroupsReply, StreamPendingReply},
};

use super::RelayError;
use crate::context::Services;

/// Removes what nobody needs; keeps at least the last `keep` entries. Gives how many went.
pub(super) async fn trim(services: &Services, keep: u64) -> Result<u64, RelayError> {
    let mut redis = services.redis.clone();
    let mut floor = services.store.last_numbered().await?.saturating_sub(keep) + 1;
    if let Some(unconfirmed) = services.store.first_unconfirmed().await? {
        floor = floor.min(unconfirmed);
    }
    let groups: StreamInfoGroupsReply = redis.xinfo_groups(OUTBOX_STREAM).await?;
    for group in groups.groups {
        floor = floor.min(number(&group.last_delivered_id) + 1);
        let pending: StreamPendingReply = redis.xpending(OUTBOX_STREAM, &group.name).await?;
        if let StreamPendingReply::Data(pending) = pending {
            floor = floor.min(number(&pending.start_id));
        }
    }
    // "~": whole blocks of about a hundred entries, which costs Redis next to nothing.
    let trimmed: u64 = redis::cmd("XTRIM")
        .arg(OUTBOX_STREAM)
        .arg("MINID")
        .arg("~")
        .arg(format!("{floor}-0"))
        .query_async(&mut redis)
        .await?;
    if trimmed > 0 {
        tracing::debug!(trimmed, floor, "trimmed the outbox stream");
    }
    Ok(trimmed)
}

fn number(id: &str) -> u64 {
    id.split_once('-').and_then(|(head, _)| head.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use postoffice_protocol::{
        messages::MessageState,
        stream::{OutcomeEntry, SENDER_GROUP, STREAM_VERSION},
    };
    use postoffice_runtime::stream::Group;

    use super::*;
    use crate::test_office::{TestOffice, publish};

    async fn length(office: &TestOffice) -> u64 {
        office.redis(&["XLEN", OUTBOX_STREAM]).await
    }

    #[tokio::test]
    async fn only_what_nobody_needs_any_more_goes() {
        let office = TestOffice::open().await;
        // So that "about" is exact.
        office.redis::<()>(&["CONFIG", "SET", "stream-node-max-entries", "1"]).await;
        let clerk = office.clerk("1");
        let mut outcomes = Vec::new();
        for _ in 0..10 {
            let order = office.register(&clerk).await;
            let messages = office.services.store.details(&order.ttn).await.unwrap().unwrap().messages;
            outcomes.push(OutcomeEntry {
                v: STREAM_VERSION,
                event_id: messages[0].event_id,
                ttn: order.ttn,
                state: MessageState::Accepted,
                reason: None,
                next_attempt_at: None,
                segments: None,
                attempts: 1,
                at: office.services.now(),
                request_id: None,
            });
        }
        let mut relay = office.relay();
        publish(&mut relay).await;
        let services = &office.services;
        assert_eq!(trim(services, 0).await.unwrap(), 0, "nothing is confirmed");

        // Confirmed up to 7, which makes the changes 11 to 17; but a group has read nothing yet.
        services.store.record_outcomes(outcomes.drain(..7).collect()).await.unwrap();
        publish(&mut relay).await;
        let mut group = Group::open(&office.redis.link(), OUTBOX_STREAM, SENDER_GROUP, "slot-1").await.unwrap();
        assert_eq!(trim(services, 0).await.unwrap(), 0, "a group has everything before it");

        // Delivered up to 9, and 4 is not finished.
        group.next(9).await.unwrap();
        let finished: Vec<String> = [1, 2, 3, 5, 6, 7, 8, 9].map(|number| format!("{number}-0")).into();
        group.ack(&finished).await.unwrap();
        assert_eq!(trim(services, 0).await.unwrap(), 3, "1 to 3");
        group.ack(&["4-0".to_owned()]).await.unwrap();
        assert_eq!(trim(services, 0).await.unwrap(), 4, "4 to 7: 8 is not confirmed");

        services.store.record_outcomes(outcomes).await.unwrap();
        publish(&mut relay).await;
        group.next(100).await.unwrap();
        let rest: Vec<String> = (10..=20).map(|number| format!("{number}-0")).collect();
        group.ack(&rest).await.unwrap();
        assert_eq!(length(&office).await, 13);
        assert_eq!(trim(services, 5).await.unwrap(), 8);
        assert_eq!(length(&office).await, 5, "kept for desktops that come back");
    }
}
