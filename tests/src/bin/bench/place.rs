//! Where is measured: an office with default settings, except the one that would stop a load generator, which has one address.

use std::{
    fs,
    path::{Path, PathBuf},
};

use postoffice_runtime::testing::TestDatabase;
use postoffice_tests::office::Office;
use tempfile::TempDir;

/// An office without orders whose server takes many connections from one address.
///
/// # Panics
/// It does not start.
pub async fn office() -> Office {
    with_many_connections(Office::start(0).await).await
}

/// The same on a PostgreSQL database.
///
/// # Panics
/// It does not start.
pub async fn office_on(database: &TestDatabase) -> Office {
    with_many_connections(Office::start_on(0, database).await).await
}

async fn with_many_connections(mut office: Office) -> Office {
    // A setting of the server alone: the sender would refuse it.
    let many = "POSTOFFICE_LIMITS__CONNECTIONS_PER_ADDRESS";
    office.set(many, "20000");
    office.stop_server();
    office.start_server().await;
    office.unset(many);
    office
}

/// A database with all tables and no orders, to be copied.
pub struct EmptyDatabase {
    folder: TempDir,
}

/// Makes one, with the server's own program.
///
/// # Panics
/// It cannot be made.
pub async fn empty_database() -> EmptyDatabase {
    let folder = tempfile::tempdir().expect("a temp folder");
    let mut office = Office::start(0).await;
    // It folds its write-ahead log into the file when it stops.
    office.stop_server();
    fs::copy(office.database(), folder.path().join("empty.db")).expect("the database can be copied");
    EmptyDatabase { folder }
}

impl EmptyDatabase {
    /// A copy of it.
    ///
    /// # Panics
    /// It cannot be copied.
    pub fn copy(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::copy(self.folder.path().join("empty.db"), &path).expect("the database can be copied");
        path
    }
}

/// Removes a database with its write-ahead log.
pub fn remove(path: &Path) {
    for ending in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        // The log is gone already when the database was closed well.
        if let Err(error) = fs::remove_file(&name)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            eprintln!("{} is left behind: {error}", path.display());
        }
    }
}
