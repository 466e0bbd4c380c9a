//! Hand-over, take-over and loss, on a real store and a real Redis.

use postoffice_domain::{people::Role, refusal::RefusalCode, ttn::Ttn};
use postoffice_protocol::{
    events::ChangeKind,
    locks::{
        AcquireLock, AnswerAsk, AskAnswer, AskForLock, InLine, LockGranted, LockParty, LockPassed, LockPurpose,
        ReleaseLock, RenewLocks, TakeOverLock,
    },
    orders::{ChangeLocation, Fact, PlaceItem, SetPlaces, WithReason},
    problem::{Problem, ProblemCode},
};
use tokio::time::Instant;

use super::{acquire, answer, release, renew, take_over, wait};
use crate::{
    commands::orders::{change_location, delete, set_places},
    context::Context,
    test_office::TestOffice,
};

async fn edit(context: &Context, ttn: Ttn) -> Result<LockGranted, Problem> {
    acquire::handle(context, AcquireLock { ttn, purpose: LockPurpose::EditPlace }).await
}

fn change(office: &TestOffice, ttn: Ttn, fence: u64) -> ChangeLocation {
    ChangeLocation {
        command_id: office.command_id(),
        ttn,
        fence,
        city: "Одеса".to_owned(),
        street: "Відділення 12".to_owned(),
        note: None,
    }
}

async fn passed(office: &TestOffice, ttn: Ttn) -> Vec<(String, LockPassed)> {
    let details = office.services.store.details(&ttn).await.unwrap().unwrap();
    let lines = details.timeline.into_iter().filter_map(|entry| match entry.fact {
        Fact::Lock { event } => Some((entry.by.unwrap().name, event)),
        _ => None,
    });
    lines.collect()
}

fn party(context: &Context) -> LockParty {
    LockParty { name: context.actor.name.clone(), station: context.actor.station.clone() }
}

#[tokio::test]
async fn a_hand_over_stands_on_the_timeline_and_the_one_who_gave_it_cannot_save_once_it_is_opened() {
    let office = TestOffice::open().await;
    let (one, two) = (office.clerk("1"), office.clerk("2"));
    let mut desk = office.desk(&one);
    let ttn = office.register(&one).await.ttn;
    let first = edit(&one, ttn).await.unwrap().lease.fence;
    assert!(matches!(wait::ask(&two, AskForLock { ttn }).await.unwrap(), InLine::Asked { .. }));
    let asked = renew::handle(&one, RenewLocks { ttns: vec![ttn] }).await.unwrap().asked;
    assert_eq!(asked[0].by, party(&two));
    let params = AnswerAsk { ttn, answer: AskAnswer::HandOver, by_silence: false };
    let answered = answer::handle(&one, params.clone()).await.unwrap();
    assert_eq!(answered.holder.unwrap().session, two.session);
    assert_eq!(answer::handle(&one, params).await.unwrap().holder, None, "answered twice, done once");
    let [(by, LockPassed::HandedOver { to, by_silence: false, .. })] = &passed(&office, ttn).await[..] else {
        panic!("one line")
    };
    assert_eq!((by, to), (&one.actor.name, &party(&two)));
    let second = edit(&two, ttn).await.unwrap();
    assert_eq!(second.order.timeline.len(), 2, "registered, handed over");
    change_location::handle(&one, change(&office, ttn, first)).await.unwrap();
    assert_eq!(desk.outcome().await.problem.unwrap().code, ProblemCode::LockLost);
}

#[tokio::test]
async fn a_take_over_is_written_once_with_its_reason_on_the_timeline_and_in_the_audit() {
    let office = TestOffice::open().await;
    let (clerk, supervisor) = (office.clerk("1"), office.session(Role::Supervisor, "9"));
    let mut desk = office.desk(&clerk);
    let ttn = office.register(&clerk).await.ttn;
    let lost = edit(&clerk, ttn).await.unwrap().lease.fence;
    let params = TakeOverLock { command_id: office.command_id(), ttn, reason: " Хвора ".to_owned() };
    let taken = take_over::handle(&supervisor, params.clone()).await.unwrap();
    assert!(taken.lease.fence > lost);
    // After a lost answer.
    let again = take_over::handle(&supervisor, params.clone()).await.unwrap();
    assert!(again.lease.fence > taken.lease.fence);
    let event = LockPassed::TakenOver { from: Some(party(&clerk)), reason: "Хвора".to_owned() };
    assert_eq!(passed(&office, ttn).await, [(supervisor.actor.name.clone(), event)]);
    let audit = office.services.store.audit(10).await.unwrap();
    assert_eq!(
        (audit.len(), audit[0].action.as_str(), audit[0].ttn.clone()),
        (1, "lock_taken_over", Some(ttn.to_string()))
    );
    assert!(audit[0].detail.contains("Хвора") && audit[0].by.contains(&supervisor.actor.name));
    change_location::handle(&clerk, change(&office, ttn, lost)).await.unwrap();
    let problem = desk.outcome().await.problem.unwrap();
    assert_eq!((problem.code, problem.holder.unwrap().session), (ProblemCode::LockLost, supervisor.session));
    // Every desktop hears that the order's history has grown.
    office.publish().await;
    let events = office.services.store.numbered_between(0, 100, 100).await.unwrap();
    assert_eq!(events.last().unwrap().event.kind, ChangeKind::LockPassed);
    let other = TakeOverLock { ttn: office.register(&clerk).await.ttn, ..params };
    assert_eq!(take_over::handle(&supervisor, other).await.unwrap_err().code, ProblemCode::IdReused);
}

#[tokio::test]
async fn nobody_takes_over_without_a_reason_or_what_is_not_there() {
    let office = TestOffice::open().await;
    let supervisor = office.session(Role::Supervisor, "9");
    let ttn = office.register(&supervisor).await.ttn;
    for reason in ["", "  "] {
        let params = TakeOverLock { command_id: office.command_id(), ttn, reason: reason.to_owned() };
        let problem = take_over::handle(&supervisor, params).await.unwrap_err();
        assert_eq!((problem.fields[0].field.as_str(), problem.fields[0].code), ("reason", RefusalCode::Empty));
    }
    let nobodys = Ttn::draw(&crate::system::SystemEntropy);
    let params =
        TakeOverLock { command_id: office.command_id(), ttn: nobodys, reason: "Терміново".to_owned() };
    assert_eq!(take_over::handle(&supervisor, params).await.unwrap_err().code, ProblemCode::NotFound);
    assert_eq!(office.services.locks.holder(&nobodys).await.unwrap(), None);
}

#[tokio::test]
async fn a_redis_without_a_past_gives_an_order_only_to_who_is_at_work_on_it() {
    let office = TestOffice::open().await;
    let (one, two) = (office.clerk("1"), office.clerk("2"));
    let mut desks = [office.desk(&one), office.desk(&two)];
    let (ttn, free) = (office.register(&one).await.ttn, office.register(&one).await.ttn);
    edit(&one, ttn).await.unwrap();
    office.redis::<()>(&["FLUSHALL"]).await;
    // A server that has just started: it remembers nothing and finds no epoch.
    office.services.locks.memory().let_go(&ttn, one.session);
    office.services.locks.look_around("fresh").await.unwrap();
    let problem = edit(&two, ttn).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::LocksUnavailable);
    assert!(problem.retry_after_ms.unwrap() <= 30_000);
    assert_eq!(office.services.locks.holder(&ttn).await.unwrap(), None, "nothing stays locked");
    let params = WithReason { command_id: office.command_id(), ttn, reason: "Помилка".to_owned() };
    delete::handle(&two, params).await.unwrap();
    assert_eq!(desks[1].outcome().await.problem.unwrap().code, ProblemCode::LocksUnavailable);
    edit(&two, free).await.unwrap();
    let fence = edit(&one, ttn).await.unwrap().lease.fence;
    // Saved, nobody is at work on it any more.
    change_location::handle(&one, change(&office, ttn, fence)).await.unwrap();
    assert_eq!(desks[0].outcome().await.problem, None);
    assert!(office.services.locks.memory().is_without_past(Instant::now()));
    edit(&two, ttn).await.unwrap();
    // What has happened since, Redis knows: given back, it is free.
    release::handle(&two, ReleaseLock { ttn }).await.unwrap();
    edit(&one, ttn).await.unwrap();
}

#[tokio::test]
async fn many_places_are_set_each_under_its_own_lock() {
    let office = TestOffice::open().await;
    let (clerk, other) = (office.clerk("1"), office.clerk("2"));
    let mut desk = office.desk(&clerk);
    let mut items = Vec::new();
    for _ in 0..3 {
        items.push(PlaceItem { command_id: office.command_id(), ttn: office.register(&clerk).await.ttn });
    }
    edit(&other, items[1].ttn).await.unwrap();
    let params = |items: Vec<PlaceItem>| SetPlaces {
        items,
        city: "Вінниця".to_owned(),
        street: "Сортувальний центр".to_owned(),
        note: None,
    };
    let accepted = set_places::handle(&clerk, params(items.clone())).await.unwrap();
    assert_eq!(accepted.command_ids, items.iter().map(|item| item.command_id).collect::<Vec<_>>());
    for _ in 0..3 {
        let outcome = desk.outcome().await;
        let locked = outcome.ttn == items[1].ttn;
        assert_eq!(outcome.problem.as_ref().map(|problem| problem.code), locked.then_some(ProblemCode::OrderLocked));
        assert_eq!(outcome.problem.and_then(|problem| problem.holder).is_some(), locked, "with the holder");
        let city = office.services.store.details(&outcome.ttn).await.unwrap().unwrap().order.location.city;
        assert_eq!(city, if locked { "Львів" } else { "Вінниця" });
    }
    for bad in [vec![], vec![items[0]; 51]] {
        let problem = set_places::handle(&clerk, params(bad)).await.unwrap_err();
        assert_eq!(problem.fields[0].field, "items");
    }
}
