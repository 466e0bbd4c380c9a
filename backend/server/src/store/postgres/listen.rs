//! Waking the relay of this server when another one added to the outbox. What is missed while the connection is away does not matter: the relay
//! also looks by itself.

use std::{convert::Infallible, time::Duration};

use sqlx::{PgPool, postgres::PgListener};
use tokio::sync::Notify;

use super::CHANNEL;

/// Pause before listening again after it broke.
const PAUSE: Duration = Duration::from_secs(1);

/// Listens without end. `me` is the server that needs not be told.
pub(super) async fn listen(pool: &PgPool, me: &str, wake: &Notify) -> Infallible {
    loop {
        let error = match listen_once(pool, me, wake).await {
            Ok(never) => match never {},
            Err(error) => error,
        };
        tracing::debug!(%error, "cannot hear of other servers' events; the relay looks by itself meanwhile");
        tokio::time::sleep(PAUSE).await;
    }
}

async fn listen_once(pool: &PgPool, me: &str, wake: &Notify) -> Result<Infallible, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    loop {
        let told = listener.recv().await?;
        if told.payload() != me {
            wake.notify_one();
        }
    }
}
