//! What only PostgreSQL has: connections that break, other servers, an owner.

mod cut;
mod faults;
mod open;
mod plans;
mod several;

use postoffice_runtime::testing::TestDatabase;

use super::*;
use crate::store::StoreError;

/// The database of a desk on PostgreSQL.
fn database(desk: &Desk) -> &TestDatabase {
    match &desk.place {
        Place::Database(database) => database,
        Place::Folder(_) => panic!("on PostgreSQL"),
    }
}

/// Ends every connection to the database but this one.
async fn end_connections(desk: &Desk) {
    let mut behind = desk.behind_its_back().await;
    let ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    behind.run(ended, &[]).await.unwrap();
    behind.close().await;
}

/// One order more than before, and one event, whatever happened on the way.
async fn happened_once(desk: &Desk, work: &OrderWork, before: u64) {
    let again = done(desk.store.submit(work.clone()).await.unwrap());
    assert_eq!(desk.store.answer_of(work).await.unwrap().map(done), Some(again));
    assert_eq!(desk.store.outbox_depth().await.unwrap(), before + 1);
}
