//! The databases with so many orders: they go when they were asked, or stay in a folder (`KEPT`) to be asked again, because filling takes many
//! times as long as asking.

use std::{path::PathBuf, time::Instant};

use postoffice_runtime::testing::TestPostgres;
use postoffice_server::store::{Database, PostgresAddress};

use super::filling;
use crate::place::{self, EmptyDatabase};

/// Written into the folder of a kept cluster when all orders are there.
const WHOLE: &str = "filled";

/// Where the databases stay, if they shall.
fn kept() -> Option<PathBuf> {
    std::env::var_os("KEPT").map(PathBuf::from)
}

/// A SQLite file.
pub struct File {
    path: PathBuf,
    is_kept: bool,
}

impl File {
    /// To be asked.
    pub fn database(&self) -> Database {
        Database::File(self.path.clone())
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // Ten million orders need their room again.
        if !self.is_kept {
            place::remove(&self.path);
        }
    }
}

/// # Panics
/// It cannot be filled.
pub fn sqlite(empty: &EmptyDatabase, orders: u64) -> File {
    let kept = kept().map(|folder| folder.join(format!("lists-{orders}.db")));
    if let Some(path) = kept.clone().filter(|path| path.exists()) {
        return File { path, is_kept: true };
    }
    let began = Instant::now();
    let path = empty.copy("lists.db");
    filling::sqlite(&path, orders);
    println!("  SQLite: {orders} orders are there after {:.0} s", began.elapsed().as_secs_f64());
    let Some(kept) = kept else { return File { path, is_kept: false } };
    // A name of its own only for what is whole.
    std::fs::rename(&path, &kept).expect("the folder is on the disk of the temp folder");
    File { path: kept, is_kept: true }
}

/// A PostgreSQL database in a cluster of its own.
pub struct Cluster {
    database: Database,
    /// It stops when this is dropped.
    _runs: TestPostgres,
}

impl Cluster {
    /// To be asked.
    pub fn database(&self) -> Database {
        self.database.clone()
    }
}

/// # Panics
/// It cannot be filled.
pub async fn postgres(orders: u64) -> Cluster {
    let folder = kept().map(|folder| folder.join(format!("postgres-{orders}")));
    let cluster = folder.as_deref().map_or_else(TestPostgres::start, TestPostgres::kept);
    let address = |url: &str| PostgresAddress::parse(url).expect("an address");
    if folder.as_deref().is_some_and(|folder| folder.join(WHOLE).exists()) {
        let server = address(&cluster.database_called("office_0").url);
        return Cluster { database: Database::Postgres { server, owner: None }, _runs: cluster };
    }
    let database = cluster.database();
    let (server, owner) = (address(&database.url), address(&database.owner_url));
    let migrate = async || postoffice_server::store::migrate(&owner, &server).await.expect("it is ours");
    migrate().await;
    let began = Instant::now();
    let left = filling::postgres(&cluster, &database, orders).await;
    println!("  PostgreSQL: {orders} orders are there after {:.0} s", began.elapsed().as_secs_f64());
    // It gives the orders the terms that they are found by.
    migrate().await;
    println!("  they have their terms after {:.0} s", began.elapsed().as_secs_f64());
    filling::settle(&cluster, &database, &left);
    println!("  and can be searched after {:.0} s", began.elapsed().as_secs_f64());
    if let Some(folder) = folder.as_deref() {
        std::fs::write(folder.join(WHOLE), "").expect("the folder is ours");
    }
    Cluster { database: Database::Postgres { server, owner: None }, _runs: cluster }
}
