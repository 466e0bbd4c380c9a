//! Opening the database file: one server per file, the right pragmas, migrations with refusals an admin can act on.

use std::{
    fs::{File, TryLockError},
    io::{Read, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    ConnectOptions, SqliteConnection,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::{direct::Direct, readers::Readers};
use crate::store::{connection::Connection, error::StoreError, integration_events, open::OpenError, search};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/sqlite");

/// An opened database.
pub(in crate::store) struct Opened {
    /// The one connection that writes.
    pub writer: Direct,
    /// The one that makes checkpoints beside it.
    pub beside: SqliteConnection,
    /// Connections that only read.
    pub readers: Readers,
    /// Held as long as the store lives; the operating system frees it whatever happens to us. None beside a server.
    pub lock: Option<File>,
}

/// Opens (or makes) the database at `path` and brings it to the newest version.
pub(in crate::store) async fn open(path: &Path, beside_a_server: bool) -> Result<Opened, OpenError> {
    let lock = if beside_a_server { None } else { Some(lock_file(path)?) };
    let not_usable =
        |error: sqlx::Error| OpenError::NotUsable { database: path.display().to_string(), message: error.to_string() };
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .pragma("cache_size", "-32000")
        // Pages. A checkpoint writes each changed page once, however often it was changed; 16 MB of log are read in a moment after a crash.
        .pragma("wal_autocheckpoint", "4000")
        .pragma("temp_store", "memory");
    let mut beside = options.clone().connect().await.map_err(not_usable)?;
    MIGRATIONS.run(&mut beside).await.map_err(|error| match error {
        MigrateError::VersionMissing(version) => OpenError::Newer {
            database: path.display().to_string(),
            version,
            known: MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0),
        },
        MigrateError::VersionMismatch(version) => OpenError::Edited { database: path.display().to_string(), version },
        other => OpenError::NotUsable { database: path.display().to_string(), message: other.to_string() },
    })?;
    let not_usable =
        |error: StoreError| OpenError::NotUsable { database: path.display().to_string(), message: error.to_string() };
    let mut writer = Direct::open(path).map_err(not_usable)?;
    if lock.is_some() {
        search::catch_up(&mut Connection::Sqlite(&mut writer)).await.map_err(not_usable)?;
        // The lock file is ours, so whoever led the relay is dead: its lease must not hold up the messages of this server.
        integration_events::end_lease(&mut Connection::Sqlite(&mut writer)).await.map_err(not_usable)?;
    }
    let readers = Readers::open(path).map_err(not_usable)?;
    Ok(Opened { writer, beside, readers, lock })
}

/// Takes the lock file beside the database and writes our process id into it, so that a second server can name the first.
fn lock_file(path: &Path) -> Result<File, OpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock_path = PathBuf::from(name);
    let broken = |source| OpenError::Folder { path: lock_path.clone(), source };
    let mut lock =
        File::options().create(true).read(true).write(true).truncate(false).open(&lock_path).map_err(broken)?;
    match lock.try_lock() {
        Ok(()) => {
            lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id())).map_err(broken)?;
            Ok(lock)
        }
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            lock.read_to_string(&mut pid).map_err(broken)?;
            Err(OpenError::InUse { path: path.to_owned(), pid: pid.trim().to_owned() })
        }
        Err(TryLockError::Error(source)) => Err(broken(source)),
    }
}
