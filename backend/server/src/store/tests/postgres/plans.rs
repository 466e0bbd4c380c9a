//! How PostgreSQL finds rows for a server whose tables are young: it has no statistics of them yet, and keeps the plans it makes then.

use sqlx::Connection as _;

use super::*;
use crate::store::{
    connection::Connection,
    integration_events::{self, Claiming},
    order_group,
    postgres::open::connect,
    statement::query,
    wording::SmsRules,
};

/// Tables that every order makes longer.
const GROWING: &str = "'orders', 'orders_search', 'order_events', 'integration_events', 'messages', 'commands'";

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
