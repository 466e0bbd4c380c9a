//! A connection of the pool, lent to somebody who reads, and how it gets back.
//!
//! PostgreSQL's machine can be gone without a word: no reset comes, and the kernel goes on asking for a quarter of an hour. So every step has a
//! bound of its own. A connection is asked before it is lent ([`is_there`]), a statement is waited for as long as PostgreSQL may take
//! (`ANSWER_WITHIN` in [`crate::store::connection`]), and one that does not answer when it comes back is thrown away: a pool that waits for it would have
//! lost the place.

use std::time::Duration;

use sqlx::{Connection as _, PgConnection, Postgres, pool::PoolConnection};
use tokio::{runtime::Handle, time::timeout};

/// How long a connection may take to say that it is there. It does nothing else at that moment.
const THERE_WITHIN: Duration = Duration::from_secs(1);

/// See the module.
pub(in crate::store) struct Lent {
    pooled: PoolConnection<Postgres>,
    in_transaction: bool,
}

impl Lent {
    /// One for statements of their own.
    pub const fn alone(pooled: PoolConnection<Postgres>) -> Self {
        Self { pooled, in_transaction: false }
    }

    /// One in whose transaction the statements will be. Nobody else gets it before [`Self::ended`].
    pub const fn in_transaction(pooled: PoolConnection<Postgres>) -> Self {
        Self { pooled, in_transaction: true }
    }

    /// The transaction has ended.
    pub const fn ended(&mut self) {
        self.in_transaction = false;
    }

    /// Lends it on.
    pub fn connection(&mut self) -> &mut PgConnection {
        &mut self.pooled
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if self.in_transaction {
            self.pooled.close_on_drop();
            return;
        }
        // The pool would wait for its answer without end.
        let back = self.pooled.return_to_pool();
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(timeout(THERE_WITHIN, back));
        }
    }
}

/// Looks whether a connection that lay in the pool is there.
///
/// # Errors
/// It is not, or says so too late; it is to be thrown away.
pub(super) async fn is_there(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let there = timeout(THERE_WITHIN, connection.ping()).await;
    there.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map(|()| true)
}
