//! One multiplexed connection for short commands, whatever kind of Redis is behind it.

use std::sync::Arc;

use redis::{
    Cmd, ErrorKind, Pipeline, RedisFuture, RedisResult, Value,
    aio::{ConnectionLike, ConnectionManager},
    cluster::ClusterClient,
    cluster_routing::{RoutingInfo, SingleNodeRoutingInfo},
};

use super::{
    cluster::owners,
    followed::{Followed, Live, Target},
    sentinel::Sentinels,
};

/// A connection for short commands. Cheap to clone; all clones share it.
#[derive(Clone)]
pub struct RedisConnection(Kind);

#[derive(Clone)]
enum Kind {
    Single(ConnectionManager),
    Followed(Arc<Followed>),
}

impl RedisConnection {
    pub(super) fn single(manager: ConnectionManager) -> Self {
        Self(Kind::Single(manager))
    }

    pub(super) fn of_sentinels(sentinels: Sentinels) -> Self {
        Self(Kind::Followed(Arc::new(Followed::new(Target::Sentinel(sentinels)))))
    }

    pub(super) fn of_cluster(client: ClusterClient) -> Self {
        Self(Kind::Followed(Arc::new(Followed::new(Target::Cluster(Box::new(client))))))
    }

    /// Every key that matches `pattern`, looked for in steps of about `step` keys, on every primary of a cluster. A key may come twice.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn scan(&mut self, pattern: &str, step: usize) -> RedisResult<Vec<String>> {
        let primaries = match &self.0 {
            Kind::Followed(followed) if followed.is_cluster() => {
                let reply: Value = redis::cmd("CLUSTER").arg("SLOTS").query_async(self).await?;
                let mut primaries: Vec<_> =
                    owners(reply)?.into_iter().map(|owned| Some((owned.host, owned.port))).collect();
                primaries.sort();
                primaries.dedup();
                primaries
            }
            _ => vec![None],
        };
        let mut found = Vec::new();
        for primary in primaries {
            let mut cursor = 0_u64;
            loop {
                let mut command = redis::cmd("SCAN");
                command.arg(cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(step);
                let reply = match &primary {
                    Some((host, port)) => self.at(host, *port, command).await?,
                    None => command.query_async(self).await?,
                };
                let (next, keys): (u64, Vec<String>) = redis::from_redis_value(reply)?;
                found.extend(keys);
                cursor = next;
                if cursor == 0 {
                    break;
                }
            }
        }
        Ok(found)
    }

    /// One command at one node of a cluster.
    async fn at(&self, host: &str, port: u16, command: Cmd) -> RedisResult<Value> {
        let node = SingleNodeRoutingInfo::ByAddress { host: host.to_owned(), port };
        let Kind::Followed(followed) = &self.0 else {
            return Err((ErrorKind::Client, "one server has no nodes").into());
        };
        followed
            .run(async |live| match live {
                Live::Cluster(cluster) => cluster.route_command(command, RoutingInfo::SingleNode(node)).await,
                Live::Server(server) => server.req_packed_command(&command).await,
            })
            .await
    }
}

impl ConnectionLike for RedisConnection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        match &mut self.0 {
            Kind::Single(manager) => manager.req_packed_command(command),
            Kind::Followed(followed) => Box::pin(followed.command(command)),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match &mut self.0 {
            Kind::Single(manager) => manager.req_packed_commands(pipeline, offset, count),
            Kind::Followed(followed) => Box::pin(followed.commands(pipeline, offset, count)),
        }
    }

    fn get_db(&self) -> i64 {
        match &self.0 {
            Kind::Single(manager) => manager.get_db(),
            Kind::Followed(_) => 0,
        }
    }
}
