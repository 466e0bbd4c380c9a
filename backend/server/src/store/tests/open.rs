//! Opening: what is refused, and with which words.

use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use tempfile::TempDir;

use super::*;
use crate::{
    store::{Database, OpenError, SmsRules, StoreConfig, postgres},
    system::SystemClock,
};

async fn try_open(folder: &TempDir, beside_a_server: bool) -> Result<Store, OpenError> {
    let config = StoreConfig {
        database: Database::File(folder.path().join("postoffice.db")),
        group_max: 8,
        sms: SmsRules::default(),
        beside_a_server,
    };
    let (store, writer) = Store::open(&config, Arc::new(SystemClock), Arc::new(SystemEntropy)).await?;
    tokio::spawn(writer.run());
    Ok(store)
}

/// Makes a database, closes it, and changes it behind the server's back.
async fn tampered(sql: &'static str) -> OpenError {
    let folder = tempfile::tempdir().unwrap();
    let config = StoreConfig {
        database: Database::File(folder.path().join("postoffice.db")),
        group_max: 8,
        sms: SmsRules::default(),
        beside_a_server: false,
    };
    let (store, writer) = Store::open(&config, Arc::new(SystemClock), Arc::new(SystemEntropy)).await.unwrap();
    drop(store);
    writer.run().await.unwrap();
    let mut connection: SqliteConnection =
        SqliteConnectOptions::new().filename(folder.path().join("postoffice.db")).connect().await.unwrap();
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    try_open(&folder, false).await.err().unwrap()
}

#[tokio::test]
async fn a_second_server_is_refused_and_told_which_process_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let _first = try_open(&folder, false).await.unwrap();
    let refused = try_open(&folder, false).await.err().unwrap();
    let OpenError::InUse { pid, .. } = &refused else { panic!("{refused}") };
    assert_eq!(pid, &std::process::id().to_string());
    assert!(try_open(&folder, true).await.is_ok(), "a command-line tool works beside it");
}

#[tokio::test]
async fn a_newer_database_names_both_versions() {
    let refused = tampered(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (99, 'of tomorrow', 1, x'00', 0)",
    )
    .await;
    assert!(matches!(refused, OpenError::Newer { version: 99, known: 3.., .. }), "{refused}");
}

#[tokio::test]
async fn an_edited_migration_is_named() {
    let refused = tampered("UPDATE _sqlx_migrations SET checksum = x'00' WHERE version = 2").await;
    assert!(matches!(refused, OpenError::Edited { version: 2, .. }), "{refused}");
}

#[tokio::test]
async fn what_is_no_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("postoffice.db");
    let letter = b"Dear customer, your parcel is on its way and this is not a database at all.".repeat(100);
    std::fs::write(&path, &letter).unwrap();
    let refused = try_open(&folder, false).await.err().unwrap();
    assert!(matches!(refused, OpenError::NotUsable { .. }), "{refused}");
    assert_eq!(std::fs::read(&path).unwrap(), letter);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let config = StoreConfig {
        database: Database::File(folder.path().join("no/such/postoffice.db")),
        group_max: 8,
        sms: SmsRules::default(),
        beside_a_server: false,
    };
    let refused = Store::open(&config, Arc::new(SystemClock), Arc::new(SystemEntropy)).await.err().unwrap();
    assert!(matches!(refused, OpenError::Folder { .. }), "{refused}");
}

#[tokio::test]
async fn what_reads_from_postgresql_asks_the_disk_ahead_and_an_administrator_may_ask_for_more() {
    let desk = Desk::open(On::Postgres).await;
    let Place::Database(database) = &desk.place else { panic!("on PostgreSQL") };
    let address = PostgresAddress::parse(&database.url).unwrap();
    let ahead = async || -> String {
        let pool = postgres::open::open(&address, None).await.unwrap();
        let ahead = sqlx::query_scalar("SHOW effective_io_concurrency").fetch_one(&pool).await.unwrap();
        pool.close().await;
        ahead
    };
    assert_eq!(ahead().await, "64");
    let more = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET effective_io_concurrency = 200', current_database()); END $$";
    desk.behind_its_back().await.run(more, &[]).await.unwrap();
    assert_eq!(ahead().await, "200");
}
