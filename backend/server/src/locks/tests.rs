//! Each against a real Redis of its own.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use postoffice_domain::{clock::Timestamp, people::EmployeeId};
use postoffice_protocol::events::LockNews;
use postoffice_runtime::testing::TestRedis;
use uuid::Uuid;

use super::*;

const TTN: &str = "7367572585563873";

fn ttn() -> Ttn {
    // Any good number: found by trying check digits.
    (0..10).find_map(|digit| Ttn::parse(&format!("{}{digit}", &TTN[..15])).ok()).unwrap()
}

fn holder(session: u128) -> LockHolder {
    LockHolder {
        session: SessionId(Uuid::from_u128(session)),
        employee: EmployeeId(Uuid::from_u128(session)),
        name: "Оператор \"7\"".to_owned(),
        station: "3".to_owned(),
        since: Timestamp::from_millis(0),
        purpose: LockPurpose::EditPlace,
    }
}

fn locks(redis: &TestRedis, lease_ms: u64) -> Locks {
    Locks::new(redis.connection(), &LockSettings { lease_ms, renew_every_ms: lease_ms / 3 })
}

#[tokio::test]
async fn one_holds_the_other_is_told_who() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    let (one, two) = (holder(1), holder(2));
    let Acquired::Ours { holder: since, fresh: true } = locks.acquire(&ttn(), &one).await.unwrap() else {
        panic!("free")
    };
    assert!(since.since.millis() > 1_600_000_000_000, "Redis' clock in milliseconds: {:?}", since.since);
    assert_eq!(locks.acquire(&ttn(), &two).await.unwrap(), Acquired::Busy(since.clone()));
    // Asked again after a lost reply: the same lock.
    assert_eq!(locks.acquire(&ttn(), &one).await.unwrap(), Acquired::Ours { holder: since.clone(), fresh: false });
    assert!(!locks.release(&ttn(), two.session).await.unwrap(), "not yours to free");
    let (renewed, lost) = locks.renew(two.session, &[ttn()]).await.unwrap();
    assert_eq!((renewed.len(), lost), (0, vec![LostLock { ttn: ttn(), holder: Some(since) }]));
    assert!(locks.release(&ttn(), one.session).await.unwrap());
    assert!(matches!(locks.acquire(&ttn(), &two).await.unwrap(), Acquired::Ours { fresh: true, .. }));
}

#[tokio::test]
async fn a_lease_ends_by_itself_and_is_not_in_the_snapshot_then() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 60);
    locks.acquire(&ttn(), &holder(1)).await.unwrap();
    assert_eq!(locks.snapshot().await.unwrap().len(), 1);
    let waited = tokio::time::timeout(Duration::from_secs(5), async {
        while locks.holder(&ttn()).await.unwrap().is_some() {
            tokio::task::yield_now().await;
        }
    });
    waited.await.unwrap();
    assert_eq!(locks.snapshot().await.unwrap(), []);
    let (renewed, lost) = locks.renew(holder(1).session, &[ttn()]).await.unwrap();
    assert_eq!((renewed, lost), (vec![], vec![LostLock { ttn: ttn(), holder: None }]));
}

#[tokio::test]
async fn of_many_at_once_exactly_one_gets_it() {
    let redis = TestRedis::start().await;
    let locks = Arc::new(locks(&redis, 30_000));
    let tries = (1..=50).map(|session| {
        let locks = Arc::clone(&locks);
        tokio::spawn(async move { locks.acquire(&ttn(), &holder(session)).await.unwrap() })
    });
    let mut ours = 0;
    for attempt in tries.collect::<Vec<_>>() {
        ours += u32::from(matches!(attempt.await.unwrap(), Acquired::Ours { fresh: true, .. }));
    }
    assert_eq!(ours, 1);
}

#[tokio::test]
async fn signing_out_frees_everything_of_the_session() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    locks.acquire(&ttn(), &holder(1)).await.unwrap();
    locks.release_all(holder(2).session).await.unwrap();
    assert_eq!(locks.snapshot().await.unwrap().len(), 1);
    locks.release_all(holder(1).session).await.unwrap();
    assert_eq!(locks.snapshot().await.unwrap(), []);
}

#[tokio::test]
async fn without_redis_the_answer_is_locks_unavailable() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    drop(redis);
    let problem = locks.acquire(&ttn(), &holder(1)).await.unwrap_err().to_problem();
    assert_eq!(problem.code, ProblemCode::LocksUnavailable);
}

fn command(session: u128) -> LockHolder {
    LockHolder { purpose: LockPurpose::Command, ..holder(session) }
}

#[tokio::test]
async fn after_redis_lost_everything_the_next_one_gets_it_and_the_first_hears_who() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    locks.acquire(&ttn(), &holder(1)).await.unwrap();
    redis::cmd("FLUSHALL").query_async::<()>(&mut redis.connection()).await.unwrap();
    let (_, lost) = locks.renew(holder(1).session, &[ttn()]).await.unwrap();
    assert_eq!(lost, [LostLock { ttn: ttn(), holder: None }]);
    // FLUSHALL keeps scripts; a restart does not.
    redis::cmd("SCRIPT").arg("FLUSH").query_async::<()>(&mut redis.connection()).await.unwrap();
    let Acquired::Ours { holder: second, fresh: true } = locks.acquire(&ttn(), &holder(2)).await.unwrap() else {
        panic!("free")
    };
    let (_, lost) = locks.renew(holder(1).session, &[ttn()]).await.unwrap();
    assert_eq!(lost, [LostLock { ttn: ttn(), holder: Some(second) }]);
    assert_eq!(locks.snapshot().await.unwrap().len(), 1);
}

#[tokio::test]
async fn renewing_moves_the_end_of_the_lease() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    locks.acquire(&ttn(), &holder(1)).await.unwrap();
    redis::cmd("PEXPIRE").arg(key(&ttn())).arg(500).query_async::<()>(&mut redis.connection()).await.unwrap();
    assert_eq!(locks.renew(holder(1).session, &[ttn()]).await.unwrap(), (vec![ttn()], vec![]));
    let left = locks.holder(&ttn()).await.unwrap().unwrap().expires_in_ms;
    assert!(left > 20_000, "{left} ms left");
}

#[tokio::test]
async fn a_short_command_is_not_shown_and_does_not_free_the_editor_of_its_own_session() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    assert!(matches!(locks.acquire(&ttn(), &command(1)).await.unwrap(), Acquired::Ours { fresh: true, .. }));
    assert_eq!(locks.snapshot().await.unwrap(), []);
    assert!(matches!(locks.acquire(&ttn(), &holder(2)).await.unwrap(), Acquired::Busy(_)));
    // The editor opens while the command runs: the lock is the editor's from now on.
    let Acquired::Ours { holder: editor, .. } = locks.acquire(&ttn(), &holder(1)).await.unwrap() else {
        panic!("ours")
    };
    assert_eq!(editor.purpose, LockPurpose::EditPlace);
    assert!(!locks.release_command(&ttn(), holder(1).session).await.unwrap());
    assert_eq!(locks.snapshot().await.unwrap().len(), 1);
    // The other way round: a command under the session's own editor.
    let within = locks.acquire(&ttn(), &command(1)).await.unwrap();
    assert_eq!(within, Acquired::Ours { holder: editor, fresh: false });
}

#[tokio::test]
async fn every_change_is_told() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    let mut subscription = redis.client().get_async_pubsub().await.unwrap();
    subscription.subscribe("po:locks:news").await.unwrap();
    locks.acquire(&ttn(), &holder(1)).await.unwrap();
    locks.acquire(&ttn(), &holder(2)).await.unwrap();
    locks.renew(holder(1).session, &[ttn()]).await.unwrap();
    locks.release(&ttn(), holder(2).session).await.unwrap();
    locks.release(&ttn(), holder(1).session).await.unwrap();
    locks.acquire(&ttn(), &command(1)).await.unwrap();
    locks.release_command(&ttn(), command(1).session).await.unwrap();
    redis::cmd("PUBLISH").arg("po:locks:news").arg("end").query_async::<()>(&mut redis.connection()).await.unwrap();
    let mut messages = subscription.on_message();
    let mut told: Vec<LockNews> = Vec::new();
    while let Some(news) = messages.next().await.and_then(|news| serde_json::from_slice(news.get_payload_bytes()).ok())
    {
        told.push(news);
    }
    let changes: Vec<(usize, &[Ttn])> = told.iter().map(|news| (news.held.len(), news.freed.as_slice())).collect();
    assert_eq!(changes, [(1, &[][..]), (1, &[][..]), (0, &[ttn()][..])], "taken, renewed, freed; nothing else");
    assert_eq!((told[0].held[0].holder.session, told[0].held[0].expires_in_ms), (holder(1).session, 30_000));
}

#[tokio::test]
async fn a_key_that_is_no_lock_is_refused_and_hides_nothing() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    locks.acquire(&ttn(), &holder(1)).await.unwrap();
    let other = (0..10).find_map(|digit| Ttn::parse(&format!("800000000000000{digit}")).ok()).unwrap();
    let mut plain = redis.connection();
    for foreign in ["garbage", "17", r#"{"session":7}"#] {
        redis::cmd("SET").arg(key(&other)).arg(foreign).query_async::<()>(&mut plain).await.unwrap();
        redis::cmd("SADD").arg(INDEX).arg(other.to_string()).query_async::<()>(&mut plain).await.unwrap();
        let problem = locks.acquire(&other, &holder(1)).await.unwrap_err().to_problem();
        assert_eq!(problem.code, ProblemCode::LocksUnavailable, "{foreign}");
        assert_eq!(locks.snapshot().await.unwrap().len(), 1, "{foreign}");
    }
    redis::cmd("DEL").arg(key(&other)).query_async::<()>(&mut plain).await.unwrap();
    redis::cmd("LPUSH").arg(key(&other)).arg("a list").query_async::<()>(&mut plain).await.unwrap();
    assert!(locks.acquire(&other, &holder(1)).await.is_err());
    assert_eq!(locks.snapshot().await.unwrap().len(), 1);
}

#[tokio::test]
async fn locks_survive_a_kill_of_redis_with_its_aof() {
    let mut redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    locks.acquire(&ttn(), &holder(1)).await.unwrap();
    // What is not yet in the file may go (everysec): here it has reached it.
    redis::cmd("CONFIG")
        .arg("SET")
        .arg("appendfsync")
        .arg("always")
        .query_async::<()>(&mut redis.connection())
        .await
        .unwrap();
    locks.renew(holder(1).session, &[ttn()]).await.unwrap();
    redis.kill_and_restart(true).await;
    let again = tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            if let Ok(answer) = locks.acquire(&ttn(), &holder(2)).await {
                return answer;
            }
        }
    });
    assert!(matches!(again.await.unwrap(), Acquired::Busy(by) if by.session == holder(1).session));
}
