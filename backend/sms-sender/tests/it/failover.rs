//! The sender on Sentinel and on a cluster: a message goes out, the primary dies, the next one goes out.

use std::time::Duration;

use postoffice_protocol::{messages::MessageState, stream::OUTBOX_STREAM};
use postoffice_runtime::{
    redis_link::{RedisLink, ping},
    testing::{TestCluster, TestSentinel},
};
use postoffice_sms_sender::testing::{Reaction, ScriptedGateway};
use tokio::time::{Instant, timeout};

use crate::office::{Office, Sender, TTNS, settings};

/// How long after a primary's death messages must flow again.
const AGAIN_WITHIN: Duration = Duration::from_secs(15);

/// Waits until a replica has everything that was written so far: replication is asynchronous.
async fn replicated(url: &str) {
    let mut beside = RedisLink::parse(url).unwrap().blocking(OUTBOX_STREAM, AGAIN_WITHIN).await.unwrap();
    redis::cmd("SET").arg("{po}:test").arg(1).query_async::<()>(&mut beside).await.unwrap();
    let reached: u32 = redis::cmd("WAIT").arg(1).arg(10_000).query_async(&mut beside).await.unwrap();
    assert!(reached >= 1);
}

async fn goes_on<R>(mut office: Office<R>, kill_and_wait: impl AsyncFnOnce(&mut R)) {
    let gateway = ScriptedGateway::start(|_, _| Reaction::Take).await;
    let sender = Sender::start(settings(&office, &gateway)).await;
    let first = office.publish(TTNS[0], 1).await;
    office.ends(first.event_id, MessageState::Accepted).await;
    office.nothing_pending().await;
    replicated(&office.url).await;

    let killed = Instant::now();
    kill_and_wait(&mut office.redis).await;
    let connected = async {
        while ping(&office.connection).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(AGAIN_WITHIN, connected).await.expect("Redis is back");
    let second = office.publish(TTNS[0], 2).await;
    office.ends(second.event_id, MessageState::Accepted).await;
    let took = killed.elapsed();
    assert!(took < AGAIN_WITHIN, "messages flow again only after {took:?}");
    let sent: Vec<String> = gateway.received().iter().map(|one| one.event_id().to_owned()).collect();
    assert_eq!(sent, [first.event_id, second.event_id].map(|id| id.to_string()), "each once, in order");
    eprintln!("messages flow again {took:?} after the kill");
    assert!(sender.stop().await);
}

#[tokio::test]
async fn on_sentinel_messages_flow_again_after_the_primary_died() {
    let redis = TestSentinel::start().await;
    let url = redis.url();
    goes_on(Office::on(redis, url), async |redis| {
        let killed = redis.kill_primary().await;
        redis.another_than(killed).await;
    })
    .await;
}

#[tokio::test]
async fn on_a_cluster_messages_flow_again_after_the_streams_primary_died() {
    let redis = TestCluster::start().await;
    let url = redis.url();
    goes_on(Office::on(redis, url), async |redis| {
        let killed = redis.kill_primary_of(OUTBOX_STREAM).await;
        redis.another_than(killed, OUTBOX_STREAM).await;
    })
    .await;
}
