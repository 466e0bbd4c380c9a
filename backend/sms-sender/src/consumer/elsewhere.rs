//! Messages that other slots have in hand. The group gives entries out in order, so when we hold message n of an order, message n−1 is either
//! done or pending somewhere; this finds out whether it is pending elsewhere.

use std::collections::HashMap;

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::stream::{OUTBOX_STREAM, SENDER_GROUP};
use postoffice_runtime::{redis_link::RedisConnection, stream::Entry};
use redis::{
    RedisResult,
    streams::{StreamId, StreamPendingCountReply, StreamPendingReply, StreamRangeReply},
};

use super::entry::{Asks, read};

const PAGE: usize = 1_000;

/// Orders with messages that other consumers hold, and the lowest sequence of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Elsewhere(HashMap<Ttn, u32>);

impl Elsewhere {
    /// Whether an earlier message of the order is in other hands.
    pub fn holds_before(&self, ttn: &Ttn, seq: u32) -> bool {
        self.0.get(ttn).is_some_and(|lowest| *lowest < seq)
    }

    /// What consumers other than `consumer` hold now.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn look(redis: &RedisConnection, consumer: &str) -> RedisResult<Self> {
        let mut redis = redis.clone();
        let summary: StreamPendingReply =
            redis::cmd("XPENDING").arg(OUTBOX_STREAM).arg(SENDER_GROUP).query_async(&mut redis).await?;
        let StreamPendingReply::Data(summary) = summary else { return Ok(Self::default()) };
        // The usual case, one sender, ends here.
        if summary.consumers.iter().all(|other| other.name == consumer) {
            return Ok(Self::default());
        }
        let mut lowest = HashMap::new();
        let mut from = "-".to_owned();
        loop {
            let page: StreamPendingCountReply = redis::cmd("XPENDING")
                .arg(OUTBOX_STREAM)
                .arg(SENDER_GROUP)
                .arg(&from)
                .arg("+")
                .arg(PAGE)
                .query_async(&mut redis)
                .await?;
            let others =
                page.ids.iter().filter(|pending| pending.consumer != consumer).map(|pending| pending.id.as_str());
            for entry in entries(&mut redis, others).await? {
                if let Asks::Tell(delivery) = read(&entry) {
                    let first = lowest.entry(delivery.ttn).or_insert(delivery.seq);
                    *first = delivery.seq.min(*first);
                }
            }
            match page.ids.last() {
                Some(last) if page.ids.len() == PAGE => from = format!("({}", last.id),
                _ => return Ok(Self(lowest)),
            }
        }
    }
}

async fn entries(redis: &mut RedisConnection, ids: impl Iterator<Item = &str>) -> RedisResult<Vec<Entry>> {
    let mut pipeline = redis::pipe();
    for id in ids {
        pipeline.cmd("XRANGE").arg(OUTBOX_STREAM).arg(id).arg(id);
    }
    if pipeline.is_empty() {
        return Ok(Vec::new());
    }
    let replies: Vec<StreamRangeReply> = pipeline.query_async(redis).await?;
    Ok(replies.into_iter().flat_map(|reply| reply.ids).map(|id: StreamId| Entry::from(id)).collect())
}
