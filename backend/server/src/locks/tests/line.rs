//! Waiting, asking, answering, taking over.

use postoffice_protocol::locks::{AskAnswer, InLine, LockLoss, LockTold};

use super::*;

/// What one session was told, in order, up to now.
struct Heard(Subscription, TestEnd);

/// A word that ends what was published so far.
type TestEnd = postoffice_runtime::redis_link::RedisConnection;

impl Heard {
    async fn listen(redis: &TestRedis) -> Self {
        Self(Subscription::open(&redis.link()).await.unwrap(), redis.connection())
    }

    async fn told(&mut self) -> Vec<(SessionId, LockTold)> {
        let end = r#"{"news":{"snapshot":true,"held":[],"freed":[]}}"#;
        redis::cmd("PUBLISH").arg("po:locks:news").arg(end).query_async::<()>(&mut self.1).await.unwrap();
        let mut told = Vec::new();
        loop {
            match self.0.next().await.unwrap() {
                Published::News(news) if news.snapshot => return told,
                Published::News(_) => {}
                Published::Told { session, told: what } => told.push((session, what)),
            }
        }
    }
}

async fn waits(locks: &Locks, number: u128) -> InLine {
    locks.wait(&ttn(), &holder(number), false).await.unwrap().state
}

async fn asks(locks: &Locks, number: u128) -> InLine {
    locks.wait(&ttn(), &holder(number), true).await.unwrap().state
}

fn place(line: &InLine) -> u32 {
    match line {
        InLine::Granted { .. } => 0,
        InLine::Waiting { place, .. }
        | InLine::Asked { place, .. }
        | InLine::Kept { place, .. }
        | InLine::AskedByOther { place, .. } => *place,
    }
}

#[tokio::test]
async fn first_come_first_served_and_nobody_slips_in() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    let mut heard = Heard::listen(&redis).await;
    locks.acquire(&ttn(), &holder(1)).await.unwrap();
    for number in [2, 3, 4] {
        waits(&locks, number).await;
    }
    // Asked again, the place stays.
    let places = [waits(&locks, 2).await, waits(&locks, 4).await, waits(&locks, 3).await].map(|line| place(&line));
    assert_eq!(places, [1, 3, 2]);
    let mut order = Vec::new();
    for number in [1, 2, 3, 4] {
        assert!(locks.release(&ttn(), session(number)).await.unwrap(), "{number} has it");
        // Whoever comes now is too late: it was passed on in the same step.
        if number < 4 {
            assert!(matches!(locks.acquire(&ttn(), &holder(9)).await.unwrap(), Acquired::Busy(_)));
        }
        order.extend(heard.told().await);
    }
    let granted: Vec<SessionId> = order.iter().map(|(session, _)| *session).collect();
    assert_eq!(granted, [session(2), session(3), session(4)]);
    assert!(order.iter().all(|(_, told)| *told == LockTold::Granted { ttn: ttn() }));
    assert_eq!(keys(&redis).await, Vec::<String>::new(), "nothing is left of the line");
}

#[tokio::test]
async fn a_grant_is_confirmed_kept_and_opened() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    locks.acquire(&ttn(), &holder(1)).await.unwrap();
    waits(&locks, 2).await;
    locks.release(&ttn(), session(1)).await.unwrap();
    let unconfirmed = locks.holder(&ttn()).await.unwrap().unwrap();
    assert_eq!((unconfirmed.holder.session, unconfirmed.holder.purpose), (session(2), LockPurpose::Reserved));
    assert!(unconfirmed.expires_in_ms <= 3_000, "for a moment only: {} ms", unconfirmed.expires_in_ms);
    assert_eq!(waits(&locks, 2).await, InLine::Granted { open_within_ms: 20_000 });
    // Asked again it is not kept for longer.
    redis_cmd(&redis, &["PEXPIRE", &key(&ttn()), "900"]).await;
    assert!(matches!(waits(&locks, 2).await, InLine::Granted { open_within_ms } if open_within_ms <= 900));
    assert_eq!(locks.renew(session(2), &[ttn()]).await.unwrap(), [Renewed::Ours(None)]);
    assert!(locks.holder(&ttn()).await.unwrap().unwrap().expires_in_ms <= 900);
    let Acquired::Ours { holder: opened, fresh: true } = locks.acquire(&ttn(), &holder(2)).await.unwrap() else {
        panic!("kept for us")
    };
    assert_eq!(opened.purpose, LockPurpose::EditPlace);
    assert!(locks.holder(&ttn()).await.unwrap().unwrap().expires_in_ms > 20_000);
}

#[tokio::test]
async fn who_is_dead_or_has_left_is_passed_over() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    locks.acquire(&ttn(), &holder(1)).await.unwrap();
    for number in [2, 3, 4, 5] {
        waits(&locks, number).await;
    }
    // The second one said nothing for too long.
    let waiting = format!("{}:waiting", key(&ttn()));
    let entry = format!("1 {}", unstamped(&holder(2)).unwrap());
    redis_cmd(&redis, &["HSET", &waiting, &session(2).to_string(), &entry]).await;
    locks.leave(&ttn(), session(3)).await.unwrap();
    locks.release(&ttn(), session(1)).await.unwrap();
    assert_eq!(locks.holder(&ttn()).await.unwrap().unwrap().holder.session, session(4));
    // The fourth one does not want it any more after all.
    locks.leave(&ttn(), session(4)).await.unwrap();
    assert_eq!(locks.holder(&ttn()).await.unwrap().unwrap().holder.session, session(5));
    locks.leave(&ttn(), session(5)).await.unwrap();
    assert_eq!(keys(&redis).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_lease_that_ran_out_is_passed_on_by_whoever_asks_next() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    for asked_next in [2, 3, 9] {
        locks.acquire(&ttn(), &holder(1)).await.unwrap();
        waits(&locks, 2).await;
        waits(&locks, 3).await;
        // The news of the end of a lease is nobody's to tell.
        redis_cmd(&redis, &["DEL", &key(&ttn())]).await;
        locks.memory().let_go(&ttn(), session(1));
        match asked_next {
            2 => assert!(matches!(waits(&locks, 2).await, InLine::Granted { .. })),
            3 => assert_eq!(place(&waits(&locks, 3).await), 1),
            _ => assert!(matches!(locks.acquire(&ttn(), &holder(9)).await.unwrap(), Acquired::Busy(_))),
        }
        assert_eq!(locks.holder(&ttn()).await.unwrap().unwrap().holder.session, session(2), "{asked_next}");
        locks.leave(&ttn(), session(3)).await.unwrap();
        locks.leave(&ttn(), session(2)).await.unwrap();
        locks.memory().let_go(&ttn(), session(2));
    }
}

#[tokio::test]
async fn a_holder_who_is_asked_hands_over_to_who_asked() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    let mut heard = Heard::listen(&redis).await;
    locks.acquire(&ttn(), &holder(1)).await.unwrap();
    waits(&locks, 2).await;
    let InLine::Asked { place: 2, answer_within_ms: 20_000, .. } = asks(&locks, 3).await else { panic!("asked") };
    let told = heard.told().await;
    let [(asked, LockTold::Asked { ask })] = &told[..] else { panic!("{told:?}") };
    assert_eq!((*asked, &ask.by), (session(1), &LockParty::from(&holder(3))));
    // Asked again it is the same question, and the heartbeat carries it.
    assert!(matches!(asks(&locks, 3).await, InLine::Asked { .. }));
    assert_eq!(heard.told().await, []);
    let renewed = locks.renew(session(1), &[ttn()]).await.unwrap();
    assert!(matches!(&renewed[..], [Renewed::Ours(Some(ask))] if ask.by == LockParty::from(&holder(3))));
    // One asks at a time.
    assert!(matches!(asks(&locks, 4).await, InLine::AskedByOther { by, .. } if by == LockParty::from(&holder(3))));
    assert_eq!(locks.answer(&ttn(), session(2), AskAnswer::HandOver).await.unwrap(), Answered::Over, "not theirs");
    let answered = locks.answer(&ttn(), session(1), AskAnswer::HandOver).await.unwrap();
    assert!(
        matches!(answered, Answered::HandedOver { to, asked_at } if to.session == session(3) && asked_at < to.since.plus_millis(1))
    );
    assert_eq!(heard.told().await, [(session(3), LockTold::Granted { ttn: ttn() })]);
    assert_eq!(place(&waits(&locks, 2).await), 1, "who waited goes on waiting, as the first");
    assert_eq!(locks.answer(&ttn(), session(1), AskAnswer::HandOver).await.unwrap(), Answered::Over);
}

#[tokio::test]
async fn a_holder_who_keeps_it_is_not_asked_again_for_a_while() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    let mut heard = Heard::listen(&redis).await;
    locks.acquire(&ttn(), &holder(1)).await.unwrap();
    asks(&locks, 2).await;
    assert_eq!(locks.answer(&ttn(), session(1), AskAnswer::Keep).await.unwrap(), Answered::Kept);
    assert!(
        matches!(&heard.told().await[..], [_, (to, LockTold::Kept { ask_again_in_ms: 120_000, .. })] if *to == session(2))
    );
    for number in [2, 3] {
        assert!(
            matches!(asks(&locks, number).await, InLine::Kept { ask_again_in_ms, .. } if ask_again_in_ms > 100_000)
        );
    }
    assert_eq!(heard.told().await, []);
    assert_eq!(locks.renew(session(1), &[ttn()]).await.unwrap(), [Renewed::Ours(None)]);
    // Two minutes later.
    redis_cmd(&redis, &["DEL", &format!("{}:ask", key(&ttn()))]).await;
    assert!(matches!(asks(&locks, 2).await, InLine::Asked { .. }));
}

#[tokio::test]
async fn a_holder_whose_desktop_is_silent_too_is_overruled() {
    let redis = TestRedis::start().await;
    let quick = LockSettings { ask_ms: 20, overrule_ms: 20, ..settings(30_000) };
    let locks = Locks::new(redis.connection(), &quick);
    let mut heard = Heard::listen(&redis).await;
    let first = ours(locks.acquire(&ttn(), &holder(1)).await.unwrap());
    let mut overruled = None;
    until("the silence to be long enough", async || {
        let line = locks.wait(&ttn(), &holder(2), true).await.unwrap();
        overruled = line.overruled;
        matches!(line.state, InLine::Granted { .. })
    })
    .await;
    assert_eq!(overruled.unwrap().former, first);
    let told = heard.told().await;
    assert!(
        matches!(&told[..], [_, (to, LockTold::Lost { holder, how: LockLoss::HandedOver, .. })]
            if *to == session(1) && holder.session == session(2)),
        "{told:?}"
    );
}

#[tokio::test]
async fn who_leaves_after_asking_withdraws_the_question() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    let mut heard = Heard::listen(&redis).await;
    locks.acquire(&ttn(), &holder(1)).await.unwrap();
    asks(&locks, 2).await;
    locks.leave(&ttn(), session(2)).await.unwrap();
    assert!(matches!(&heard.told().await[..], [_, (to, LockTold::AskEnded { .. })] if *to == session(1)));
    assert_eq!(locks.answer(&ttn(), session(1), AskAnswer::HandOver).await.unwrap(), Answered::Over);
    assert_eq!(locks.holder(&ttn()).await.unwrap().unwrap().holder.session, session(1));
}

#[tokio::test]
async fn a_supervisor_takes_it_past_the_line_and_the_loser_hears_why() {
    let redis = TestRedis::start().await;
    let locks = locks(&redis, 30_000);
    let mut heard = Heard::listen(&redis).await;
    let first = ours(locks.acquire(&ttn(), &holder(1)).await.unwrap());
    waits(&locks, 2).await;
    let (mine, former) = locks.take_over(&ttn(), &holder(3), "Хвора, \"пішла\"\n").await.unwrap();
    assert_eq!((mine.session, former), (session(3), Some(first)));
    let told = heard.told().await;
    let [(to, LockTold::Lost { holder: by, how: LockLoss::TakenOver { reason }, .. })] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!((*to, by.session, reason.as_str()), (session(1), session(3), "Хвора, \"пішла\"\n"));
    // After a lost answer: the same lock, and nobody is told twice.
    let (again, former) = locks.take_over(&ttn(), &holder(3), "Хвора").await.unwrap();
    assert_eq!((again, former), (mine, None));
    assert_eq!(heard.told().await, []);
    locks.release(&ttn(), session(3)).await.unwrap();
    assert_eq!(locks.holder(&ttn()).await.unwrap().unwrap().holder.session, session(2), "the line went on");
}
