//! A file with everything in it, moved, is the same office.

use std::collections::BTreeSet;

use postoffice_domain::{clock::Clock, order::OrderCommand};
use postoffice_protocol::{
    messages::{CountMessages, MessageState},
    orders::{Direction, ListOrders, OrderScope, OrderTab, SortKey},
    stream::{OutcomeEntry, STREAM_VERSION},
};

use super::*;
use crate::{
    store::{Operator, Store, statement::query, tests::Desk},
    test_office::{On, Place, branch},
};

fn addresses(place: &Place) -> (PostgresAddress, PostgresAddress) {
    let Place::Database(database) = place else { panic!("on PostgreSQL") };
    let address = |url: &str| PostgresAddress::parse(url).unwrap();
    (address(&database.owner_url), address(&database.url))
}

fn file_of(place: &Place) -> PathBuf {
    let Place::Folder(folder) = place else { panic!("on SQLite") };
    folder.path().join("postoffice.db")
}

/// An office in which everything has happened once.
async fn lived_in() -> Desk {
    let desk = Desk::open(On::Sqlite).await;
    desk.store.set_office_name("Пошта".to_owned()).await.unwrap();
    desk.store.add_branch(branch()).await.unwrap();
    desk.store.add_employee(crate::store::tests::people::employee(1, "olena")).await.unwrap();
    desk.store.begin_session(crate::store::tests::people::record(&desk, 1, 1)).await.unwrap();
    let mut orders = Vec::new();
    for _ in 0..3 * BATCH / 2 {
        desk.clock.advance(1);
        orders.push(desk.registered().await.ttn);
    }
    desk.store.load_for_edit(orders[0], crate::store::tests::session(1)).await.unwrap();
    let remove = OrderCommand::delete("помилка").unwrap();
    crate::store::tests::done(
        desk.store.submit(desk.decide(orders[1], remove, crate::store::Guard::None)).await.unwrap(),
    );
    let published = desk.to_publish().await;
    desk.store.mark_published(uuid::Uuid::from_u128(1), published.len().try_into().unwrap()).await.unwrap();
    let told = |ttn, event_id, state| OutcomeEntry {
        v: STREAM_VERSION,
        event_id,
        ttn,
        state,
        reason: None,
        next_attempt_at: None,
        segments: Some(1),
        attempts: 1,
        at: desk.clock.now(),
        request_id: None,
    };
    let first = desk.store.details(&orders[2]).await.unwrap().unwrap().messages.remove(0);
    desk.store.record_outcomes(vec![told(orders[2], first.event_id, MessageState::Delivered)]).await.unwrap();
    // One that nobody answered, published again and then given up: earlier numbers, a dead event, the audit.
    let leader = uuid::Uuid::from_u128(1);
    desk.store.repeat_silent(leader, vec![1], 3).await.unwrap();
    desk.store.refused_by_redis(2, "ERR".to_owned(), 1).await.unwrap();
    let dead = desk.store.dead_events(10).await.unwrap().remove(0);
    let operator = Operator { name: "root".to_owned(), request_id: "request".to_owned() };
    desk.store.drop_dead(dead.event_id.parse().unwrap(), operator).await.unwrap();
    desk
}

async fn picture(store: &Store) -> String {
    let list = ListOrders {
        tab: OrderTab::All,
        scope: OrderScope::AllBranches,
        sort: SortKey::Updated,
        direction: Direction::Descending,
        search: None,
        before: None,
        after: None,
        limit: 200,
    };
    let page = store.list(&list, &branch().id).await.unwrap();
    let first = store.details(&page.rows[0].ttn).await.unwrap();
    let counts = store.message_counts(&CountMessages { since: None }).await.unwrap().counts;
    let numbers = store.numbered_between(0, u64::MAX, 10_000).await.unwrap();
    let (office, people) = (store.office().await.unwrap(), store.list_employees().await.unwrap());
    let (audit, waiting) = (store.audit(10).await.unwrap(), store.outbox_depth().await.unwrap());
    format!("{page:?}\n{first:?}\n{counts:?}\n{numbers:?}\n{office:?}\n{people:?}\n{audit:?}\n{waiting}")
}

#[tokio::test]
async fn an_office_moves_whole_or_not_at_all() {
    let Desk { store, clock, place } = lived_in().await;
    let (to, server) = {
        let target = Place::new(On::Postgres);
        addresses(&target)
    };
    let refused = move_office(&file_of(&place), &to, &server, |_| ()).await.unwrap_err();
    assert!(matches!(refused, MoveError::Open(OpenError::InUse { .. })), "a server works on it: {refused}");
    let before = picture(&store).await;
    let registered = store.list_employees().await.unwrap().len();
    drop((store, clock));
    let mut tables = Vec::new();
    // The writer lets go of the file when it has ended.
    tokio::time::timeout(std::time::Duration::from_secs(20), async {
        loop {
            match move_office(&file_of(&place), &to, &server, |table| tables.push(table.clone())).await {
                Err(MoveError::Open(OpenError::InUse { .. })) => tokio::task::yield_now().await,
                ended => return ended.unwrap(),
            }
        }
    })
    .await
    .unwrap();
    assert_eq!(tables.len(), TABLES.len());
    let rows = |name: &str| tables.iter().find(|table| table.name == name).unwrap().rows;
    assert_eq!((rows("employees"), rows("orders")), (u64::try_from(registered).unwrap(), 750));
    for filled in ["sessions", "commands", "earlier_numbers", "message_attempts", "audit"] {
        assert!(rows(filled) > 0, "{filled}");
    }

    let moved = crate::store::tests::open_at(&server).await;
    assert_eq!(picture(&moved.store).await, before);
    // And it goes on where it ended: the next order, the next number.
    let desk = Desk { store: moved.store, clock: moved.clock, place };
    desk.clock.advance(1_000_000);
    let numbered = desk.store.last_numbered().await.unwrap();
    desk.registered().await;
    let fresh: Vec<u64> = desk.to_publish().await.into_iter().map(|(number, _)| number).collect();
    assert_eq!(
        fresh.last().copied(),
        Some(numbered + u64::try_from(fresh.iter().filter(|n| **n > numbered).count()).unwrap())
    );

    let again = Desk::open(On::Sqlite).await;
    let file = file_of(&again.place);
    drop(again.store);
    let refused = tokio::time::timeout(std::time::Duration::from_secs(20), async {
        loop {
            match move_office(&file, &to, &server, |_| ()).await {
                Err(MoveError::Open(OpenError::InUse { .. })) => tokio::task::yield_now().await,
                ended => return ended.unwrap_err(),
            }
        }
    });
    let refused = refused.await.unwrap();
    assert!(matches!(refused, MoveError::NotEmpty { .. }), "{refused}");
    let nowhere = move_office(Path::new("/nowhere/postoffice.db"), &to, &server, |_| ()).await.unwrap_err();
    assert!(matches!(nowhere, MoveError::NoFile(_)), "{nowhere}");
}

#[tokio::test]
async fn every_column_of_both_schemas_moves() {
    let moved: BTreeSet<String> = TABLES
        .iter()
        .flat_map(|table| table.columns.iter().map(|(column, _)| format!("{}.{column}", table.name)))
        .collect();
    let file = Desk::open(On::Sqlite).await;
    let sqlite = "SELECT m.name || '.' || c.name FROM sqlite_schema AS m JOIN pragma_table_xinfo(m.name) AS c
                  WHERE m.type = 'table' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite%' AND m.name <> 'order_counts' AND m.name NOT LIKE 'orders\\_search%' ESCAPE '\\' AND c.hidden = 0";
    let cluster = Desk::open(On::Postgres).await;
    // `writers` is about running servers, not about the office; `order_counts` and `orders_search` follow from the orders.
    let postgres = "SELECT table_name || '.' || column_name FROM information_schema.columns
                    WHERE table_schema = 'public' AND is_generated = 'NEVER' AND table_name NOT IN ('_sqlx_migrations', 'writers', 'order_counts', 'orders_search')";
    for (desk, sql, own) in [(file, sqlite, None), (cluster, postgres, Some("integration_events.position"))] {
        let mut behind = desk.behind_its_back().await;
        let rows = query(sql).all(&mut behind.connection()).await.unwrap();
        let mut there: BTreeSet<String> = rows.iter().map(|row| row.string(0).unwrap()).collect();
        if own.is_none() {
            there.insert("integration_events.position".to_owned());
        }
        assert_eq!(there, moved);
    }
}
