use postoffice_protocol::orders::{Direction, OrderTab, SortKey};
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::testing::ttn;

fn owner() -> EmployeeId {
    EmployeeId(Uuid::from_u128(7))
}

fn branch() -> BranchId {
    BranchId("lviv-3".to_owned())
}

fn row(ttn: Ttn, description: &str, status: Status, updated: i64) -> OrderRow {
    serde_json::from_value(json!({
        "ttn": ttn, "status": status, "description": description, "location": { "city": "Львів", "street": "1" },
        "recipient_city": "Одеса", "branch": "lviv-3", "registered_at": 1, "updated_at": updated, "version": updated,
    }))
    .unwrap()
}

fn everything(search: Option<&str>) -> ListOrders {
    ListOrders {
        tab: OrderTab::All,
        scope: OrderScope::MyBranch,
        sort: SortKey::Updated,
        direction: Direction::Descending,
        search: search.map(ToOwned::to_owned),
        before: None,
        after: None,
        limit: 100,
    }
}

fn page(rows: &[OrderRow], sequence: u64) -> OrderPage {
    let counts = OrderCounts { all: 1_284, new: 86, delivering: 412, ..OrderCounts::default() };
    OrderPage { rows: rows.to_vec(), next: None, counts: Some(counts), older: None, sequence, ahead: Vec::new() }
}

fn moved(row: &OrderRow, sequence: u64) -> Change {
    serde_json::from_value(json!({
        "sequence": sequence, "event_id": Uuid::nil(), "ttn": row.ttn, "kind": "moved", "at": 1,
        "status_before": "new", "status_after": row.status, "row": row,
    }))
    .unwrap()
}

fn shown(seen: &Seen, asked: &ListOrders) -> Vec<String> {
    seen.look_up(asked).unwrap().rows.into_iter().map(|row| row.description).collect()
}

fn of_owner() -> Seen {
    let seen = Seen::default();
    seen.take_up(owner(), branch(), None);
    seen
}

const NOON: Timestamp = Timestamp::from_millis(1_000_000);

#[test]
fn what_came_in_pages_and_changes_can_be_read_searched_and_sorted() {
    let (seen, [a, b, c]) = (of_owner(), [ttn(), ttn(), ttn()]);
    assert!(seen.look_up(&everything(None)).is_none(), "nothing seen is not an empty office");
    seen.page(
        &everything(None),
        &page(&[row(a, "Кераміка", Status::New, 5), row(b, "Насіння", Status::New, 3)], 10),
        NOON,
    );
    seen.changes(&[moved(&row(b, "Насіння", Status::Delivering, 8), 11), moved(&row(c, "Мед", Status::New, 9), 12)]);
    assert_eq!(shown(&seen, &everything(None)), ["Мед", "Насіння", "Кераміка"]);
    assert_eq!(shown(&seen, &everything(Some("НАСІН"))), ["Насіння"]);
    assert!(shown(&seen, &everything(Some("асіння"))).is_empty(), "as on the server");
    assert_eq!(shown(&seen, &everything(Some(&a.to_string()[4..12]))), ["Кераміка"]);
    let delivering = ListOrders { tab: OrderTab::Delivering, ..everything(None) };
    assert_eq!(shown(&seen, &delivering), ["Насіння"]);
    let by_name = ListOrders { sort: SortKey::Description, direction: Direction::Ascending, ..everything(None) };
    assert_eq!(shown(&seen, &by_name), ["Кераміка", "Мед", "Насіння"]);
    let counts = seen.look_up(&everything(None)).unwrap().counts.unwrap();
    assert_eq!((counts.all, counts.new, counts.delivering), (1_284, 85, 413), "of the office, not of what was seen");
    let found = seen.look_up(&everything(Some("насін"))).unwrap().counts.unwrap();
    assert_eq!((found.all, found.delivering), (1, 1));
    assert_eq!((seen.sequence(), seen.as_of()), (12, Some(NOON)));
}

#[test]
fn a_change_is_counted_once_also_when_a_page_counted_it_before_it_had_a_sequence() {
    let (seen, a) = (of_owner(), ttn());
    let early = Change { event_id: Uuid::from_u128(1), ..moved(&row(a, "Насіння", Status::Delivering, 8), 11) };
    let next = Change { event_id: Uuid::from_u128(2), ..moved(&row(a, "Насіння", Status::Delivered, 9), 12) };
    seen.page(&everything(None), &OrderPage { ahead: vec![early.event_id], ..page(&[], 10) }, NOON);
    // What the page holds comes late, what it had counted early comes later still.
    seen.changes(&[moved(&row(a, "Насіння", Status::New, 7), 10), early]);
    let counts = seen.look_up(&everything(None)).unwrap().counts.unwrap();
    assert_eq!((counts.all, counts.new, counts.delivering), (1_284, 86, 412));
    seen.changes(&[next]);
    let counts = seen.look_up(&everything(None)).unwrap().counts.unwrap();
    assert_eq!((counts.all, counts.new, counts.delivered), (1_284, 85, 1));
}

#[test]
fn an_older_page_takes_nothing_back_and_a_deleted_order_goes() {
    let (seen, [a, b]) = (of_owner(), [ttn(), ttn()]);
    seen.changes(&[moved(&row(a, "нове", Status::New, 9), 9)]);
    seen.page(&everything(None), &page(&[row(a, "старе", Status::New, 5), row(b, "інше", Status::New, 4)], 8), NOON);
    assert_eq!(shown(&seen, &everything(None)), ["нове", "інше"]);
    assert_eq!(seen.sequence(), 9);
    let mut deleted = moved(&row(a, "нове", Status::New, 10), 10);
    (deleted.kind, deleted.row, deleted.status_after) = (ChangeKind::Deleted, None, None);
    seen.changes(&[deleted]);
    assert_eq!(shown(&seen, &everything(None)), ["інше"]);
}

#[test]
fn what_was_opened_is_forgotten_when_it_changes() {
    let (seen, a) = (of_owner(), ttn());
    let answer = RawValue::from_string("{\"order\":1}".to_owned()).unwrap();
    seen.opened(a, &answer);
    assert_eq!(seen.look_at(a).unwrap().get(), answer.get());
    seen.changes(&[moved(&row(a, "книги", Status::Delivering, 2), 2)]);
    assert!(seen.look_at(a).is_none(), "better nothing than what is known to be old");
    for _ in 0..=MOST_DETAILS {
        seen.opened(ttn(), &answer);
    }
    assert_eq!(seen.lock().pages.opened.len(), MOST_DETAILS);
}

#[test]
fn after_a_gap_it_keeps_its_age_until_the_first_fresh_page() {
    let (seen, [a, b]) = (of_owner(), [ttn(), ttn()]);
    seen.page(&everything(None), &page(&[row(a, "старе", Status::New, 5)], 10), NOON);
    seen.gap();
    seen.is_fresh(NOON.plus_millis(60_000));
    assert_eq!(seen.as_of(), Some(NOON));
    assert_eq!(shown(&seen, &everything(None)), ["старе"]);
    assert!(seen.to_write().is_none(), "what is on the disk is better");
    seen.page(&everything(None), &page(&[row(b, "нове", Status::New, 900)], 9_000), NOON.plus_millis(61_000));
    assert_eq!(shown(&seen, &everything(None)), ["нове"]);
    assert_eq!(seen.as_of(), Some(NOON.plus_millis(61_000)));
}

#[test]
fn it_reads_back_as_it_was_written_and_only_for_its_owner() {
    let (seen, a) = (of_owner(), ttn());
    seen.page(&everything(None), &page(&[row(a, "мед, 3 банки 🍯", Status::New, 5)], 10), NOON);
    seen.opened(a, &RawValue::from_string("{\"order\":1}".to_owned()).unwrap());
    let (of, written) = seen.to_write().unwrap();
    assert_eq!(of, owner());
    assert!(seen.to_write().is_none(), "once");
    let next = Seen::default();
    next.take_up(owner(), branch(), Some(serde_json::from_slice(&written.unwrap()).unwrap()));
    assert_eq!(shown(&next, &everything(None)), ["мед, 3 банки 🍯"]);
    assert_eq!((next.sequence(), next.as_of()), (10, Some(NOON)));
    assert!(next.look_at(a).is_some());
    assert_eq!(next.forget(), Some(owner()));
    assert!(next.look_up(&everything(None)).is_none());
    next.page(&everything(None), &page(&[row(a, "мед", Status::New, 5)], 10), NOON);
    assert!(next.look_up(&everything(None)).is_none(), "nobody is signed in");
}

#[test]
fn it_does_not_grow_without_end() {
    let seen = of_owner();
    for number in 0..i64::try_from(MOST_ROWS).unwrap() * 2 {
        seen.changes(&[moved(&row(ttn(), "x", Status::New, number), u64::try_from(number).unwrap() + 1)]);
    }
    let state = seen.lock();
    assert!(state.pages.rows.len() <= MOST_ROWS + MOST_ROWS / 10);
    assert!(state.pages.rows.iter().enumerate().all(|(at, row)| state.at[&row.ttn] == at));
    assert_eq!(state.pages.rows.iter().map(|row| row.updated_at.millis()).max(), Some(2 * 3_000 - 1));
}
