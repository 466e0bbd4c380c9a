//! Taking, renewing, releasing.

use postoffice_protocol::{events::LockNews, locks::InLine};

use super::*;

#[tokio::test]
async fn one_holds_the_other_is_told_who() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    let (one, two) = (holder(1), holder(2));
    let Acquired::Ours { holder: since, fresh: true } = locks.acquire(&ttn(), &one).await.unwrap() else {
        panic!("free")
    };
    assert!(since.since.millis() > 1_600_000_000_000, "Redis' clock in milliseconds: {:?}", since.since);
    assert_eq!(since.name, one.name, "a name is a name, whatever it looks like");
    assert_eq!(locks.acquire(&ttn(), &two).await.unwrap(), Acquired::Busy(since.clone()));
    // Asked again after a lost reply: the same lock.
    assert_eq!(locks.acquire(&ttn(), &one).await.unwrap(), Acquired::Ours { holder: since.clone(), fresh: false });
    assert!(!locks.release(&ttn(), two.session).await.unwrap(), "not yours to free");
    let renewed = locks.renew(two.session, &[ttn()]).await.unwrap();
    assert_eq!(renewed, [Renewed::Lost(LostLock { ttn: ttn(), holder: Some(since) })]);
    assert!(locks.release(&ttn(), one.session).await.unwrap());
    assert!(matches!(locks.acquire(&ttn(), &two).await.unwrap(), Acquired::Ours { fresh: true, .. }));
    assert!(locks.release(&ttn(), two.session).await.unwrap());
    assert_eq!(keys(&redis).await, Vec::<String>::new(), "a free lock costs nothing");
}

#[tokio::test]
async fn a_lease_ends_by_itself_and_is_not_in_the_snapshot_then() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 60);
    locks.acquire(&ttn(), &holder(1)).await.unwrap();
    assert_eq!(seen(&redis).await.len(), 1);
    until("the lease to end", async || locks.holder(&ttn()).await.unwrap().is_none()).await;
    assert_eq!(seen(&redis).await, []);
    let renewed = locks.renew(session(1), &[ttn()]).await.unwrap();
    assert_eq!(renewed, [Renewed::Lost(LostLock { ttn: ttn(), holder: None })]);
}

#[tokio::test]
async fn of_many_at_once_exactly_one_gets_it() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    let tries = (1..=50).map(|session| {
        let locks = locks.clone();
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
    locks.release_all(session(2)).await.unwrap();
    assert_eq!(seen(&redis).await.len(), 1);
    locks.release_all(session(1)).await.unwrap();
    assert_eq!(seen(&redis).await, []);
}

#[tokio::test]
async fn without_redis_the_answer_is_locks_unavailable() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    drop(redis);
    let problem = locks.acquire(&ttn(), &holder(1)).await.unwrap_err().to_problem();
    assert_eq!(problem.code, ProblemCode::LocksUnavailable);
}

#[tokio::test]
async fn renewing_moves_the_end_of_every_lease_at_once() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    let other = numbered("800000000000000");
    for ttn in [ttn(), other] {
        locks.acquire(&ttn, &holder(1)).await.unwrap();
        redis_cmd(&redis, &["PEXPIRE", &key(&ttn), "500"]).await;
    }
    assert_eq!(locks.renew(session(1), &[ttn(), other]).await.unwrap(), [Renewed::Ours(None), Renewed::Ours(None)]);
    for ttn in [ttn(), other] {
        let left = locks.holder(&ttn).await.unwrap().unwrap().expires_in_ms;
        assert!(left > 20_000, "{left} ms left");
    }
}

#[tokio::test]
async fn a_short_command_is_not_shown_and_does_not_free_the_editor_of_its_own_session() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    assert!(matches!(locks.acquire(&ttn(), &command(1)).await.unwrap(), Acquired::Ours { fresh: true, .. }));
    assert_eq!(seen(&redis).await, []);
    assert!(matches!(locks.acquire(&ttn(), &holder(2)).await.unwrap(), Acquired::Busy(_)));
    // The editor opens while the command runs: the lock is the editor's from now on.
    let editor = ours(locks.acquire(&ttn(), &holder(1)).await.unwrap());
    assert_eq!(editor.purpose, LockPurpose::EditPlace);
    assert!(!locks.release_command(&ttn(), session(1)).await.unwrap());
    assert_eq!(seen(&redis).await.len(), 1);
    // The other way round: a command under the session's own editor.
    let within = locks.acquire(&ttn(), &command(1)).await.unwrap();
    assert_eq!(within, Acquired::Ours { holder: editor, fresh: false });
}

#[tokio::test]
async fn every_change_is_told() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    let mut subscription = redis.link().subscribe("po:locks:news").await.unwrap();
    locks.acquire(&ttn(), &holder(1)).await.unwrap();
    locks.acquire(&ttn(), &holder(2)).await.unwrap();
    locks.renew(session(1), &[ttn()]).await.unwrap();
    locks.release(&ttn(), session(2)).await.unwrap();
    locks.release(&ttn(), session(1)).await.unwrap();
    locks.acquire(&ttn(), &command(1)).await.unwrap();
    locks.release_command(&ttn(), session(1)).await.unwrap();
    redis_cmd(&redis, &["PUBLISH", "po:locks:news", "end"]).await;
    let mut told: Vec<LockNews> = Vec::new();
    while let Ok(Published::News(news)) = serde_json::from_slice(subscription.next().await.unwrap().get_payload_bytes())
    {
        told.push(news);
    }
    let changes: Vec<(usize, &[Ttn])> = told.iter().map(|news| (news.held.len(), news.freed.as_slice())).collect();
    assert_eq!(changes, [(1, &[][..]), (1, &[][..]), (0, &[ttn()][..])], "taken, renewed, freed; nothing else");
    assert_eq!((told[0].held[0].holder.session, told[0].held[0].expires_in_ms), (session(1), 30_000));
}

#[tokio::test]
async fn a_key_that_is_no_lock_is_refused_and_hides_nothing() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    locks.acquire(&ttn(), &holder(1)).await.unwrap();
    let other = numbered("800000000000000");
    let alike = format!("{} edit_place {{}}", session(1));
    for foreign in ["garbage", "17", r#"{"session":7}"#, &alike] {
        redis_cmd(&redis, &["SET", &key(&other), foreign]).await;
        let problem = locks.acquire(&other, &holder(2)).await.unwrap_err().to_problem();
        assert_eq!(problem.code, ProblemCode::LocksUnavailable, "{foreign}");
        assert_eq!(seen(&redis).await.len(), 1, "{foreign}");
    }
    redis_cmd(&redis, &["DEL", &key(&other)]).await;
    redis_cmd(&redis, &["LPUSH", &key(&other), "a list"]).await;
    assert!(locks.acquire(&other, &holder(1)).await.is_err());
    assert_eq!(seen(&redis).await.len(), 1);
}

#[tokio::test]
async fn a_lock_that_a_clock_set_back_has_made_longer_ends_after_a_lease() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 5_000);
    let longest = i64::try_from(locks.longest_ms()).unwrap();
    let held = ours(locks.acquire(&ttn(), &holder(1)).await.unwrap());
    let left = async || redis::cmd("PTTL").arg(key(&ttn())).query_async::<i64>(&mut redis.connection()).await.unwrap();
    for waits in [false, true] {
        // What an hour back does to a key.
        redis_cmd(&redis, &["PEXPIRE", &key(&ttn()), "3600000"]).await;
        if waits {
            let line = locks.wait(&ttn(), &holder(2), false).await.unwrap().state;
            assert!(matches!(line, InLine::Waiting { .. }), "{line:?}");
        } else {
            assert_eq!(locks.acquire(&ttn(), &holder(2)).await.unwrap(), Acquired::Busy(held.clone()));
        }
        assert!(left().await <= longest, "whoever is dead does not have it for an hour");
    }
    locks.renew(session(1), &[ttn()]).await.unwrap();
    let before = left().await;
    assert!(before > 0 && before <= 5_000);
    locks.acquire(&ttn(), &holder(2)).await.unwrap();
    assert!(left().await <= before, "a lease as it should be is not made longer");
}
