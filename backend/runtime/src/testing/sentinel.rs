//! A primary, two replicas, and three sentinels that agree within a second or two when it is gone.

use redis::Value;

use super::{
    Running, free_port,
    node::{HOST, ask, info, start, until},
};
use crate::redis_link::{RedisConnection, RedisLink};

const NAME: &str = "po";
const SERVERS: usize = 3;
const SENTINELS: usize = 3;

struct Server {
    port: u16,
    running: Option<Running>,
}

/// See the module.
pub struct TestSentinel {
    servers: Vec<Server>,
    sentinels: Vec<(u16, Running)>,
    folder: tempfile::TempDir,
}

impl TestSentinel {
    /// Starts everything and waits until the sentinels know each other and the replicas.
    ///
    /// # Panics
    /// `redis-server` is not installed or does not start.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temp folder");
        let mut cast = Self { servers: Vec::new(), sentinels: Vec::new(), folder };
        for number in 0..SERVERS {
            cast.servers.push(Server { port: free_port(), running: None });
            cast.run(number, (number > 0).then_some(cast.servers[0].port));
        }
        let first = cast.servers[0].port;
        until("the replicas are in step", async || {
            let mut in_step = 0;
            for server in &cast.servers[1..] {
                let link = info(server.port, "replication", "master_link_status").await;
                in_step += usize::from(link.as_deref() == Some("up"));
            }
            in_step == SERVERS - 1
        })
        .await;
        for number in 0..SENTINELS {
            let sentinel = cast.sentinel(number, first);
            cast.sentinels.push(sentinel);
        }
        until("the sentinels know each other", async || {
            let mut ready = 0;
            for (port, _) in &cast.sentinels {
                let Ok(Value::Array(state)) = ask(*port, &["SENTINEL", "MASTER", NAME]).await else { continue };
                let word = |name: &str| {
                    let words: Vec<String> = state.iter().filter_map(|v| redis::from_redis_value_ref(v).ok()).collect();
                    words.iter().position(|word| word == name).and_then(|at| words.get(at + 1).cloned())
                };
                let known = (word("num-slaves"), word("num-other-sentinels"));
                ready += usize::from(known == (Some("2".to_owned()), Some("2".to_owned())));
            }
            ready == SENTINELS
        })
        .await;
        cast
    }

    fn run(&mut self, number: usize, primary: Option<u16>) {
        let port = self.servers[number].port;
        let folder = self.folder.path().join(port.to_string());
        let primary = primary.map(|primary| format!("{HOST} {primary}"));
        let settings: Vec<&str> = primary.iter().flat_map(|primary| ["--replicaof", primary.as_str()]).collect();
        self.servers[number].running = Some(start(&folder, port, &settings));
    }

    fn sentinel(&self, number: usize, primary: u16) -> (u16, Running) {
        let port = free_port();
        let folder = self.folder.path().join(format!("sentinel-{number}"));
        std::fs::create_dir_all(&folder).expect("a folder for a sentinel");
        let conf = folder.join("sentinel.conf");
        let text = format!(
            "port {port}\nbind {HOST}\ndir {folder}\nsentinel monitor {NAME} {HOST} {primary} 2\n\
             sentinel down-after-milliseconds {NAME} 1500\nsentinel failover-timeout {NAME} 3000\n",
            folder = folder.display(),
        );
        std::fs::write(&conf, text).expect("the settings of a sentinel");
        let mut command = std::process::Command::new("redis-server");
        command.arg(&conf).arg("--sentinel");
        (port, Running::start(&mut command, &folder.join("redis.log")))
    }

    /// Its address.
    pub fn url(&self) -> String {
        let hosts: Vec<String> = self.sentinels.iter().map(|(port, _)| format!("{HOST}:{port}")).collect();
        format!("sentinel://{}/{NAME}", hosts.join(","))
    }

    /// The same, read.
    ///
    /// # Panics
    /// Never: the address is ours.
    pub fn link(&self) -> RedisLink {
        RedisLink::parse(&self.url()).expect("our own address is good")
    }

    /// A connection that follows the primary.
    ///
    /// # Panics
    /// Never: the address is ours.
    pub fn connection(&self) -> RedisConnection {
        self.link().connection().expect("our own address is good")
    }

    /// Port of the server that is primary now, by what most sentinels say and it says itself.
    pub async fn primary(&self) -> Option<u16> {
        let mut named: Vec<u16> = Vec::new();
        for (port, _) in &self.sentinels {
            let answer: redis::RedisResult<(String, u16)> =
                ask(*port, &["SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME]).await;
            named.extend(answer.map(|(_, port)| port));
        }
        let most = named.iter().copied().max_by_key(|port| named.iter().filter(|other| *other == port).count())?;
        let role = info(most, "replication", "role").await;
        (named.iter().filter(|port| **port == most).count() * 2 > SENTINELS && role.as_deref() == Some("master"))
            .then_some(most)
    }

    /// Kills the primary as a power cut would; gives its port. Does not wait for the failover.
    ///
    /// # Panics
    /// There is none.
    pub async fn kill_primary(&mut self) -> u16 {
        let mut primary = None;
        until("there is a primary", async || {
            primary = self.primary().await;
            primary.is_some()
        })
        .await;
        let port = primary.expect("there is a primary");
        let server = self.servers.iter_mut().find(|server| server.port == port).expect("it is ours");
        server.running.take().expect("it runs").kill();
        port
    }

    /// Asks the sentinels to make a replica the primary; the old one lives on as a replica. Does not wait for it.
    ///
    /// # Panics
    /// They refuse.
    pub async fn step_down(&self) {
        until("the sentinels begin", async || {
            ask::<()>(self.sentinels[0].0, &["SENTINEL", "FAILOVER", NAME]).await.is_ok()
        })
        .await;
    }

    /// Waits until another server than the one on `port` is primary; gives its port.
    ///
    /// # Panics
    /// It does not happen in time.
    pub async fn another_than(&self, port: u16) -> u16 {
        let mut primary = None;
        until("another primary", async || {
            primary = self.primary().await.filter(|now| *now != port);
            primary.is_some()
        })
        .await;
        primary.expect("another primary")
    }

    /// Starts a killed server again, empty, and waits until the sentinels have made it a replica.
    ///
    /// # Panics
    /// It does not happen in time.
    pub async fn bring_back(&mut self, port: u16) {
        let number = self.servers.iter().position(|server| server.port == port).expect("it is ours");
        self.run(number, None);
        until("the old primary is a replica", async || {
            info(port, "replication", "master_link_status").await.as_deref() == Some("up")
        })
        .await;
    }
}
