//! Messages that did not arrive, dealt with by clerks: each once, each on the timeline, each seen by everybody.

use postoffice_domain::{
    message::MessageAction,
    people::{BranchId, Role},
    refusal::RefusalCode,
    ttn::Ttn,
};
use postoffice_protocol::{
    events::{Change, ChangeKind, ServerNotice},
    messages::{
        CorrectNumber, CountMessages, GetMessage, ListMessages, MessageAct, MessageReason, MessageState, MessageTab,
        OnMessage,
    },
    orders::{Fact, OrderTab, WithReason},
    problem::ProblemCode,
    stream::{Notify, OutcomeEntry},
};
use uuid::Uuid;

use super::{correct_number, counts, get, list, mark_told, resend};
use crate::{
    commands::orders::delete,
    context::Context,
    fan_out,
    test_office::{Desk, TestOffice, told},
};

/// A message that came to a state, published.
async fn message(office: &TestOffice, clerk: &Context, state: MessageState) -> (Ttn, Uuid) {
    let ttn = office.register(clerk).await.ttn;
    office.publish().await;
    let outcome = told(office, &ttn, state, 1).await;
    let event_id = outcome.event_id;
    office.services.store.record_outcomes(vec![outcome]).await.unwrap();
    office.publish().await;
    (ttn, event_id)
}

fn on(office: &TestOffice, event_id: Uuid) -> OnMessage {
    OnMessage { command_id: office.command_id(), event_id }
}

/// What the outbox tells the senders about an order, oldest first.
async fn notified(office: &TestOffice, ttn: Ttn) -> Vec<(Uuid, Notify)> {
    office.publish().await;
    let events = office.services.store.numbered_between(0, u64::MAX, 1_000).await.unwrap();
    let of_order = events.into_iter().filter(|numbered| numbered.event.ttn == ttn);
    of_order.filter_map(|numbered| Some((numbered.event.event_id, numbered.event.notify?))).collect()
}

async fn acts(office: &TestOffice, ttn: Ttn) -> Vec<MessageAct> {
    let timeline = office.services.store.details(&ttn).await.unwrap().unwrap().timeline;
    let acts = timeline.into_iter().rev().filter_map(|line| match line.fact {
        Fact::Message { act, .. } => Some(act),
        _ => None,
    });
    acts.collect()
}

async fn change(desk: &mut Desk, event_id: Uuid) -> Change {
    loop {
        if let ServerNotice::Changes(batch) = desk.notice().await
            && let Some(change) = batch.changes.into_iter().find(|change| change.event_id == event_id)
        {
            return change;
        }
    }
}

#[tokio::test]
async fn asked_twice_it_is_sent_once_more_and_once_only() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    let mut desk = office.desk(&clerk);
    let (ttn, first) = message(&office, &clerk, MessageState::Unknown).await;
    office.run(fan_out::run(std::sync::Arc::clone(&office.services)));
    let params = on(&office, first);
    let done = resend::handle(&clerk, params).await.unwrap();
    assert_eq!(resend::handle(&clerk, params).await.unwrap(), done);
    let second = done.row.message.event_id;
    assert_eq!((done.row.message.state, done.row.message.replaces), (MessageState::Queued, Some(first)));
    let sent = notified(&office, ttn).await;
    assert_eq!(sent.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [first, second], "a new reference for the gateway");
    assert_eq!(sent[0].1.text, sent[1].1.text);
    assert_eq!(acts(&office, ttn).await, [MessageAct::Resent { new_event_id: second }]);
    // Everybody sees the new one and that the old one is no problem any more.
    let change = change(&mut desk, second).await;
    assert_eq!((change.kind, change.by.unwrap().station.as_str()), (ChangeKind::Sms, "1"));
    assert_eq!((change.sms_before, change.sms_after), (Some(MessageState::Unknown), Some(MessageState::Queued)));
    let rows: Vec<_> = change.messages.iter().map(|row| (row.message.event_id, row.message.replaced_by)).collect();
    assert_eq!(rows, [(second, None), (first, Some(second))]);
    // The id for something else, and the old message once more.
    let reused = mark_told::handle(&clerk, params).await.unwrap_err();
    assert_eq!(reused.code, ProblemCode::IdReused);
    let again = resend::handle(&clerk, on(&office, first)).await.unwrap_err();
    assert_eq!((again.code, again.refusal), (ProblemCode::Refused, Some(RefusalCode::MessageReplaced)));
    // A late report about the old one is heard; the new one goes its own way.
    let late = OutcomeEntry { event_id: first, ..told(&office, &ttn, MessageState::Delivered, 1).await };
    office.services.store.record_outcomes(vec![late]).await.unwrap();
    let messages = office.services.store.details(&ttn).await.unwrap().unwrap().messages;
    assert_eq!(messages.iter().map(|m| m.state).collect::<Vec<_>>(), [MessageState::Queued, MessageState::Delivered]);
    office.stop().await;
}

#[tokio::test]
async fn another_number_is_the_recipients_from_now_on() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    let (ttn, first) = message(&office, &clerk, MessageState::Failed).await;
    let to = |phone: &str| CorrectNumber { command_id: office.command_id(), event_id: first, phone: phone.to_owned() };
    for (phone, field) in [("044 123 45 67", "phone"), ("", "phone")] {
        let problem = correct_number::handle(&clerk, to(phone)).await.unwrap_err();
        assert_eq!((problem.code, problem.fields[0].field.as_str()), (ProblemCode::InvalidFields, field));
    }
    let same = correct_number::handle(&clerk, to("050 765 43 21")).await.unwrap_err();
    assert_eq!(same.refusal, Some(RefusalCode::SamePhone));
    let params = to("067 765 43 22");
    let done = correct_number::handle(&clerk, params.clone()).await.unwrap();
    assert_eq!(correct_number::handle(&clerk, params).await.unwrap(), done);
    let stored = office.services.store.details(&ttn).await.unwrap().unwrap();
    assert_eq!(stored.order.recipient.phone.as_e164(), "+380677654322");
    let phones: Vec<String> =
        notified(&office, ttn).await.iter().map(|(_, notify)| notify.phone.as_e164().to_owned()).collect();
    assert_eq!(phones, ["+380507654321", "+380677654322"]);
    let new_event_id = done.row.message.event_id;
    let act = MessageAct::NumberCorrected { new_event_id, from_last4: "4321".to_owned(), to_last4: "4322".to_owned() };
    assert_eq!(acts(&office, ttn).await, [act]);
    // Found by the new number, and the message by the one it went to.
    for (search, expected) in [("0677654322", 2), ("050 765", 1), ("0671112233", 0)] {
        let asked = ListMessages { search: Some(search.to_owned()), ..page(MessageTab::All) };
        assert_eq!(list::handle(&clerk, asked).await.unwrap().rows.len(), expected, "{search}");
    }
}

#[tokio::test]
async fn a_customer_who_was_told_is_no_problem_any_more() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    let (ttn, event_id) = message(&office, &clerk, MessageState::Failed).await;
    let problems = async || {
        let counts = counts::handle(&clerk, CountMessages::default()).await.unwrap().counts;
        let orders = office.services.store.list(&orders_with_problems(), &clerk.branch.id).await.unwrap();
        (counts.failed, counts.problems, orders.rows.len())
    };
    assert_eq!(problems().await, (1, 1, 1));
    let params = on(&office, event_id);
    let done = mark_told::handle(&clerk, params).await.unwrap();
    assert_eq!(mark_told::handle(&clerk, params).await.unwrap(), done);
    assert_eq!(done.row.message.told_by.as_ref().map(|by| by.station.as_str()), Some("1"));
    assert_eq!(problems().await, (1, 0, 0));
    assert_eq!(acts(&office, ttn).await, [MessageAct::Told {}]);
    assert_eq!(notified(&office, ttn).await.len(), 1, "nothing is sent");
    let refused = resend::handle(&clerk, on(&office, event_id)).await.unwrap_err();
    assert_eq!(refused.refusal, Some(RefusalCode::MessageTold));
}

fn orders_with_problems() -> postoffice_protocol::orders::ListOrders {
    use postoffice_protocol::orders::{Direction, ListOrders, OrderScope, SortKey};
    ListOrders {
        tab: OrderTab::Problem,
        scope: OrderScope::MyBranch,
        sort: SortKey::Ttn,
        direction: Direction::Ascending,
        search: None,
        before: None,
        after: None,
        limit: 10,
    }
}

#[tokio::test]
async fn what_may_not_be_done_is_refused_with_the_reason() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    for state in [MessageState::Queued, MessageState::Accepted, MessageState::Delivered] {
        let ttn = office.register(&clerk).await.ttn;
        office.publish().await;
        let outcome = told(&office, &ttn, state, 1).await;
        let event_id = outcome.event_id;
        office.services.store.record_outcomes(vec![outcome]).await.unwrap();
        let params = on(&office, event_id);
        let refused = resend::handle(&clerk, params).await.unwrap_err();
        assert_eq!(refused.refusal, Some(RefusalCode::MessageNotAProblem));
        assert_eq!(refused.detail.as_ref().and_then(|detail| detail.message), Some(state));
        // A refusal is an answer too: the same one to the same id.
        assert_eq!(resend::handle(&clerk, params).await.unwrap_err(), refused);
        let offered = get::handle(&clerk, GetMessage { event_id }).await.unwrap().actions;
        assert!(offered.iter().all(|offer| offer.refusal == Some(RefusalCode::MessageNotAProblem)));
    }
    let nothing = resend::handle(&clerk, on(&office, Uuid::from_u128(9))).await.unwrap_err();
    assert_eq!(nothing.code, ProblemCode::NotFound);
    assert_eq!(
        get::handle(&clerk, GetMessage { event_id: Uuid::from_u128(9) }).await.unwrap_err().code,
        ProblemCode::NotFound
    );
    let (ttn, event_id) = message(&office, &clerk, MessageState::Failed).await;
    let mut elsewhere = office.clerk("7");
    elsewhere.actor.branch = BranchId("odesa-1".to_owned());
    elsewhere.branch.id = elsewhere.actor.branch.clone();
    "Одеса".clone_into(&mut elsewhere.branch.location.city);
    let refused = resend::handle(&elsewhere, on(&office, event_id)).await.unwrap_err();
    assert_eq!(refused.refusal, Some(RefusalCode::NotYourBranch));
    elsewhere.actor.role = Role::Dispatcher;
    let allowed = get::handle(&elsewhere, GetMessage { event_id }).await.unwrap().actions;
    assert!(allowed.iter().all(|offer| offer.allowed));
    let reason = WithReason { command_id: office.command_id(), ttn, reason: "помилка".to_owned() };
    let mut desk = office.desk(&clerk);
    delete::handle(&clerk, reason).await.unwrap();
    assert_eq!(desk.outcome().await.problem, None);
    let offered = get::handle(&clerk, GetMessage { event_id }).await.unwrap().actions;
    let allowed: Vec<_> = offered.iter().filter(|offer| offer.allowed).map(|offer| offer.action).collect();
    assert_eq!(allowed, [MessageAction::MarkTold], "a deleted parcel is not announced any more");
}

#[tokio::test]
async fn every_attempt_is_kept_and_told_live() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    let mut desk = office.desk(&clerk);
    let ttn = office.register(&clerk).await.ttn;
    office.publish().await;
    office.run(fan_out::run(std::sync::Arc::clone(&office.services)));
    let again_at = office.services.now().plus_millis(60_000);
    let tried = async |attempts, next| OutcomeEntry {
        reason: Some(MessageReason::GatewayUnavailable),
        next_attempt_at: next,
        ..told(&office, &ttn, MessageState::Queued, attempts).await
    };
    let store = &office.services.store;
    let (first, second) = (tried(1, Some(again_at)).await, tried(2, Some(again_at.plus_millis(60_000))).await);
    let event_id = first.event_id;
    let recorded = store.record_outcomes(vec![first.clone(), first.clone(), second.clone()]).await.unwrap();
    assert_eq!((recorded.moved, recorded.waiting, recorded.repeated), (0, 2, 1));
    assert_eq!(store.outbox_unconfirmed().await.unwrap(), 1, "should Redis lose it, it must be published again");
    // Late and doubled: nothing goes back.
    assert_eq!(store.record_outcomes(vec![first]).await.unwrap().repeated, 1);
    let failed =
        OutcomeEntry { reason: Some(MessageReason::Expired), ..told(&office, &ttn, MessageState::Failed, 3).await };
    store.record_outcomes(vec![failed, second]).await.unwrap();
    let details = get::handle(&clerk, GetMessage { event_id }).await.unwrap();
    let attempts: Vec<_> = details.attempts.iter().map(|a| (a.attempt, a.state, a.next_attempt_at.is_some())).collect();
    let queued = MessageState::Queued;
    assert_eq!(attempts, [(3, MessageState::Failed, false), (2, queued, true), (1, queued, true)]);
    let message = &details.row.message;
    assert_eq!((message.attempts, message.reason, message.next_attempt_at), (3, Some(MessageReason::Expired), None));
    assert_eq!(details.size.unwrap().segments, 1);
    let facts = store.details(&ttn).await.unwrap().unwrap().timeline.len();
    assert_eq!(facts, 2, "registered and failed: attempts are not the timeline's");
    office.publish().await;
    let mut heard = Vec::new();
    while heard.last() != Some(&(MessageState::Failed, 3)) {
        if let ServerNotice::Changes(batch) = desk.notice().await {
            let rows = batch.changes.iter().flat_map(|change| &change.messages);
            heard.extend(rows.map(|row| (row.message.state, row.message.attempts)));
        }
    }
    office.stop().await;
}

fn page(tab: MessageTab) -> ListMessages {
    ListMessages { tab, since: None, search: None, after: None, limit: 50 }
}

#[tokio::test]
async fn problems_come_first_and_yesterday_is_left_out_unless_it_waits() {
    let office = TestOffice::open().await;
    let clerk = office.clerk("1");
    let of = async |state| message(&office, &clerk, state).await.1;
    let (old_unknown, old_delivered) = (of(MessageState::Unknown).await, of(MessageState::Delivered).await);
    let old_waiting = of(MessageState::Queued).await;
    let told_yesterday = of(MessageState::Failed).await;
    mark_told::handle(&clerk, on(&office, told_yesterday)).await.unwrap();
    office.clock.advance(24 * 3_600_000);
    let today = office.services.now();
    let (waiting, failed) = (of(MessageState::Queued).await, of(MessageState::Failed).await);
    let (accepted, delivered) = (of(MessageState::Accepted).await, of(MessageState::Delivered).await);
    let newest = of(MessageState::Delivered).await;
    let told = of(MessageState::Failed).await;
    mark_told::handle(&clerk, on(&office, told)).await.unwrap();
    let listed = async |tab| {
        let asked = ListMessages { since: Some(today), ..page(tab) };
        let page = list::handle(&clerk, asked).await.unwrap();
        (page.rows.iter().map(|row| row.message.event_id).collect::<Vec<_>>(), page.counts.unwrap())
    };
    let (all, counted) = listed(MessageTab::All).await;
    assert_eq!(all, [old_unknown, failed, old_waiting, waiting, accepted, newest, delivered, told]);
    assert_eq!((counted.all, counted.waiting, counted.accepted, counted.delivered), (8, 2, 1, 2));
    assert_eq!((counted.failed, counted.unknown, counted.problems), (2, 1, 2));
    for (tab, expected) in [
        (MessageTab::Problems, vec![old_unknown, failed]),
        (MessageTab::Waiting, vec![old_waiting, waiting]),
        (MessageTab::Accepted, vec![accepted]),
        (MessageTab::Delivered, vec![newest, delivered]),
        (MessageTab::Failed, vec![failed, told]),
        (MessageTab::Unknown, vec![old_unknown]),
    ] {
        assert_eq!(listed(tab).await.0, expected, "{tab:?}");
    }
    let everything = list::handle(&clerk, page(MessageTab::All)).await.unwrap();
    assert_eq!(everything.rows.len(), 10);
    assert!(everything.rows.iter().any(|row| row.message.event_id == old_delivered));
    let counted = counts::handle(&clerk, CountMessages { since: Some(today) }).await.unwrap().counts;
    assert!(counted.oldest_waiting_at.is_some_and(|at| at < today));
    for limit in [0, 201] {
        let problem = list::handle(&clerk, ListMessages { limit, ..page(MessageTab::All) }).await.unwrap_err();
        assert_eq!(problem.fields[0].field, "limit");
    }
}
