//! How PostgreSQL finds rows for a server whose tables are young: it has no statistics of them yet, and keeps the plans it makes then, until a
//! server asks for the upkeep.

use futures_util::future::try_join_all;
use sqlx::Connection as _;

use super::*;
use crate::{
    store::{
        connection::Connection,
        integration_events::{self, Claiming},
        order_group,
        postgres::{open::connect, upkeep},
        statement::query,
        wording::SmsRules,
    },
    test_office::until,
};

/// Tables that every order makes longer.
const GROWING: &str = "'orders', 'orders_search', 'order_events', 'integration_events', 'messages', 'commands'";

async fn number(behind: &mut Behind, sql: &'static str) -> i64 {
    query(sql).one(&mut behind.connection()).await.unwrap().number(0).unwrap()
}

#[tokio::test]
async fn what_a_server_does_with_every_order_goes_through_no_table() {
    let desk = Desk::open(On::Postgres).await;
    let ttn = desk.registered().await.ttn;
    let address = PostgresAddress::parse(&database(&desk).url).unwrap();
    let mut held = connect(address.options()).await.unwrap();
    let mut connection = Connection::Postgres(&mut held);
    connection.control("BEGIN").await.unwrap();
    let works = [desk.create(&draft()), desk.decide(ttn, move_to("Яремче"), Guard::None)];
    order_group::write(&mut connection, &works, &SmsRules::default(), &SystemEntropy).await.unwrap();
    let now = desk.clock.now();
    let claiming =
        Claiming { holder: uuid_v7(desk.clock.as_ref(), &SystemEntropy), now, lease_ms: 1_000, published: 1, limit: 9 };
    assert!(matches!(integration_events::claim(&mut connection, claiming).await.unwrap(), Claim::Batch(_)));
    let gone_through = query(format!(
        "SELECT coalesce(string_agg(relname, ' '), '') FROM pg_stat_xact_user_tables WHERE seq_scan > 0 AND relname IN ({GROWING})"
    ));
    assert_eq!(gone_through.one(&mut connection).await.unwrap().text(0).unwrap(), "");
    held.close().await.unwrap();
}

#[tokio::test]
async fn tables_that_grow_are_counted_by_whoever_writes_into_them() {
    let desk = Desk::open(On::Postgres).await;
    let registering = (0..upkeep::COMMANDS).map(|_| desk.store.submit(desk.create(&draft())));
    for answer in try_join_all(registering).await.unwrap() {
        done(answer);
    }
    let mut behind = desk.behind_its_back().await;
    until("the orders are counted", async || {
        let known = "SELECT reltuples::bigint FROM pg_class WHERE oid = 'orders'::regclass";
        number(&mut behind, known).await > 0
    })
    .await;
    behind.close().await;
}

#[tokio::test]
async fn upkeep_counts_what_has_grown_and_nothing_else() {
    let desk = Desk::open(On::Postgres).await;
    let mut behind = desk.behind_its_back().await;
    let known = "SELECT count(*) FROM pg_class WHERE relname IN ('orders', 'commands', 'messages') AND reltuples > 0";
    behind.run("SELECT office_upkeep()", &[]).await.unwrap();
    assert_eq!(number(&mut behind, known).await, 0, "they are as small as they were known");
    // 9 pages and more of one table.
    let fill = "INSERT INTO commands SELECT 'x' || number, repeat('d', 64), repeat('a', 500), 0 FROM generate_series(1, 200) AS number";
    behind.run(fill, &[]).await.unwrap();
    behind.run("SELECT office_upkeep()", &[]).await.unwrap();
    assert_eq!(number(&mut behind, known).await, 1);
    assert_eq!(number(&mut behind, "SELECT reltuples::bigint FROM pg_class WHERE relname = 'commands'").await, 200);
    behind.close().await;
}
