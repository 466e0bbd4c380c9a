//! Waking the relay of this server when another one added to the outbox. What is missed while the connection is away does not matter: the relay
//! also looks by itself.

use std::{convert::Infallible, time::Duration};

use sqlx::postgres::{PgConnectOptions, PgListener};
use tokio::{sync::Notify, time::timeout};

use super::{CHANNEL, open::pool};

/// Pause before listening again after it broke.
const PAUSE: Duration = Duration::from_secs(1);
/// After so long without a word PostgreSQL is asked whether it is there: who only listens does not hear that the other side is gone.
const SILENT_AT_MOST: Duration = Duration::from_secs(10);
/// How long the answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Listens without end. `me` is the server that needs not be told.
pub(super) async fn listen(options: &PgConnectOptions, me: &str, wake: &Notify) -> Infallible {
    loop {
        let error = match listen_once(options, me, wake).await {
            Ok(never) => match never {},
            Err(error) => error,
        };
        tracing::debug!(%error, "cannot hear of other servers' events; the relay looks by itself meanwhile");
        tokio::time::sleep(PAUSE).await;
    }
}

async fn listen_once(options: &PgConnectOptions, me: &str, wake: &Notify) -> Result<Infallible, sqlx::Error> {
    // A pool of its own, and a new one each time: the listener gives a connection back that may be silent for ever.
    let mut listener = PgListener::connect_with(&pool(1, options)).await?;
    listener.listen(CHANNEL).await?;
    loop {
        let Ok(told) = timeout(SILENT_AT_MOST, listener.recv()).await else {
            let asked = timeout(ANSWER_WITHIN, sqlx::raw_sql("SELECT 1").execute(&mut listener)).await;
            asked.unwrap_or(Err(sqlx::Error::PoolTimedOut))?;
            continue;
        };
        if told?.payload() != me {
            wake.notify_one();
        }
    }
}
