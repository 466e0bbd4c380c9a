//! Many messages through a gateway that takes everything at once: what sender and Redis can do.
//!
//! One operation: one event appended to the stream, read by the sender's group, taken up and written down before and after the call, and told
//! to the servers with its acknowledgement. The limit does without everything in the middle: append, read, acknowledge, 500 at a time. The
//! sender runs in this process with its default settings but the pace; both Redis are the private one of an office (AOF, written every second).

use std::{sync::Arc, time::Instant};

use futures_util::future::{BoxFuture, FutureExt};
use postoffice_protocol::stream::{OUTBOX_STREAM, SENDER_GROUP};
use postoffice_runtime::testing::TestRedis;
use postoffice_sms_sender::gateway::{Answer, Gateway, Message};
use redis::{AsyncCommands, streams::StreamReadReply};

use super::{
    peer,
    sender::{BATCH, all_settled, append, append_all, events, told, unpaced, while_sending},
};
use crate::{
    figure::{Figure, Target, number},
    loops::per_second,
};

const MESSAGES: usize = 60_000;
const OF_THE_PEER: usize = 15_000;
const ROUNDS: usize = 3;
/// Calls at the same time.
const CONCURRENCY: usize = 500;

/// Takes everything.
struct Nowhere;

impl Gateway for Nowhere {
    fn name(&self) -> &'static str {
        "nowhere"
    }

    fn send<'a>(&'a self, _: &'a Message) -> BoxFuture<'a, Answer> {
        async { Answer::Delivered }.boxed()
    }
}

/// Measures all in turns.
pub async fn measure() -> Vec<Figure> {
    let events = events(MESSAGES);
    let (mut ours, mut limit, mut bullmq) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        limit.push(raw(&events).await);
        ours.push(sender(&events).await);
        bullmq.push(peer::bullmq(OF_THE_PEER).await);
        let shown = [&ours, &limit, &bullmq].map(|rates| number(rates[round - 1]));
        println!("  round {round}: ours {}, stream alone {}, BullMQ {}", shown[0], shown[1], shown[2]);
    }
    let figure = Figure::of_rounds("SMS sender end to end, a gateway that takes everything", "messages/s", ours);
    let figure = figure.beside("stream alone: XADD, XREADGROUP, XACK", &limit).against("BullMQ", &bullmq);
    vec![figure.holding(Target::RatioAtLeast(0.5))]
}

async fn sender(events: &[String]) -> f64 {
    let redis = TestRedis::start().await;
    let work = async {
        let began = Instant::now();
        tokio::join!(all_settled(&redis, events.len()), append_all(redis.connection(), events));
        let rate = per_second(events.len(), began);
        assert_eq!(told(&redis).await, events.len(), "one outcome each");
        rate
    };
    while_sending(unpaced(&redis, CONCURRENCY), |_, _| Ok(Arc::new(Nowhere)), work).await
}

async fn raw(events: &[String]) -> f64 {
    let redis = TestRedis::start().await;
    let mut link = redis.connection();
    link.xgroup_create_mkstream::<_, _, _, ()>(OUTBOX_STREAM, SENDER_GROUP, "0").await.expect("a new group");
    let began = Instant::now();
    for (batch, part) in events.chunks(BATCH).enumerate() {
        append(&mut link, batch * BATCH, part).await;
        let mut read = redis::cmd("XREADGROUP");
        read.arg("GROUP").arg(SENDER_GROUP).arg("slot-1").arg("COUNT").arg(BATCH);
        read.arg("STREAMS").arg(OUTBOX_STREAM).arg(">");
        let reply: StreamReadReply = read.query_async(&mut link).await.expect("Redis reads");
        let ids: Vec<&str> = reply.keys.iter().flat_map(|key| &key.ids).map(|entry| entry.id.as_str()).collect();
        let acknowledged: usize = link.xack(OUTBOX_STREAM, SENDER_GROUP, &ids).await.expect("Redis acknowledges");
        assert_eq!(acknowledged, part.len());
    }
    per_second(events.len(), began)
}
