//! The connection to Redis: which addresses are allowed, time-outs, and one multiplexed connection that comes back by itself.

use std::time::Duration;

use redis::{
    Client, ConnectionAddr, RedisError,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

/// How long a short command may take before the caller is told that Redis is away.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(1);

/// Why Redis cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RedisLinkError {
    /// The address cannot be understood.
    #[error("the Redis address cannot be understood: {0}")]
    BadAddress(RedisError),
    /// Plain text over a network.
    #[error("redis:// to another host sends everything in the clear; use rediss:// or a unix socket")]
    PlainRemote,
    /// It does not answer.
    #[error("Redis does not answer: {0}")]
    Unreachable(RedisError),
}

/// Opens a client for `url` (`unix://…`, `redis://` to loopback, `rediss://…`). Does not connect.
///
/// # Errors
/// `BadAddress`, `PlainRemote`.
pub fn client(url: &str) -> Result<Client, RedisLinkError> {
    let client = Client::open(url).map_err(RedisLinkError::BadAddress)?;
    if let ConnectionAddr::Tcp(host, _) = client.get_connection_info().addr()
        && !is_loopback(host)
    {
        return Err(RedisLinkError::PlainRemote);
    }
    Ok(client)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A multiplexed connection for short commands that reconnects by itself. Returns at once, whether Redis is there or not: a server must
/// start, and orders must be accepted, without it.
///
/// # Errors
/// The client's address cannot be used.
pub fn connection(client: &Client) -> Result<ConnectionManager, RedisLinkError> {
    let config = ConnectionManagerConfig::new()
        .set_response_timeout(Some(RESPONSE_TIMEOUT))
        .set_connection_timeout(Some(CONNECTION_TIMEOUT))
        .set_min_delay(Duration::from_millis(50))
        .set_max_delay(Duration::from_secs(1))
        .set_number_of_retries(2);
    ConnectionManager::new_lazy_with_config(client.clone(), config).map_err(RedisLinkError::BadAddress)
}

/// Asks Redis whether it is there and ready.
///
/// # Errors
/// `Unreachable`, also while it is loading its data.
pub async fn ping(connection: &ConnectionManager) -> Result<(), RedisLinkError> {
    redis::cmd("PING").query_async::<()>(&mut connection.clone()).await.map_err(RedisLinkError::Unreachable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays_on_this_machine() {
        assert!(client("redis://127.0.0.1:6379").is_ok());
        assert!(client("redis://localhost").is_ok());
        assert!(client("unix:///run/redis.sock").is_ok());
        assert!(matches!(client("redis://10.0.0.7"), Err(RedisLinkError::PlainRemote)));
        assert!(matches!(client("nonsense"), Err(RedisLinkError::BadAddress(_))));
    }
}
