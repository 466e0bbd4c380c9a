//! Messages that others have in hand. The group gives entries out in order, so when we hold message n of an order, message n−1 is either
//! done or pending somewhere; this finds out whether it is pending elsewhere.
//!
//! Elsewhere is also what is pending under our own name while no task of ours has it: a message that was claimed for us some round trips ago,
//! or one that a frozen process read under the name that we have now.
//!
//! A look costs as much as is pending, and as many may wait as are in hand: so they look together ([`Looks`]).

use std::collections::HashMap;

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::stream::{OUTBOX_STREAM, SENDER_GROUP};
use postoffice_runtime::{redis_link::RedisConnection, stream::Entry};
use redis::{
    RedisResult,
    streams::{StreamId, StreamPendingCountReply, StreamRangeReply},
};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep_until},
};

use super::{
    delivery::SOON,
    entry::{Asks, read},
};

const PAGE: usize = 1_000;

/// Orders with messages that others hold, and the lowest sequence of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Elsewhere(HashMap<Ttn, u32>);

impl Elsewhere {
    /// Whether an earlier message of the order is in other hands.
    pub fn holds_before(&self, ttn: &Ttn, seq: u32) -> bool {
        self.0.get(ttn).is_some_and(|lowest| *lowest < seq)
    }

    /// What this process, which reads as `consumer`, does not have in hand.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn look(mut redis: RedisConnection, consumer: &str, in_hand: impl Fn(&str) -> bool) -> RedisResult<Self> {
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
            let ids = page.ids.iter().filter(|pending| pending.consumer != consumer || !in_hand(&pending.id));
            for entry in entries(&mut redis, ids.map(|pending| pending.id.as_str())).await? {
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

/// The looks of all messages that wait for others: one now and then, and it counts for all who asked before it began.
#[derive(Default)]
pub struct Looks(Mutex<Option<(Instant, Elsewhere)>>);

impl Looks {
    /// Whether an earlier message of the order is in other hands, by a look that begins now or soon.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn find_before<F>(&self, ttn: &Ttn, seq: u32, look: impl FnOnce() -> F) -> RedisResult<bool>
    where
        F: Future<Output = RedisResult<Elsewhere>>,
    {
        let asked = Instant::now();
        let mut last = self.0.lock().await;
        if let Some((begun, elsewhere)) = &*last {
            if *begun > asked {
                return Ok(elsewhere.holds_before(ttn, seq));
            }
            // Until then more come who are served by it.
            sleep_until(*begun + SOON).await;
        }
        let begun = Instant::now();
        let elsewhere = look().await?;
        let holds = elsewhere.holds_before(ttn, seq);
        *last = Some((begun, elsewhere));
        Ok(holds)
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

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use postoffice_protocol::stream::EVENT_FIELD;
    use postoffice_runtime::testing::TestRedis;
    use tokio::task::JoinSet;

    use super::{super::held::Held, *};
    use crate::samples;

    #[tokio::test(start_paused = true)]
    async fn all_who_wait_look_together_and_nobody_believes_a_look_that_began_before_he_asked() {
        let (looks, ttn) = (Arc::new(Looks::default()), Ttn::parse(samples::TTN).unwrap());
        let looked = Arc::new(AtomicU32::new(0));
        let begun = Instant::now();
        let mut waiting = JoinSet::new();
        for _ in 0..100 {
            let (looks, looked) = (Arc::clone(&looks), Arc::clone(&looked));
            waiting.spawn(async move {
                let look = || async {
                    let is_first = looked.fetch_add(1, Ordering::SeqCst) == 0;
                    // Only the first look finds the earlier message in other hands.
                    Ok(if is_first { Elsewhere([(ttn, 1)].into()) } else { Elsewhere::default() })
                };
                while looks.find_before(&ttn, 2, look).await.unwrap() {}
            });
        }
        waiting.join_all().await;
        assert_eq!(looked.load(Ordering::SeqCst), 2, "one of the first who came, and one for all");
        assert_eq!(begun.elapsed(), SOON, "and not sooner");
    }

    #[tokio::test]
    async fn a_message_that_was_claimed_counts_as_elsewhere_until_somebody_has_it_in_hand() {
        let office = TestRedis::start().await;
        let mut redis = office.connection();
        let ttn = samples::TTN;
        for seq in [1, 2] {
            let event = format!(
                r#"{{"v":1,"event_id":"0198c0de-0000-7000-8000-00000000000{seq}","kind":"moved","ttn":"{ttn}","seq":{seq},"at":5,
                "notify":{{"phone":"+380671234567","notice":"accepted","language":"uk","text":"Посилку","expires_at":9}}}}"#
            );
            let id = format!("{seq}-0");
            redis::cmd("XADD")
                .arg(OUTBOX_STREAM)
                .arg(id)
                .arg(EVENT_FIELD)
                .arg(event)
                .exec_async(&mut redis)
                .await
                .unwrap();
        }
        let mut group = redis::cmd("XGROUP");
        group.arg("CREATE").arg(OUTBOX_STREAM).arg(SENDER_GROUP).arg("0").exec_async(&mut redis).await.unwrap();
        for slot in ["frozen", "ours"] {
            let mut read = redis::cmd("XREADGROUP");
            read.arg("GROUP")
                .arg(SENDER_GROUP)
                .arg(slot)
                .arg("COUNT")
                .arg(1)
                .arg("STREAMS")
                .arg(OUTBOX_STREAM)
                .arg(">");
            read.exec_async(&mut redis).await.unwrap();
        }
        let (ttn, held) = (Ttn::parse(ttn).unwrap(), Held::default());
        let second = held.take("2-0").unwrap();
        let waits = async || {
            let look = Elsewhere::look(office.connection(), "ours", |entry| held.has(entry));
            look.await.unwrap().holds_before(&ttn, 2)
        };
        assert!(waits().await, "the frozen one has the first");
        let mut claim = redis::cmd("XCLAIM");
        claim.arg(OUTBOX_STREAM).arg(SENDER_GROUP).arg("ours").arg(0).arg("1-0");
        claim.exec_async(&mut redis).await.unwrap();
        assert!(waits().await, "it is ours in Redis, and nobody works on it");
        let first = held.take("1-0").unwrap();
        assert!(!waits().await, "its place in the lane is taken: there the second waits for it");
        drop((first, second));
    }
}
