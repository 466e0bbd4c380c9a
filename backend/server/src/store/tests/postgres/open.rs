//! Opening: who may do what, and what is refused with which words.

use super::*;
use crate::store::{OpenError, SmsRules, StoreConfig};

async fn try_open(database: Database) -> Result<Store, OpenError> {
    let config = StoreConfig { database, group_max: 8, sms: SmsRules::default(), beside_a_server: false };
    let clock = Arc::new(crate::system::SystemClock);
    let (store, writer) = Store::open(&config, clock, Arc::new(SystemEntropy)).await?;
    tokio::spawn(writer.run());
    Ok(store)
}

fn server_of(database: &TestDatabase) -> Database {
    Database::Postgres { server: PostgresAddress::parse(&database.url).unwrap(), owner: None }
}

#[tokio::test]
async fn without_its_owner_an_empty_database_is_not_filled() {
    let place = Place::new(On::Postgres);
    let Place::Database(database) = &place else { panic!("on PostgreSQL") };
    let refused = try_open(server_of(database)).await.err().unwrap();
    assert!(matches!(refused, OpenError::NotMigrated { .. }), "{refused}");
    let address = |url: &str| PostgresAddress::parse(url).unwrap();
    crate::store::migrate(&address(&database.owner_url), &address(&database.url)).await.unwrap();
    try_open(server_of(database)).await.unwrap().office().await.unwrap();
}

#[tokio::test]
async fn a_newer_a_changed_and_an_absent_database_are_named() {
    for (sql, expected) in [
        (
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (99, 'of tomorrow', true, '\\x00', 0)",
            "newer version (migration 99)",
        ),
        ("UPDATE _sqlx_migrations SET checksum = '\\x00'", "applied with other text"),
    ] {
        let desk = Desk::open(On::Postgres).await;
        desk.behind_its_back().await.run(sql, &[]).await.unwrap();
        for database in [server_of(database(&desk)), desk.place.database()] {
            let refused = try_open(database).await.err().unwrap();
            assert!(refused.to_string().contains(expected), "{refused}");
        }
    }
    let nobody = PostgresAddress::parse("postgres://office_app:canary@127.0.0.1:1/office").unwrap();
    let refused = try_open(Database::Postgres { server: nobody, owner: None }).await.err().unwrap();
    assert!(matches!(refused, OpenError::Unreachable { .. }), "{refused}");
    assert!(!refused.to_string().contains("canary"));
}

#[tokio::test]
async fn the_role_of_a_server_has_rows_and_no_tables() {
    let desk = Desk::open(On::Postgres).await;
    desk.registered().await;
    let own = TestDatabase { superuser_url: database(&desk).url.clone(), ..database(&desk).clone() };
    let mut server = Behind::the_back_of(&Place::Database(own)).await;
    for forbidden in [
        "CREATE TABLE mine (id integer)",
        "DROP TABLE orders",
        "ALTER TABLE orders ADD COLUMN mine integer",
        "TRUNCATE orders",
        "UPDATE audit SET name = ''",
        "DELETE FROM audit",
        "UPDATE order_events SET seq = seq + 1",
        "DELETE FROM order_events",
        "DELETE FROM _sqlx_migrations",
    ] {
        let refused = server.run(forbidden, &[]).await.unwrap_err().to_string();
        assert!(refused.contains("permission denied") || refused.contains("must be owner"), "{forbidden}: {refused}");
    }
    let mut owner = desk.behind_its_back().await;
    for forbidden in ["UPDATE audit SET name = ''", "DELETE FROM audit", "TRUNCATE audit"] {
        let refused = owner.run(forbidden, &[]).await.unwrap_err().to_string();
        assert!(refused.contains("the audit is never changed"), "{forbidden}: {refused}");
    }
}
