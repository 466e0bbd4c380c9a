//! Opening a PostgreSQL database: its migrations, which only its owner may run, and the connections of the server, which may not.

use std::time::Duration;

use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection as _, PgConnection, PgPool, Row,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{address::PostgresAddress, lent::is_there};
use crate::store::{connection::Connection, open::OpenError, search};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/postgres");
/// Connections that read.
const READERS: u32 = 8;
/// How long somebody waits for one of them.
const ACQUIRE: Duration = Duration::from_secs(3);
/// Pages of a table that are asked of the disk ahead of the one that is looked at. Without, a search waits for one after another, each somewhere else.
const AHEAD: i32 = 64;
/// How long connecting may take.
pub(super) const CONNECT: Duration = Duration::from_secs(5);

/// Connects, within the time that is given to it.
pub(in crate::store) async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    tokio::time::timeout(CONNECT, options.connect()).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

/// Opens the database. With the owner's address it is brought to the newest version first; without, it must have it.
pub(in crate::store) async fn open(
    address: &PostgresAddress,
    owner: Option<&PostgresAddress>,
) -> Result<PgPool, OpenError> {
    if let Some(owner) = owner {
        migrate(owner, address).await?;
    }
    let unreachable = |error: sqlx::Error| unreachable(address, &error);
    let mut connection = connect(address.options()).await.map_err(unreachable)?;
    check_version(&mut connection, address).await?;
    connection.close().await.map_err(unreachable)?;
    Ok(pool(READERS, address.options()))
}

/// A pool of connections that are asked before they are lent, with a bound on how long they may be silent.
pub(super) fn pool(connections: u32, options: &PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE)
        // sqlx would wait for the answer without end.
        .test_before_acquire(false)
        .before_acquire(|connection, _| Box::pin(is_there(connection)))
        .after_connect(|connection, _| Box::pin(read_ahead(connection)))
        .connect_lazy_with(options.clone())
}

/// Lets a connection read ahead where its server can: it refuses a number other than 0 on a system that has no such call, and starts with 0 there. What an administrator has set higher stays.
async fn read_ahead(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let set = "SELECT set_config(name, greatest(setting::int, $1)::text, false) FROM pg_settings
               WHERE name = 'effective_io_concurrency' AND boot_val <> '0'";
    sqlx::query(set).bind(AHEAD).execute(connection).await.map(drop)
}

fn unreachable(address: &PostgresAddress, error: &sqlx::Error) -> OpenError {
    let message = match error {
        sqlx::Error::PoolTimedOut => "no answer in time".to_owned(),
        other => other.to_string(),
    };
    OpenError::Unreachable { database: address.to_string(), message }
}

/// Brings the database to the newest version with the rights of its owner, and gives the role of `app` what a server needs and no more.
///
/// # Errors
/// It cannot be reached, is newer than this program, or a landed migration was edited.
pub async fn migrate(owner: &PostgresAddress, app: &PostgresAddress) -> Result<(), OpenError> {
    let mut connection = connect(owner.options()).await.map_err(|error| unreachable(owner, &error))?;
    // A statement of a server must not take long; an index of a million orders does.
    let unbound = sqlx::raw_sql("SET statement_timeout = 0").execute(&mut connection).await;
    unbound.map_err(|error| unreachable(owner, &error))?;
    // sqlx takes an advisory lock: servers that start at the same moment do this one after the other.
    MIGRATIONS.run(&mut connection).await.map_err(|error| match error {
        MigrateError::VersionMissing(version) => newer(owner, version),
        MigrateError::VersionMismatch(version) => OpenError::Edited { database: owner.to_string(), version },
        other => OpenError::NotUsable { database: owner.to_string(), message: other.to_string() },
    })?;
    let caught_up = search::catch_up(&mut Connection::Postgres(&mut connection)).await;
    caught_up.map_err(|error| OpenError::NotUsable { database: owner.to_string(), message: error.to_string() })?;
    if owner.user() != app.user() {
        let granted = sqlx::raw_sql(AssertSqlSafe(grants(app.user()))).execute(&mut connection).await;
        granted.map_err(|error| OpenError::NotUsable { database: owner.to_string(), message: error.to_string() })?;
    }
    connection.close().await.map_err(|error| unreachable(owner, &error))
}

/// What the server's role may do: rows, no tables. What is only added to is never changed.
fn grants(role: &str) -> String {
    let role = role.replace('"', "\"\"");
    format!(
        r#"GRANT USAGE ON SCHEMA public TO "{role}";
           GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{role}";
           REVOKE UPDATE, DELETE ON audit, order_events, message_attempts FROM "{role}";
           REVOKE INSERT, UPDATE, DELETE ON _sqlx_migrations FROM "{role}";
           GRANT EXECUTE ON FUNCTION office_upkeep() TO "{role}";"#
    )
}

fn last_known() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

fn newer(address: &PostgresAddress, version: i64) -> OpenError {
    OpenError::Newer { database: address.to_string(), version, known: last_known() }
}

/// Looks whether the database has exactly our migrations, with the rights of a server.
async fn check_version(connection: &mut PgConnection, address: &PostgresAddress) -> Result<(), OpenError> {
    let not_usable =
        |error: sqlx::Error| OpenError::NotUsable { database: address.to_string(), message: error.to_string() };
    let not_migrated = || OpenError::NotMigrated { database: address.to_string() };
    let known: Option<String> = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations')::text")
        .fetch_one(&mut *connection)
        .await
        .map_err(not_usable)?;
    if known.is_none() {
        return Err(not_migrated());
    }
    let applied = sqlx::query("SELECT version, checksum FROM _sqlx_migrations WHERE success ORDER BY version")
        .fetch_all(connection)
        .await
        .map_err(not_usable)?;
    for row in &applied {
        let version: i64 = row.try_get(0).map_err(not_usable)?;
        let checksum: Vec<u8> = row.try_get(1).map_err(not_usable)?;
        match MIGRATIONS.iter().find(|migration| migration.version == version) {
            None => return Err(newer(address, version)),
            Some(ours) if *ours.checksum != *checksum => {
                return Err(OpenError::Edited { database: address.to_string(), version });
            }
            Some(_) => {}
        }
    }
    if applied.len() < MIGRATIONS.iter().count() { Err(not_migrated()) } else { Ok(()) }
}
