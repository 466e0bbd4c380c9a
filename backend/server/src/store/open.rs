//! Opening a store, whichever engine it has.

use std::{path::PathBuf, sync::Arc};

use postoffice_domain::{clock::Clock, entropy::Entropy};
use tokio::sync::{Notify, mpsc};

use super::{
    Store,
    connection::Readers,
    error::StoreError,
    postgres::{self, address::PostgresAddress, writer::PostgresWriter},
    sqlite::{
        self,
        writer::{Groups, SqliteWriter},
    },
    wording::SmsRules,
};

/// Jobs that may wait for the writer before callers are held back.
const QUEUE: usize = 4096;

/// Where the data is.
#[derive(Debug, Clone)]
pub enum Database {
    /// A SQLite file of this machine, for one server.
    File(PathBuf),
    /// A PostgreSQL database, for any number of servers.
    Postgres {
        /// As the server signs in.
        server: PostgresAddress,
        /// As the owner signs in; with it the server runs migrations by itself.
        owner: Option<PostgresAddress>,
    },
}

/// How to open a store.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// The database.
    pub database: Database,
    /// Most jobs that share a commit.
    pub group_max: usize,
    /// How texts to customers are written.
    pub sms: SmsRules,
    /// True for a command-line tool that works on the database of a running server; only the server takes the lock file.
    pub beside_a_server: bool,
}

/// Why the database cannot be opened. Display is for the admin.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another server has it.
    #[error("{path} is in use by another postoffice-server (process {pid}); stop it first")]
    InUse {
        /// The database.
        path: PathBuf,
        /// Process id of the other server, as it wrote it.
        pid: String,
    },
    /// The folder or lock file cannot be used.
    #[error("{path}: {source}")]
    Folder {
        /// The path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// PostgreSQL does not answer or does not let us in.
    #[error("{database} cannot be reached: {message}")]
    Unreachable {
        /// The database, without password.
        database: String,
        /// What PostgreSQL or the network says.
        message: String,
    },
    /// The database is empty or older than this program, and only its owner may change that.
    #[error(
        "{database} does not have this version's tables: run `postoffice-server migrate` with the owner's address (database.owner_url) first"
    )]
    NotMigrated {
        /// The database, without password.
        database: String,
    },
    /// It is not one of ours, damaged, or cannot be opened.
    #[error("{database} cannot be opened as a PostOffice database: {message}")]
    NotUsable {
        /// The database.
        database: String,
        /// What the engine says.
        message: String,
    },
    /// The database is newer than this program.
    #[error(
        "{database} was written by a newer version (migration {version}); this server knows migrations up to {known}. Install the newer version or restore a backup"
    )]
    Newer {
        /// The database.
        database: String,
        /// Migration that this program does not have.
        version: i64,
        /// Last migration that it has.
        known: i64,
    },
    /// A landed migration was edited.
    #[error(
        "{database}: migration {version} was applied with other text than this program has; restore a backup or install the version that wrote it"
    )]
    Edited {
        /// The database.
        database: String,
        /// The migration.
        version: i64,
    },
}

/// The writer: run it until the store is dropped.
pub struct Writer(Engine);

enum Engine {
    Sqlite(Box<SqliteWriter>),
    Postgres(Box<PostgresWriter>),
}

impl Writer {
    /// Writes until every [`Store`] is gone and everything queued is written.
    ///
    /// # Errors
    /// The disk of a SQLite file failed at COMMIT: end the process and recover.
    pub async fn run(self) -> Result<(), StoreError> {
        match self.0 {
            Engine::Sqlite(writer) => writer.run().await,
            Engine::Postgres(writer) => {
                writer.run().await;
                Ok(())
            }
        }
    }
}

impl Store {
    /// Opens the database, migrating it when needed and allowed. Run the [`Writer`] beside it: without it no write returns.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(
        config: &StoreConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<(Self, Writer), OpenError> {
        let (jobs, receiver) = mpsc::channel(QUEUE);
        let outbox_wake = Arc::new(Notify::new());
        let sms = Arc::new(config.sms.clone());
        let group_max = config.group_max.max(1);
        let (engine, readers, lock) = match &config.database {
            Database::File(path) => {
                let opened = sqlite::open::open(path, config.beside_a_server).await?;
                let groups = Groups {
                    connection: opened.writer,
                    jobs: receiver,
                    group_max,
                    entropy: Arc::clone(&entropy),
                    outbox_wake: Arc::clone(&outbox_wake),
                    sms: Arc::clone(&sms),
                };
                let writer = SqliteWriter { groups, beside: opened.beside };
                (Engine::Sqlite(Box::new(writer)), Readers::Sqlite(opened.readers), opened.lock.map(Arc::new))
            }
            Database::Postgres { server, owner } => {
                let readers = postgres::open::open(server, owner.as_ref()).await?;
                let writer = PostgresWriter::new(
                    server,
                    readers.clone(),
                    (receiver, group_max),
                    (Arc::clone(&clock), Arc::clone(&entropy)),
                    (Arc::clone(&outbox_wake), Arc::clone(&sms)),
                );
                (Engine::Postgres(Box::new(writer)), Readers::Postgres(readers), None)
            }
        };
        let store = Self { jobs, readers, clock, entropy, outbox_wake, sms, _lock: lock };
        Ok((store, Writer(engine)))
    }
}
