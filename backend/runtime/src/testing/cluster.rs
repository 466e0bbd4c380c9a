//! A cluster of three primaries with a replica each.

use std::process::{Command, Stdio};

use super::{
    Running, free_port,
    node::{HOST, ask, info, start, until},
};
use crate::redis_link::{RedisConnection, RedisLink};

const NODES: usize = 6;
const PRIMARIES: usize = 3;

/// See the module.
pub struct TestCluster {
    nodes: Vec<(u16, Option<Running>)>,
    _folder: tempfile::TempDir,
}

impl TestCluster {
    /// Starts it and waits until every slot has a primary and every primary a replica.
    ///
    /// # Panics
    /// `redis-server` or `redis-cli` is not installed or does not work.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temp folder");
        let mut nodes = Vec::new();
        for _ in 0..NODES {
            let (port, bus) = (free_port(), free_port().to_string());
            let settings = [
                "--cluster-enabled",
                "yes",
                "--cluster-port",
                &bus,
                "--cluster-node-timeout",
                "1000",
                "--cluster-replica-validity-factor",
                "0",
            ];
            nodes.push((port, Some(start(&folder.path().join(port.to_string()), port, &settings))));
        }
        let cluster = Self { nodes, _folder: folder };
        cluster.create().await;
        cluster
    }

    async fn create(&self) {
        for (port, _) in &self.nodes {
            until("the node answers", async || ask::<String>(*port, &["PING"]).await.is_ok()).await;
        }
        let create = Command::new("redis-cli")
            .args(["--cluster", "create"])
            .args(self.nodes.iter().map(|(port, _)| format!("{HOST}:{port}")))
            .args(["--cluster-replicas", "1", "--cluster-yes"])
            .stdin(Stdio::null())
            .output()
            .expect("redis-cli runs");
        assert!(create.status.success(), "{}", String::from_utf8_lossy(&create.stdout));
        until("the cluster is whole", async || {
            let (mut fine, mut with_replica) = (0, 0);
            for (port, _) in &self.nodes {
                let state: Result<String, _> = ask(*port, &["CLUSTER", "INFO"]).await;
                fine += usize::from(state.is_ok_and(|state| state.contains("cluster_state:ok")));
                let replicas = info(*port, "replication", "connected_slaves").await;
                with_replica += usize::from(replicas.as_deref() == Some("1"));
            }
            fine == NODES && with_replica == PRIMARIES
        })
        .await;
    }

    /// Its address: three of its nodes.
    pub fn url(&self) -> String {
        let hosts: Vec<String> = self.nodes.iter().take(PRIMARIES).map(|(port, _)| format!("{HOST}:{port}")).collect();
        format!("cluster://{}", hosts.join(","))
    }

    /// The same, read.
    ///
    /// # Panics
    /// Never: the address is ours.
    pub fn link(&self) -> RedisLink {
        RedisLink::parse(&self.url()).expect("our own address is good")
    }

    /// A connection to it.
    ///
    /// # Panics
    /// Never: the address is ours.
    pub fn connection(&self) -> RedisConnection {
        self.link().connection().expect("our own address is good")
    }

    /// Port of the primary that has `key` now, as a node that runs sees it.
    pub async fn primary_of(&self, key: &str) -> Option<u16> {
        for (port, running) in &self.nodes {
            if running.is_none() {
                continue;
            }
            // The whole cluster has to be up: while a primary is missing, its slots still seem to be its own.
            let state: String = ask(*port, &["CLUSTER", "INFO"]).await.ok()?;
            let slot: u16 = ask(*port, &["CLUSTER", "KEYSLOT", key]).await.ok()?;
            let owners = crate::redis_link::cluster_owners(ask(*port, &["CLUSTER", "SLOTS"]).await.ok()?).ok()?;
            let owner = owners.into_iter().find(|(slots, _)| slots.contains(&slot)).map(|(_, port)| port);
            return owner.filter(|_| state.contains("cluster_state:ok"));
        }
        None
    }

    /// Kills the primary of `key` as a power cut would; gives its port. Does not wait for the failover.
    ///
    /// # Panics
    /// There is none.
    pub async fn kill_primary_of(&mut self, key: &str) -> u16 {
        let mut primary = None;
        until("the key has a primary", async || {
            primary = self.primary_of(key).await;
            primary.is_some()
        })
        .await;
        let port = primary.expect("the key has a primary");
        let (_, running) = self.nodes.iter_mut().find(|(node, _)| *node == port).expect("it is ours");
        running.take().expect("it runs").kill();
        port
    }

    /// Waits until another node than the one on `port` has `key`.
    ///
    /// # Panics
    /// It does not happen in time.
    pub async fn another_than(&self, port: u16, key: &str) {
        until("another primary", async || self.primary_of(key).await.is_some_and(|now| now != port)).await;
    }
}
