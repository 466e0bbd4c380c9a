//! A cluster: keys are spread over several primaries, each with replicas of which one takes its place.

use std::{net::SocketAddr, time::Duration};

use redis::{
    ConnectionAddr, ConnectionInfo, ErrorKind, RedisError, RedisFuture, RedisResult, Value,
    aio::{MultiplexedConnection, PubSub},
    cluster::{ClusterClient, ClusterClientBuilder},
    io::AsyncDNSResolver,
};

use super::{
    CONNECTION_TIMEOUT, RESPONSE_TIMEOUT, RedisLinkError,
    address::{elsewhere, is_loopback},
    away, connect, listen,
};

/// Slots of one primary and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owned {
    pub(super) first: u16,
    pub(super) last: u16,
    pub(super) host: String,
    pub(super) port: u16,
}

/// Some nodes of a cluster; the others are learned from them.
pub(super) struct Nodes(Vec<ConnectionInfo>);

impl Nodes {
    pub(super) fn new(nodes: Vec<ConnectionInfo>) -> Self {
        Self(nodes)
    }

    /// A client that sends every command to the node that has its key. A command whose answer was lost is sent again, within the time that a
    /// command has: all our commands and scripts may be repeated.
    pub(super) fn client(&self) -> Result<ClusterClient, RedisLinkError> {
        let mut builder = ClusterClientBuilder::new(self.0.clone())
            .connection_timeout(CONNECTION_TIMEOUT)
            .response_timeout(RESPONSE_TIMEOUT)
            .overall_response_timeout(Some(RESPONSE_TIMEOUT))
            .retries(8)
            .min_retry_wait(20)
            .max_retry_wait(200);
        if self.0.iter().any(|node| matches!(node.addr(), ConnectionAddr::Tcp(..))) {
            builder = builder.async_dns_resolver(ThisMachineOnly);
        }
        builder.build().map_err(RedisLinkError::BadAddress)
    }

    /// A connection to the primary that has `key`. A listed node may be gone, or know an owner that is gone: the next is asked.
    pub(super) async fn connect_to_owner(&self, key: &str, response: Duration) -> RedisResult<MultiplexedConnection> {
        let mut failed = away("no node of the cluster is listed");
        for node in &self.0 {
            match owner_by(node, key).await {
                Ok(owner) => match connect(owner, response).await {
                    Ok(connection) => return Ok(connection),
                    Err(error) => failed = error,
                },
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// Pub/sub at the first node that answers.
    pub(super) async fn listen(&self) -> RedisResult<PubSub> {
        let mut failed = away("no node of the cluster is listed");
        for node in &self.0 {
            match listen(&redis::Client::open(node.clone())?).await {
                Ok(listener) => return Ok(listener),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }
}

async fn owner_by(node: &ConnectionInfo, key: &str) -> RedisResult<ConnectionInfo> {
    let mut connection = connect(node.clone(), RESPONSE_TIMEOUT).await?;
    let slot: u16 = redis::cmd("CLUSTER").arg("KEYSLOT").arg(key).query_async(&mut connection).await?;
    let reply: Value = redis::cmd("CLUSTER").arg("SLOTS").query_async(&mut connection).await?;
    let owner = owners(reply)?.into_iter().find(|owned| (owned.first..=owned.last).contains(&slot));
    let owner = owner.ok_or_else(|| away("no node has this slot of the cluster"))?;
    match node.addr() {
        // A node that does not know its own address leaves it out.
        ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } if owner.host.is_empty() => {
            elsewhere(node, host, owner.port)
        }
        _ => elsewhere(node, &owner.host, owner.port),
    }
}

/// The primaries in an answer of `CLUSTER SLOTS`: rows of first slot, last slot, primary, replicas…, a node being host, port and more.
pub(super) fn owners(reply: Value) -> RedisResult<Vec<Owned>> {
    let rows: Vec<Vec<Value>> = redis::from_redis_value(reply)?;
    let read = |row: Vec<Value>| {
        let mut row = row.into_iter();
        let (first, last, node) = (row.next()?, row.next()?, row.next()?);
        let mut node = redis::from_redis_value::<Vec<Value>>(node).ok()?.into_iter();
        let host: Option<String> = redis::from_redis_value(node.next()?).ok()?;
        Some(Owned {
            first: redis::from_redis_value(first).ok()?,
            last: redis::from_redis_value(last).ok()?,
            host: host.unwrap_or_default(),
            port: redis::from_redis_value(node.next()?).ok()?,
        })
    };
    let owners: Option<Vec<Owned>> = rows.into_iter().map(read).collect();
    owners.ok_or_else(|| RedisError::from((ErrorKind::UnexpectedReturnType, "CLUSTER SLOTS")))
}

/// Finds no address but those of this machine, whatever nodes a cluster without TLS names.
struct ThisMachineOnly;

impl AsyncDNSResolver for ThisMachineOnly {
    fn resolve<'a, 'b: 'a>(
        &'a self,
        host: &'b str,
        port: u16,
    ) -> RedisFuture<'a, Box<dyn Iterator<Item = SocketAddr> + Send + 'a>> {
        Box::pin(async move {
            if !is_loopback(host) {
                let why = RedisLinkError::PlainRemote(host.to_owned()).to_string();
                return Err((ErrorKind::InvalidClientConfig, "a node elsewhere", why).into());
            }
            let addresses = tokio::net::lookup_host((host, port)).await?;
            Ok(Box::new(addresses) as Box<dyn Iterator<Item = SocketAddr> + Send>)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_cluster_without_tls_leads_nowhere_else() {
        assert!(ThisMachineOnly.resolve("10.0.0.7", 1).await.is_err());
        assert!(ThisMachineOnly.resolve("127.0.0.1", 1).await.is_ok());
    }
}
