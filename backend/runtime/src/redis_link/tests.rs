//! Commands, scripts, blocking reads and pub/sub over a failover, on real sentinels and a real cluster.

use std::time::Duration;

use redis::{RedisError, Script};
use tokio::time::{Instant, timeout};

use super::{RedisConnection, RedisLink};
use crate::{
    stream::{Group, Tail},
    testing::{TestCluster, TestSentinel},
};

/// How long after a primary's death everything must work again.
const AGAIN_WITHIN: Duration = Duration::from_secs(15);
/// How long a call may take while there is no primary.
const FAILS_WITHIN: Duration = Duration::from_secs(5);

const STREAM: &str = "{t}:stream";
const CHANNEL: &str = "t:news";

/// Repeats what may be repeated until it works. Every failure must come in time.
async fn again<T, E: std::fmt::Debug>(what: &str, mut work: impl AsyncFnMut() -> Result<T, E>) -> T {
    let began = Instant::now();
    loop {
        match timeout(FAILS_WITHIN, work()).await.unwrap_or_else(|_| panic!("{what}: a call hangs")) {
            Ok(done) => return done,
            Err(error) => assert!(began.elapsed() < AGAIN_WITHIN, "{what}: {error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn add(redis: &RedisConnection, id: u32) {
    let mut redis = redis.clone();
    let mut add = redis::cmd("XADD");
    add.arg(STREAM).arg(format!("{id}-0")).arg("f").arg(id);
    // A repetition of one whose answer was lost is refused: its id is not above the last one.
    again("a command", async || match add.query_async::<()>(&mut redis).await {
        Err(error) if error.to_string().contains("equal or smaller") => Ok(()),
        answer => answer,
    })
    .await;
}

/// The same, and waits until it has reached a replica: replication is asynchronous, and what is looked for after a failover must not have died
/// with the primary.
async fn add_replicated(link: &RedisLink, id: u32) {
    add(&link.connection().unwrap(), id).await;
    again("a replica", async || {
        let mut beside = link.blocking(STREAM, Duration::from_secs(2)).await?;
        // WAIT looks at what its own connection wrote last: this comes after the entry.
        redis::cmd("SET").arg("{t}:a").arg("x").query_async::<()>(&mut beside).await?;
        let reached: u32 = redis::cmd("WAIT").arg(1).arg(1_000).query_async(&mut beside).await?;
        if reached == 0 { Err(std::io::Error::other("no replica has it yet").into()) } else { Ok::<_, RedisError>(()) }
    })
    .await;
}

/// Two keys at once and a pipeline, as locks and journal use them.
async fn scripts_and_pipelines(redis: &RedisConnection) {
    let script = Script::new("redis.call('SET', KEYS[1], ARGV[1]) return redis.call('INCR', KEYS[2])");
    let mut redis = redis.clone();
    let count: u32 =
        again("a script", async || script.key("{t}:a").key("{t}:b").arg("x").invoke_async(&mut redis).await).await;
    assert!(count > 0);
    let mut pipeline = redis::pipe();
    pipeline.atomic().get("{t}:a").incr("{t}:b", 1);
    let (a, _): (String, u32) = again("a transaction", async || pipeline.query_async(&mut redis).await).await;
    assert_eq!(a, "x");
}

/// Everything that a process of ours does with Redis, over the death of a primary.
async fn survives(link: RedisLink, mut kill_and_wait: impl AsyncFnMut()) {
    let redis = link.connection().unwrap();
    add(&redis, 1).await;
    scripts_and_pipelines(&redis).await;
    let mut tail = Tail::open(&link, STREAM).await.unwrap();
    assert_eq!(tail.next("0-0", 10).await.unwrap().len(), 1);
    let mut group = Group::open(&link, STREAM, "g", "one").await.unwrap();
    let first = group.next(10).await.unwrap();
    group.ack(&[first[0].id.clone()]).await.unwrap();
    let mut news = link.subscribe(CHANNEL).await.unwrap();
    publish(&redis, "before").await;
    assert_eq!(news.next().await.unwrap().get_payload::<String>().unwrap(), "before");
    add_replicated(&link, 2).await;
    // Readers and listener wait, as they do in a running server, while the primary dies under them.
    let began = Instant::now();
    kill_and_wait().await;
    let broken = timeout(FAILS_WITHIN, async { while tail.next("2-0", 10).await.is_ok() {} });
    broken.await.expect("a reader at a dead primary is told");
    add(&redis, 3).await;
    scripts_and_pipelines(&redis).await;
    let entries = again("a tail", async || Tail::open(&link, STREAM).await?.next("1-0", 10).await).await;
    assert_eq!(entries.iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), ["2-0", "3-0"]);
    let entries = again("a group", async || {
        let mut group = Group::open(&link, STREAM, "g", "one").await?;
        let mut entries = group.own_pending("0", 10).await?;
        entries.extend(group.next(10).await?);
        Ok::<_, redis::RedisError>(entries)
    })
    .await;
    assert_eq!(entries.last().map(|entry| entry.id.as_str()), Some("3-0"));
    // The old subscription may live on (a cluster passes messages on from any node), or it says that it has ended.
    publish(&redis, "after").await;
    let mut heard = timeout(FAILS_WITHIN, news.next()).await.expect("a message or an end").ok();
    if heard.is_none() {
        let mut news = again("a subscription", async || link.subscribe(CHANNEL).await).await;
        publish(&redis, "after").await;
        heard = Some(timeout(FAILS_WITHIN, news.next()).await.expect("a message").unwrap());
    }
    assert_eq!(heard.unwrap().get_payload::<String>().unwrap(), "after");
    let mut keys = redis.clone().scan("{t}:*", 100).await.unwrap();
    keys.sort();
    assert_eq!(keys, ["{t}:a", "{t}:b", "{t}:stream"]);
    eprintln!("everything works again {:?} after the kill", began.elapsed());
}

async fn publish(redis: &RedisConnection, word: &str) {
    let mut redis = redis.clone();
    let mut publish = redis::cmd("PUBLISH");
    publish.arg(CHANNEL).arg(word);
    again("a message", async || publish.query_async::<()>(&mut redis).await).await;
}

#[tokio::test]
async fn sentinels_lead_to_the_new_primary_and_back_to_none_that_was_replaced() {
    let mut cast = TestSentinel::start().await;
    let link = cast.link();
    let mut killed = 0;
    survives(link.clone(), async || killed = cast.kill_primary().await).await;
    let second = cast.another_than(killed).await;
    // The old primary comes back empty and believes to be one until the sentinels have told it.
    cast.bring_back(killed).await;
    assert_eq!(cast.primary().await, Some(second));
    let redis = link.connection().unwrap();
    add_replicated(&link, 4).await;
    let third = cast.kill_primary().await;
    assert_eq!(third, second);
    add(&redis, 5).await;
    let length: u32 =
        again("a read", async || redis::cmd("XLEN").arg(STREAM).query_async(&mut redis.clone()).await).await;
    assert_eq!(length, 5, "both failovers kept what replicas had");
}

#[tokio::test]
async fn a_primary_that_steps_down_is_left_without_an_error_of_the_network() {
    let cast = TestSentinel::start().await;
    let redis = cast.connection();
    add(&redis, 1).await;
    let before = cast.primary().await.unwrap();
    cast.step_down().await;
    cast.another_than(before).await;
    add(&redis, 2).await;
}

#[tokio::test]
async fn a_cluster_goes_on_with_the_replica() {
    let mut cluster = TestCluster::start().await;
    let link = cluster.link();
    survives(link, async || {
        cluster.kill_primary_of(STREAM).await;
    })
    .await;
}

#[tokio::test]
async fn without_any_redis_everything_fails_at_once_and_nothing_hangs() {
    for address in ["sentinel://127.0.0.1:1,127.0.0.1:2/po", "cluster://127.0.0.1:1,127.0.0.1:2"] {
        let link = RedisLink::parse(address).unwrap();
        let redis = link.connection().unwrap();
        let began = Instant::now();
        let calls = (0..200).map(|_| super::ping(&redis));
        assert!(futures_util::future::join_all(calls).await.iter().all(Result::is_err));
        assert!(link.blocking(STREAM, Duration::ZERO).await.is_err());
        assert!(link.subscribe(CHANNEL).await.is_err());
        assert!(began.elapsed() < FAILS_WITHIN, "{address}: {:?}", began.elapsed());
    }
}
