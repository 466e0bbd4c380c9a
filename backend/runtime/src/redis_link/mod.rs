//! Redis by its address: one server, one found through Sentinel, or a cluster; commands, blocking reads and pub/sub on each.
//!
//! - [`address`]: what may stand in `redis.url`
//! - [`connection`]: one multiplexed connection for short commands that follows a failover by itself
//! - [`sentinel`], [`cluster`]: who is the primary now
//! - [`subscription`]: pub/sub that notices when nobody is there any more
//! - [`trouble`]: what its errors mean
//!
//! Nothing here connects before it is used: a server must start, and orders must be accepted, without Redis.

mod address;
mod cluster;
mod connection;
mod followed;
mod sentinel;
mod subscription;
#[cfg(test)]
mod tests;
mod trouble;

use std::{sync::Arc, time::Duration};

use redis::{
    AsyncConnectionConfig, Client, ConnectionInfo, ErrorKind, RedisError, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection, PubSub},
};

use address::Address;

pub use address::RedisLinkError;
pub use connection::RedisConnection;
pub use subscription::Subscription;
pub use trouble::RedisTrouble;

/// How long a short command may take before the caller is told that Redis is away.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(1);

/// A Redis that is known by its address. Cheap to clone.
#[derive(Clone)]
pub struct RedisLink(Arc<Address>);

impl RedisLink {
    /// Reads an address: `redis://`, `rediss://` or `unix://` for one server; `sentinel://host,host,host/name[/db]` for the one that
    /// Sentinel names; `cluster://host,host,host`; `rediss+sentinel://` and `rediss+cluster://` with TLS. Does not connect.
    ///
    /// # Errors
    /// See [`RedisLinkError`].
    pub fn parse(address: &str) -> Result<Self, RedisLinkError> {
        Ok(Self(Arc::new(Address::parse(address)?)))
    }

    /// A multiplexed connection for short commands that comes back, and follows a failover, by itself. Returns at once, whether Redis is
    /// there or not. Never block on it: see [`RedisLink::blocking`].
    ///
    /// # Errors
    /// The address cannot be used.
    pub fn connection(&self) -> Result<RedisConnection, RedisLinkError> {
        Ok(match &*self.0 {
            Address::Single(client) => {
                let config = ConnectionManagerConfig::new()
                    .set_response_timeout(Some(RESPONSE_TIMEOUT))
                    .set_connection_timeout(Some(CONNECTION_TIMEOUT))
                    .set_min_delay(Duration::from_millis(50))
                    .set_max_delay(Duration::from_secs(1))
                    .set_number_of_retries(2);
                let manager = ConnectionManager::new_lazy_with_config(client.clone(), config);
                RedisConnection::single(manager.map_err(RedisLinkError::BadAddress)?)
            }
            Address::Sentinel(sentinels) => RedisConnection::of_sentinels(sentinels.clone()),
            Address::Cluster(nodes) => RedisConnection::of_cluster(nodes.client()?),
        })
    }

    /// A connection of one's own for blocking reads of `key` that take up to `longest`, at the server that has it now. It does not follow:
    /// after an error, open another.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn blocking(&self, key: &str, longest: Duration) -> RedisResult<MultiplexedConnection> {
        let response = longest + Duration::from_secs(3);
        match &*self.0 {
            Address::Single(client) => multiplexed(client, response).await,
            Address::Sentinel(sentinels) => Ok(sentinels.connect(response).await?.connection),
            Address::Cluster(nodes) => nodes.connect_to_owner(key, response).await,
        }
    }

    /// Listens to a channel. After an error, subscribe again: what was published in between is lost.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn subscribe(&self, channel: &str) -> RedisResult<Subscription> {
        let mut listener = match &*self.0 {
            Address::Single(client) => listen(client).await?,
            Address::Sentinel(sentinels) => {
                let primary = sentinels.connect(RESPONSE_TIMEOUT).await?;
                listen(&Client::open(primary.info)?).await?
            }
            // A message reaches every node of a cluster, so any will do.
            Address::Cluster(nodes) => nodes.listen().await?,
        };
        within(RESPONSE_TIMEOUT, listener.subscribe(channel)).await?;
        Ok(Subscription::new(listener))
    }
}

/// Asks Redis whether it is there and ready.
///
/// # Errors
/// `Unreachable`, also while it is loading its data.
pub async fn ping(connection: &RedisConnection) -> Result<(), RedisLinkError> {
    redis::cmd("PING").query_async::<()>(&mut connection.clone()).await.map_err(RedisLinkError::Unreachable)
}

/// For the tests' own cluster: slots and the port of their primary.
#[cfg(feature = "testing")]
pub(crate) fn cluster_owners(reply: redis::Value) -> RedisResult<Vec<(std::ops::RangeInclusive<u16>, u16)>> {
    Ok(cluster::owners(reply)?.into_iter().map(|owned| (owned.first..=owned.last, owned.port)).collect())
}

async fn multiplexed(client: &Client, response: Duration) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECTION_TIMEOUT))
        .set_response_timeout(Some(response));
    client.get_multiplexed_async_connection_with_config(&config).await
}

async fn connect(info: ConnectionInfo, response: Duration) -> RedisResult<MultiplexedConnection> {
    multiplexed(&Client::open(info)?, response).await
}

async fn listen(client: &Client) -> RedisResult<PubSub> {
    within(CONNECTION_TIMEOUT, client.get_async_pubsub()).await
}

async fn within<T>(limit: Duration, work: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(away("no answer in time")))
}

/// An error that callers read as "Redis is away".
fn away(why: &'static str) -> RedisError {
    RedisError::from((ErrorKind::Io, why))
}
