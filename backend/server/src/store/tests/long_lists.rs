//! What lists of millions of orders stand on: every page comes out of an index, and the kept counts are true.

use postoffice_protocol::orders::{Direction, ListOrders, OrderCounts, OrderScope, OrderTab, SortKey};

use super::{list::failed, *};
use crate::store::{
    list::{Cursor, statement},
    search::rows_of,
    statement::{Query, query},
};

on_both_engines! {
    counts_are_true_whatever_happened,
    orders_of_another_branch_are_in_its_lists_alone,
}

const TABS: [OrderTab; 7] = [
    OrderTab::All,
    OrderTab::New,
    OrderTab::Delivering,
    OrderTab::Delivered,
    OrderTab::Completed,
    OrderTab::Canceled,
    OrderTab::Problem,
];
const SORTS: [SortKey; 5] = [SortKey::Ttn, SortKey::Status, SortKey::Description, SortKey::Location, SortKey::Updated];

fn lists() -> impl Iterator<Item = ListOrders> {
    let tabs = TABS.into_iter().flat_map(|tab| [(tab, OrderScope::MyBranch), (tab, OrderScope::AllBranches)]);
    let sorted = tabs.flat_map(|(tab, scope)| SORTS.map(|sort| (tab, scope, sort)));
    sorted.flat_map(|(tab, scope, sort)| {
        [Direction::Ascending, Direction::Descending].map(|direction| ListOrders {
            tab,
            scope,
            sort,
            direction,
            search: None,
            before: None,
            after: None,
            limit: 2,
        })
    })
}

/// How SQLite would do it.
async fn plan(desk: &Desk, question: Query) -> Vec<String> {
    let explained = query(format!("EXPLAIN QUERY PLAN {}", question.sql.clone().for_sqlite()));
    let explained = Query { values: question.values, ..explained };
    let rows = explained.all(&mut desk.behind_its_back().await.connection()).await.unwrap();
    rows.iter().map(|row| row.string(3).unwrap()).collect()
}

#[tokio::test]
async fn every_page_comes_out_of_an_index_in_its_order() {
    let desk = Desk::open(On::Sqlite).await;
    for number in 0..3 {
        desk.clock.advance(1);
        let ttn = desk.registered().await.ttn;
        if number > 0 {
            failed(&desk, ttn).await;
        }
    }
    for list in lists() {
        let after = desk.store.list(&ListOrders { limit: 1, ..list.clone() }, &branch().id).await.unwrap().next;
        for after in [None, after] {
            let list = ListOrders { after: after.clone(), ..list.clone() };
            let cursor = list.after.as_deref().map(|after| Cursor::read(after, &list).unwrap());
            let plan = plan(&desk, statement(&list, &branch().id, cursor.as_ref(), 51).unwrap().query()).await;
            let name = match list.sort {
                SortKey::Ttn | SortKey::Status => "ttn",
                SortKey::Description => "description",
                SortKey::Location => "location",
                SortKey::Updated => "updated",
            };
            let of = if list.tab == OrderTab::Problem { "problems" } else { "orders" };
            let whose = if list.scope == OrderScope::MyBranch { "_of_branch" } else { "" };
            let index = format!("SEARCH orders USING COVERING INDEX {of}{whose}_by_{name} (");
            let runs: Vec<&String> =
                plan.iter().filter(|step| step.contains(" orders ") && !step.contains("(rowid=?)")).collect();
            assert!(!runs.is_empty() && runs.iter().all(|step| step.starts_with(&index)), "{list:?}: {plan:#?}");
        }
    }
}

/// PostgreSQL reads ahead for a bitmap alone, and a branch may have as many orders as there are.
#[tokio::test]
async fn what_a_search_found_is_looked_up_by_a_bitmap_of_its_numbers_alone() {
    let desk = Desk::open(On::Postgres).await;
    desk.registered().await;
    let mut behind = desk.behind_its_back().await;
    // Of a few orders all would be read, whatever is asked.
    let many = "INSERT INTO orders (ttn, body, status, description, description_key, city, street, location_key, recipient_city, branch, station,
                                    registered_at, updated_at, sms_state, timeline_seq, event_seq, search_text)
                SELECT lpad(copy::text, 16, '0'), body, 3, description, description_key, city, street, location_key, recipient_city, branch, station,
                       registered_at, updated_at, sms_state, timeline_seq, event_seq, search_text FROM orders, generate_series(1, 10000) AS copy";
    for step in ["ALTER TABLE orders DISABLE TRIGGER USER", many, "ANALYZE orders", "SET enable_seqscan = off"] {
        behind.run(step, &[]).await.unwrap();
    }
    let numbers: Vec<i64> = (1..=200).collect();
    // Of that branch PostgreSQL thinks that it has hardly any orders.
    for branch in [None, Some("kyiv-41")] {
        let question = rows_of(SortKey::Updated, branch, &numbers, false);
        let explained = query(format!("EXPLAIN (COSTS OFF) {}", question.sql.clone().for_postgres()));
        let explained = Query { values: question.values, ..explained };
        let plan = explained.all(&mut behind.connection()).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|step| step.string(0).unwrap()).collect();
        let uses = |what: &str| plan.iter().filter(|step| step.contains(what)).count();
        assert_eq!((uses("Bitmap Heap Scan on orders"), uses("BitmapOr"), uses("BitmapAnd")), (1, 1, 0), "{plan:#?}");
        assert_eq!((uses("Index Scan"), uses("Bitmap Index Scan on orders_number_key")), (2, 2), "{plan:#?}");
    }
}

async fn counted(desk: &Desk, scope: OrderScope) -> OrderCounts {
    let list = ListOrders { scope, ..lists().next().unwrap() };
    desk.store.list(&list, &branch().id).await.unwrap().counts.unwrap()
}

/// The counts as a plain look at all rows gives them.
async fn looked_at(desk: &Desk) -> OrderCounts {
    let rows = query(
        "SELECT count(*), count(*) FILTER (WHERE status = 0), count(*) FILTER (WHERE status = 1), count(*) FILTER (WHERE status = 2),
                count(*) FILTER (WHERE status = 3), count(*) FILTER (WHERE status = 4),
                count(*) FILTER (WHERE sms_state IN (3, 4) AND NOT sms_told AND status < 3), count(*) FILTER (WHERE sms_state = 0)
         FROM orders WHERE deleted_at IS NULL",
    );
    let row = rows.one(&mut desk.behind_its_back().await.connection()).await.unwrap();
    let [all, new, delivering, delivered, completed, canceled, problem, sms_waiting] =
        std::array::from_fn(|place| row.count(place).unwrap());
    OrderCounts { all, new, delivering, delivered, completed, canceled, problem, sms_waiting }
}

async fn counts_are_true_whatever_happened(on: On) {
    let desk = Desk::open(on).await;
    let mut ttns = Vec::new();
    for _ in 0..6 {
        desk.clock.advance(1);
        ttns.push(desk.registered().await.ttn);
    }
    let decided = async |ttn, command| {
        desk.clock.advance(1);
        done(desk.store.submit(desk.decide(ttn, command, Guard::None)).await.unwrap())
    };
    failed(&desk, ttns[0]).await;
    failed(&desk, ttns[1]).await;
    assert_eq!(counted(&desk, OrderScope::MyBranch).await, looked_at(&desk).await);
    assert_eq!(looked_at(&desk).await.problem, 2);
    decided(ttns[0], move_to("Тернопіль")).await;
    decided(ttns[1], OrderCommand::cancel("відмова").unwrap()).await;
    decided(ttns[2], OrderCommand::delete("помилка").unwrap()).await;
    decided(ttns[3], move_to("Тернопіль")).await;
    decided(ttns[3], move_to("Яремче")).await;
    decided(ttns[4], OrderCommand::cancel("відмова").unwrap()).await;
    let now = looked_at(&desk).await;
    assert_eq!((now.all, now.new, now.delivering, now.canceled, now.problem), (5, 1, 2, 2, 1));
    assert_eq!(counted(&desk, OrderScope::MyBranch).await, now);
    assert_eq!(counted(&desk, OrderScope::AllBranches).await, now);
    // Whoever mends a database by hand is counted too.
    let mut behind = desk.behind_its_back().await;
    behind.run("DELETE FROM orders WHERE ttn = $1", &[&ttns[0].to_string()]).await.unwrap();
    behind.run("UPDATE orders SET deleted_at = NULL WHERE ttn = $1", &[&ttns[2].to_string()]).await.unwrap();
    let now = looked_at(&desk).await;
    assert_eq!((now.all, now.problem), (5, 0));
    assert_eq!(counted(&desk, OrderScope::AllBranches).await, now);
}

async fn orders_of_another_branch_are_in_its_lists_alone(on: On) {
    let desk = Desk::open(on).await;
    let mut ttns = Vec::new();
    for _ in 0..7 {
        desk.clock.advance(1);
        ttns.push(desk.registered().await.ttn);
        failed(&desk, *ttns.last().unwrap()).await;
    }
    let moved = "UPDATE orders SET branch = 'kyiv-41' WHERE ttn = $1";
    let mut behind = desk.behind_its_back().await;
    for ttn in &ttns[..3] {
        behind.run(moved, &[&ttn.to_string()]).await.unwrap();
    }
    let mut own = ttns[3..].to_vec();
    own.sort_unstable();
    ttns.sort_unstable();
    for list in lists().filter(|list| matches!(list.tab, OrderTab::All | OrderTab::New | OrderTab::Problem)) {
        let expected = if list.scope == OrderScope::MyBranch { &own } else { &ttns };
        let mut found: Vec<Ttn> = super::list::all_pages(&desk, list.clone()).await.iter().map(|row| row.ttn).collect();
        found.sort_unstable();
        assert_eq!(&found, expected, "{list:?}");
        let counts = desk.store.list(&list, &branch().id).await.unwrap().counts.unwrap();
        assert_eq!((counts.all, counts.new, counts.problem), {
            let all = expected.len() as u64;
            (all, all, all)
        });
    }
}
