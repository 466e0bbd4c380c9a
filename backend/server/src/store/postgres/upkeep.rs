//! What PostgreSQL has to do because of what was written, beside the writer: nobody who saves waits for it.
//!
//! - A GIN index keeps new rows in a list, and every search looks through all of it. Whoever writes and finds the list full sorts it in, the terms of
//!   hundreds of orders at once. So it is asked for before the list is full; if nobody could ask, the one who writes still does it.
//! - PostgreSQL counts its tables once a minute. An office that begins writes thousands of orders before that, with plans for empty tables.
//!
//! Both are in the function `office_upkeep` of the migrations, because only the owner of the tables may do them. Servers that ask at the same time
//! take turns.

use std::{convert::Infallible, time::Duration};

use sqlx::{PgConnection, postgres::PgConnectOptions};
use tokio::time::timeout;

use super::open::connect;
use crate::store::due::Due;

/// Commands between two times: a third of a megabyte of terms, a twelfth of what the list may hold.
pub(in crate::store) const COMMANDS: usize = 128;
/// How long it may take. PostgreSQL gives a statement less: after this the network counts as gone.
const DONE_WITHIN: Duration = Duration::from_secs(15);

/// Asks for it whenever it is due. What fails is left to the next time, and to PostgreSQL itself.
pub(super) async fn keep_up(due: &Due, options: &PgConnectOptions) -> Infallible {
    let mut kept = None;
    loop {
        due.wait().await;
        match timeout(DONE_WITHIN, ask(kept.take(), options)).await {
            Ok(Ok(connection)) => kept = Some(connection),
            Ok(Err(error)) => tracing::debug!(%error, "the tables could not be kept up; tried again"),
            Err(_) => tracing::debug!("PostgreSQL does not say whether the tables are kept up; tried again"),
        }
    }
}

async fn ask(kept: Option<PgConnection>, options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let mut connection = match kept {
        Some(connection) => connection,
        None => connect(options).await?,
    };
    sqlx::query("SELECT office_upkeep()").execute(&mut connection).await?;
    Ok(connection)
}
