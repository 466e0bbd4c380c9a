//! A Redis that lost its data, or came back with it.

use postoffice_protocol::locks::InLine;

use super::*;

#[tokio::test]
async fn a_flushed_redis_gives_nothing_away_that_we_remember_and_the_holder_has_it_again() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    let first = ours(locks.acquire(&ttn(), &holder(1)).await.unwrap());
    redis_cmd(&redis, &["FLUSHALL"]).await;
    // FLUSHALL keeps scripts; a restart does not.
    redis_cmd(&redis, &["SCRIPT", "FLUSH"]).await;
    assert_eq!(locks.acquire(&ttn(), &holder(2)).await.unwrap(), Acquired::Busy(first.clone()));
    let there = locks.holder(&ttn()).await.unwrap().unwrap();
    assert_eq!(there.holder, first, "put back, held all the time");
    assert!(there.expires_in_ms <= 30_000);
    assert_eq!(locks.renew(session(1), &[ttn()]).await.unwrap(), [Renewed::Ours(None)]);
}

#[tokio::test]
async fn a_holder_whose_lock_redis_lost_may_put_it_back_before_anybody_comes() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    let first = ours(locks.acquire(&ttn(), &holder(1)).await.unwrap());
    redis_cmd(&redis, &["FLUSHALL"]).await;
    assert_eq!(locks.renew(session(1), &[ttn()]).await.unwrap(), [Renewed::Vanished(first.clone())]);
    assert_eq!(ours(locks.put_back(&ttn(), &first).await.unwrap()).since, first.since, "it was held all the time");
    assert_eq!(locks.renew(session(1), &[ttn()]).await.unwrap(), [Renewed::Ours(None)]);
}

#[tokio::test]
async fn who_waits_is_not_given_what_redis_has_lost_either() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    let mut news = Subscription::open(&redis.link()).await.unwrap();
    let first = ours(locks.acquire(&ttn(), &holder(1)).await.unwrap());
    redis_cmd(&redis, &["FLUSHALL"]).await;
    let line = locks.wait(&ttn(), &holder(2), false).await.unwrap();
    assert_eq!(line.state, InLine::Waiting { holder: first.clone(), place: 1 });
    // Nor do the news of that grant, on their own, make anybody forget.
    redis_cmd(&redis, &["PUBLISH", "po:locks:news", r#"{"news":{"snapshot":true,"held":[],"freed":[]}}"#]).await;
    let mut owners = Vec::new();
    loop {
        match news.next().await.unwrap() {
            Published::News(heard) if heard.snapshot => break,
            Published::News(heard) => {
                locks.memory().hear(&heard, Instant::now());
                owners.push(locks.memory().holder(&ttn(), Instant::now()).unwrap().session);
            }
            Published::Told { .. } => {}
        }
    }
    assert!(owners.len() > 2 && owners.iter().all(|owner| *owner == session(1)), "{owners:?}");
    assert_eq!(locks.renew(session(1), &[ttn()]).await.unwrap(), [Renewed::Ours(None)]);
}

#[tokio::test]
async fn a_server_that_remembers_nothing_gives_it_to_the_next_one_and_the_first_hears_who() {
    let redis = TestRedis::start().await;
    locks(&redis, 30_000).acquire(&ttn(), &holder(1)).await.unwrap();
    redis_cmd(&redis, &["FLUSHALL"]).await;
    let restarted = locks(&redis, 30_000);
    let second = ours(restarted.acquire(&ttn(), &holder(2)).await.unwrap());
    let renewed = restarted.renew(session(1), &[ttn()]).await.unwrap();
    assert_eq!(renewed, [Renewed::Lost(LostLock { ttn: ttn(), holder: Some(second) })]);
}

#[tokio::test]
async fn news_of_a_release_that_are_on_their_way_are_waited_for() {
    let redis = TestRedis::start().await;
    let (here, there) = (locks(&redis, 30_000), locks(&redis, 30_000));
    let first = ours(there.acquire(&ttn(), &holder(1)).await.unwrap());
    here.memory().hold(&LockView { ttn: ttn(), holder: first, expires_in_ms: 30_000 }, Instant::now());
    there.release(&ttn(), session(1)).await.unwrap();
    let freed = postoffice_protocol::events::LockNews { snapshot: false, held: Vec::new(), freed: vec![ttn()] };
    let second = holder(2);
    let number = ttn();
    let (acquired, ()) = tokio::join!(here.acquire(&number, &second), async {
        // The grant is there before the news are.
        until("the grant", async || here.holder(&ttn()).await.unwrap().is_some()).await;
        here.memory().hear(&freed, Instant::now());
    });
    assert_eq!(ours(acquired.unwrap()).session, session(2));
}

#[tokio::test]
async fn what_was_freed_while_we_did_not_listen_is_forgotten_if_redis_has_its_past() {
    let redis = TestRedis::start().await;
    let (here, there) = (locks(&redis, 30_000), locks(&redis, 30_000));
    here.look_around("first").await.unwrap();
    assert!(here.memory().is_without_past(Instant::now()), "it was empty when we came");
    there.look_around("second").await.unwrap();
    assert!(!there.memory().is_without_past(Instant::now()), "somebody was there before us");
    let first = ours(there.acquire(&ttn(), &holder(1)).await.unwrap());
    here.look_around("third").await.unwrap();
    assert_eq!(here.memory().holder(&ttn(), Instant::now()), Some(first));
    there.release(&ttn(), session(1)).await.unwrap();
    here.look_around("fourth").await.unwrap();
    assert_eq!(here.memory().holder(&ttn(), Instant::now()), None);
    assert!(matches!(here.acquire(&ttn(), &holder(2)).await.unwrap(), Acquired::Ours { fresh: true, .. }));
}

#[tokio::test]
async fn what_a_redis_without_a_past_does_not_know_is_remembered_for_it() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    locks.look_around("first").await.unwrap();
    let first = ours(locks.acquire(&ttn(), &holder(1)).await.unwrap());
    redis_cmd(&redis, &["FLUSHALL"]).await;
    locks.look_around("second").await.unwrap();
    assert!(locks.memory().is_without_past(Instant::now()));
    let may_be = |session| locks.memory().may_be_forgotten_for(&ttn(), session, Instant::now()).is_some();
    assert!(may_be(session(1)), "Redis may have forgotten it");
    assert_eq!(locks.acquire(&ttn(), &holder(2)).await.unwrap(), Acquired::Busy(first.clone()));
    locks.put_back(&ttn(), &first).await.unwrap();
    assert!(!may_be(session(1)), "Redis has it again, and will know of its release");
}

#[tokio::test]
async fn locks_survive_a_kill_of_redis_with_its_aof() {
    let mut redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    locks.acquire(&ttn(), &holder(1)).await.unwrap();
    // What is not yet in the file may go (everysec): here it has reached it.
    redis_cmd(&redis, &["CONFIG", "SET", "appendfsync", "always"]).await;
    locks.renew(session(1), &[ttn()]).await.unwrap();
    redis.kill_and_restart(true).await;
    let again = tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            if let Ok(answer) = locks.acquire(&ttn(), &holder(2)).await {
                return answer;
            }
        }
    });
    assert!(matches!(again.await.unwrap(), Acquired::Busy(by) if by.session == session(1)));
}
