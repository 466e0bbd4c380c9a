//! Properties of the status machine: whatever employees try, in whatever order, no order comes into a state that the product does not
//! know; what is shown as allowed is exactly what is accepted; and the history alone gives the same order again.

use std::collections::HashSet;

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use uuid::Uuid;

use super::*;
use crate::{
    cargo::{CargoItemDraft, Quantity},
    clock::Timestamp,
    language::Language,
    location::Location,
    party::PartyDraft,
    people::{Actor, Branch, BranchId, EmployeeId, Role},
    refusal::{Refusal, RefusalCode},
    tariff::Tariff,
    ttn::Ttn,
};

/// What somebody tries: which command, where to, who, with a reason or not, and how many milliseconds after the step before.
type Try = (usize, usize, usize, bool, i64);

fn place(number: usize) -> Location {
    let (city, street) = [
        ("Львів", "Відділення 3"),
        ("Вінниця", "Сортувальний центр"),
        ("Одеса", "Відділення 12"),
        ("Київ", "Відділення 41"),
    ][number % 4];
    Location::read("", city, street).unwrap()
}

fn actor(number: usize) -> Actor {
    let (role, branch) = [
        (Role::Clerk, "lviv-3"),
        (Role::Clerk, "kyiv-41"),
        (Role::Dispatcher, "kyiv-41"),
        (Role::Supervisor, "kyiv-41"),
        (Role::Admin, "lviv-3"),
    ][number % 5];
    Actor {
        employee: EmployeeId(Uuid::from_u128(number as u128)),
        name: format!("Оператор {number}"),
        role,
        branch: BranchId(branch.to_owned()),
        station: "2".to_owned(),
    }
}

/// A fresh order from Lviv 3 to Odesa, Branch 12.
fn fresh() -> Order {
    let party = |phone: &str, city: &str, street: &str| PartyDraft {
        phone: phone.to_owned(),
        name: "Оксана Коваль".to_owned(),
        city: city.to_owned(),
        street: street.to_owned(),
    };
    let draft = OrderDraft {
        sender: party("0670001241", "Львів", "вул. Городоцька, 120"),
        recipient: party("0930005508", "Одеса", "Відділення 12"),
        description: "Кераміка".to_owned(),
        payer: Payer::Sender,
        language: Language::Uk,
        cargo: vec![CargoItemDraft {
            length_mm: Quantity::Whole(300),
            width_mm: Quantity::Whole(200),
            height_mm: Quantity::Whole(150),
            weight_g: Quantity::Whole(1_850),
            declared_minor: Quantity::Whole(100_000),
        }],
    };
    let branch = Branch { id: BranchId("lviv-3".to_owned()), name: "Львів 3".to_owned(), location: place(0) };
    let ttn = Ttn::parse("8123475609142831").unwrap();
    register(draft.validate().unwrap(), ttn, &branch, &Tariff::current(), &actor(0), Timestamp::from_millis(0)).0
}

fn command(kind: usize, to: usize, with_reason: bool) -> OrderCommand {
    let reason = if with_reason { "клієнт передумав" } else { "" };
    match kind % 5 {
        0 => OrderCommand::change_location(place(to), None).unwrap(),
        1 => OrderCommand::cancel(reason).unwrap(),
        2 => OrderCommand::Complete,
        3 => OrderCommand::delete(reason).unwrap(),
        _ => OrderCommand::undo(reason).unwrap(),
    }
}

/// The steps from one status to another that the product description draws.
fn is_drawn(from: Status, to: Status) -> bool {
    use Status::{Canceled, Completed, Delivered, Delivering, New};
    matches!(
        (from, to),
        (New, Delivering | Delivered | Canceled)
            | (Delivering, Delivered | Canceled)
            | (Delivered, Delivering | Completed | Canceled)
            // Undone.
            | (Completed, Delivered)
            | (Canceled, New | Delivering | Delivered)
    )
}

/// Panics when the order is in a state that cannot be.
fn assert_legal(order: &Order) {
    let is_final = matches!(order.status, Status::Completed | Status::Canceled);
    assert_eq!(order.final_at.is_some(), is_final, "a final state has its time, and only a final state: {order:?}");
    assert_eq!(order.status_before_final.is_some(), is_final, "and what it was before: {order:?}");
    let at_recipient = order.location.same_place(&order.recipient.location);
    match order.status {
        Status::New => assert!(order.location.same_place(&order.origin), "New is where it was taken: {order:?}"),
        Status::Delivering => assert!(!at_recipient, "Delivering is under way: {order:?}"),
        Status::Delivered | Status::Completed => assert!(at_recipient, "it came to its recipient: {order:?}"),
        Status::Canceled => {}
    }
    if let Some(before) = order.status_before_final {
        assert!(!matches!(before, Status::Completed | Status::Canceled), "final states do not follow each other");
        assert!(order.status != Status::Completed || before == Status::Delivered, "completed from Delivered alone");
    }
    if order.deleted_at.is_some() {
        assert!(matches!(order.status, Status::New | Status::Canceled), "only these are deleted: {order:?}");
    }
}

/// Who may do what when, as the product description says it: a second time, and without a look at the rules under test.
fn is_described(order: &Order, action: Action, by: &Actor, now: Timestamp) -> bool {
    let supervisor = matches!(by.role, Role::Supervisor | Role::Admin);
    match (action, order.status) {
        _ if order.deleted_at.is_some() => false,
        (Action::ChangeLocation, Status::New | Status::Delivering)
        | (Action::Cancel, Status::New)
        | (Action::Complete, Status::Delivered) => true,
        (Action::ChangeLocation, Status::Delivered)
        | (Action::Cancel, Status::Delivering | Status::Delivered)
        | (Action::Delete, Status::Canceled) => supervisor,
        (Action::Delete, Status::New) => supervisor || by.branch == order.branch,
        (Action::Undo, Status::Completed | Status::Canceled) => {
            supervisor && order.final_at.is_some_and(|at| now.millis() - at.millis() <= 15 * 60 * 1000)
        }
        _ => false,
    }
}

/// What is shown as allowed against what is accepted. The command tried is the best of its kind: another place, a reason given.
fn assert_actions_tell_the_truth(order: &Order, by: &Actor, now: Timestamp) {
    let elsewhere = (0..4).find(|number| !place(*number).same_place(&order.location)).unwrap();
    for shown in actions(order, by, now) {
        let kind = match shown.action {
            Action::ChangeLocation => 0,
            Action::Cancel => 1,
            Action::Complete => 2,
            Action::Delete => 3,
            Action::Undo => 4,
        };
        let decided = decide(order, &command(kind, elsewhere, true), by, now);
        let refused = decided.as_ref().err();
        assert_eq!(shown.allowed, is_described(order, shown.action, by, now), "{shown:?} {by:?} {order:?}");
        assert_eq!(shown.allowed, decided.is_ok(), "{shown:?} {order:?}");
        assert_eq!(shown.refusal, refused.map(|refusal| refusal.code));
        assert_eq!(shown.detail, refused.map(|refusal| refusal.detail.clone()));
        if shown.allowed {
            let bare = decide(order, &command(kind, elsewhere, false), by, now);
            let missing = bare.err().map(|refusal: Refusal| refusal.code) == Some(RefusalCode::ReasonRequired);
            assert_eq!(missing, shown.reason_required, "{shown:?}");
        }
    }
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    prop::collection::vec((0_usize..5, 0_usize..4, 0_usize..5, any::<bool>(), 0_i64..UNDO_WINDOW_MS), 0..24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_reachable_state_is_illegal(tries in tries()) {
        let mut order = fresh();
        let mut history = Vec::new();
        let mut now = 0;
        assert_legal(&order);
        for (kind, to, who, with_reason, later) in tries {
            now += later;
            let (by, at) = (actor(who), Timestamp::from_millis(now));
            assert_actions_tell_the_truth(&order, &by, at);
            let before = order.clone();
            let Ok(events) = decide(&order, &command(kind, to, with_reason), &by, at) else {
                prop_assert_eq!(&order, &before, "a refusal changes nothing");
                continue;
            };
            prop_assert!(!events.is_empty());
            for event in &events {
                order.apply(event);
            }
            prop_assert_eq!(order.version as usize, before.version as usize + events.len());
            prop_assert_eq!(order.updated_at, at);
            prop_assert!(before.deleted_at.is_none(), "nothing happens to what is deleted");
            prop_assert!(order.status == before.status || is_drawn(before.status, order.status),
                "{:?} -> {:?}", before.status, order.status);
            assert_legal(&order);
            history.extend(events);
        }
        let mut again = fresh();
        for event in history {
            // Through the text that the store keeps.
            let kind = serde_json::from_str(&serde_json::to_string(&event.kind).unwrap()).unwrap();
            again.apply(&OrderEvent { kind, ..event });
        }
        prop_assert_eq!(again, order, "the history alone gives the same order");
    }
}

#[test]
fn a_final_state_can_be_undone_for_fifteen_minutes_by_a_supervisor_with_a_reason() {
    let mut order = fresh();
    let at = Timestamp::from_millis;
    let apply = |order: &mut Order, command: &OrderCommand, by: usize, when: i64| {
        let events = decide(order, command, &actor(by), at(when)).unwrap();
        for event in &events {
            order.apply(event);
        }
    };
    apply(&mut order, &command(0, 2, false), 0, 10);
    assert_eq!(order.status, Status::Delivered);
    apply(&mut order, &OrderCommand::Complete, 0, 20);
    let undo = command(4, 0, true);
    let refused = |by: usize, when: i64| decide(&order, &undo, &actor(by), at(when)).unwrap_err().code;
    assert_eq!(refused(0, 21), RefusalCode::RoleTooLow);
    assert_eq!(refused(3, 20 + UNDO_WINDOW_MS + 1), RefusalCode::UndoExpired);
    apply(&mut order, &undo, 3, 20 + UNDO_WINDOW_MS);
    assert_eq!((order.status, order.final_at), (Status::Delivered, None));
}

#[test]
fn the_place_decides_the_status() {
    let order = fresh();
    assert_eq!(status_after_move(&order, &place(0)), Status::New, "back where it was taken");
    assert_eq!(status_after_move(&order, &place(1)), Status::Delivering);
    assert_eq!(status_after_move(&order, &place(2)), Status::Delivered);
    let here = decide(&order, &command(0, 0, false), &actor(0), Timestamp::from_millis(1)).unwrap_err();
    assert_eq!(here.code, RefusalCode::SamePlace);
}

/// Random lives prove nothing where they never come: together they walk every step that is drawn and meet every refusal of an order.
#[test]
fn the_random_lives_come_everywhere() {
    let mut runner = TestRunner::deterministic();
    let (mut walked, mut refused) = (HashSet::new(), HashSet::new());
    for _ in 0..2_000 {
        let (mut order, mut now) = (fresh(), 0);
        for (kind, to, who, with_reason, later) in tries().new_tree(&mut runner).unwrap().current() {
            now += later;
            let from = order.status;
            match decide(&order, &command(kind, to, with_reason), &actor(who), Timestamp::from_millis(now)) {
                Ok(events) => events.iter().for_each(|event| order.apply(event)),
                Err(refusal) => drop(refused.insert(refusal.code)),
            }
            walked.insert((from, order.status));
        }
    }
    let steps = Status::ALL.into_iter().flat_map(|from| Status::ALL.map(|to| (from, to)));
    let missing: Vec<_> = steps.filter(|&(from, to)| is_drawn(from, to) && !walked.contains(&(from, to))).collect();
    assert_eq!(missing, []);
    let met = HashSet::from([
        RefusalCode::NotAllowedInStatus,
        RefusalCode::RoleTooLow,
        RefusalCode::ReasonRequired,
        RefusalCode::FinalState,
        RefusalCode::SamePlace,
        RefusalCode::UndoExpired,
        RefusalCode::Deleted,
        RefusalCode::NotYourBranch,
    ]);
    assert_eq!(refused, met);
}
