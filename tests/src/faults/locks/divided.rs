//! A primary, a replica and three sentinels whose network can be cut, in a network namespace of their own: every part has a loopback address
//! of its own, and policy routing drops what goes between two of them. Nothing outside the namespace sees any of it.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    process::Command,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
    time::timeout,
};

use crate::{
    programs::{Running, free_port, tied},
    wait::until_within,
};

const NAME: &str = "po";
const SERVERS: [&str; 2] = ["127.0.1.1", "127.0.1.2"];
const SENTINELS: &str = "127.0.1.3";
/// Where the server and the clerks are.
const OFFICE: &str = "127.0.0.1";
/// Sentinels that were held up think for half a minute before they trust their clock again.
const PATIENCE: Duration = Duration::from_secs(90);
/// Who looks on; no cut touches it.
const WITNESS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 1, 4));

/// What is cut off together with the primary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The primary alone: the office reaches both sides.
    Primary,
    /// The primary and the office: to them everything looks well.
    PrimaryAndOffice,
}

/// See the module.
pub struct DividedRedis {
    ports: [u16; 2],
    sentinels: [u16; 3],
    running: Vec<Running>,
    folder: tempfile::TempDir,
}

impl DividedRedis {
    /// Starts everything. The process must be in a network namespace of its own, as its root.
    ///
    /// # Panics
    /// It does not start, or this is the machine's own network.
    pub async fn start() -> Self {
        ip(&["link", "set", "lo", "up"]);
        // What is for this machine is found last, so that rules of ours come before it.
        ip(&["rule", "add", "pref", "100", "lookup", "local"]);
        ip(&["rule", "del", "pref", "0"]);
        let mut redis = Self {
            ports: [free_port(), free_port()],
            sentinels: [free_port(), free_port(), free_port()],
            running: Vec::new(),
            folder: tempfile::tempdir().expect("a temp folder"),
        };
        redis.start_servers();
        until_within(PATIENCE, "the replica to be in step", || async {
            let answer = ask(SERVERS[1], redis.ports[1], "INFO replication").await?;
            answer.contains("master_link_status:up").then_some(())
        })
        .await;
        redis.start_sentinels();
        until_within(PATIENCE, "the sentinels to know each other", || async {
            for port in redis.sentinels {
                if !ask(SENTINELS, port, "INFO sentinel").await?.contains("slaves=1,sentinels=3") {
                    return None;
                }
            }
            Some(())
        })
        .await;
        redis
    }

    fn start_servers(&mut self) {
        let primary = format!("{} {}", SERVERS[0], self.ports[0]);
        for (number, (address, port)) in SERVERS.into_iter().zip(self.ports).enumerate() {
            let folder = self.folder.path().join(address);
            std::fs::create_dir_all(&folder).expect("a folder for a Redis");
            let mut command = tied("redis-server");
            command
                .args(["--bind", address, "--bind-source-addr", address, "--port", &port.to_string()])
                .args(["--protected-mode", "no", "--repl-diskless-sync-delay", "0", "--repl-timeout", "3"])
                .args(["--save", "", "--appendonly", "yes", "--dir"])
                .arg(&folder);
            if number > 0 {
                command.args(["--replicaof", &primary]);
            }
            self.running.push(Running::start(&mut command, &folder.join("redis.log")));
        }
    }

    fn start_sentinels(&mut self) {
        for port in self.sentinels {
            let folder = self.folder.path().join(format!("sentinel-{port}"));
            std::fs::create_dir_all(&folder).expect("a folder for a sentinel");
            let settings = folder.join("sentinel.conf");
            let text = format!(
                "port {port}\nbind {SENTINELS}\nbind-source-addr {SENTINELS}\nprotected-mode no\ndir {folder}\n\
                 sentinel monitor {NAME} {primary} {primary_port} 2\nsentinel down-after-milliseconds {NAME} 500\n\
                 sentinel failover-timeout {NAME} 1000\n",
                folder = folder.display(),
                primary = SERVERS[0],
                primary_port = self.ports[0],
            );
            std::fs::write(&settings, text).expect("the settings of a sentinel");
            let mut command = tied("redis-server");
            command.arg(&settings).arg("--sentinel");
            self.running.push(Running::start(&mut command, &folder.join("sentinel.log")));
        }
    }

    /// Its address, for the server.
    pub fn url(&self) -> String {
        let hosts: Vec<String> = self.sentinels.iter().map(|port| format!("{SENTINELS}:{port}")).collect();
        format!("sentinel://{}/{NAME}", hosts.join(","))
    }

    /// Cuts the primary off until the sentinels have made the other one the primary and `longer` has passed; then heals the network and
    /// waits until the old primary follows the new one.
    ///
    /// # Panics
    /// The sentinels do not agree, or the old primary does not come back.
    pub async fn cut_off_primary(&self, side: Side, longer: Duration) {
        let primary = until_within(PATIENCE, "a primary", || self.primary()).await;
        let other = SERVERS.into_iter().find(|address| *address != primary).expect("there are two");
        let mut pairs = vec![(primary, other), (primary, SENTINELS)];
        if side == Side::PrimaryAndOffice {
            pairs.extend([(OFFICE, other), (OFFICE, SENTINELS)]);
        }
        for (one, two) in &pairs {
            rule("add", one, two);
        }
        until_within(PATIENCE, "the replica to be promoted", || async { self.is(other, "master").await.then_some(()) })
            .await;
        tokio::time::sleep(longer).await;
        for (one, two) in &pairs {
            rule("del", one, two);
        }
        until_within(PATIENCE, "the old primary to follow the new one", || async {
            let follows = self.is(primary, "slave").await && self.primary().await == Some(other);
            follows.then_some(())
        })
        .await;
    }

    /// Address of the primary, by the word of every sentinel.
    async fn primary(&self) -> Option<&'static str> {
        let mut named = Vec::new();
        for port in self.sentinels {
            let answer = ask(SENTINELS, port, &format!("SENTINEL GET-MASTER-ADDR-BY-NAME {NAME}")).await?;
            named.push(SERVERS.into_iter().find(|address| answer.contains(address))?);
        }
        named.dedup();
        (named.len() == 1).then(|| named.remove(0))
    }

    async fn is(&self, address: &str, role: &str) -> bool {
        let port = self.ports[usize::from(address != SERVERS[0])];
        let answer = ask(address, port, "INFO replication").await.unwrap_or_default();
        answer.contains(&format!("role:{role}")) && (role == "master" || answer.contains("master_link_status:up"))
    }
}

/// What a Redis or a sentinel says, asked from an address that no cut touches.
async fn ask(address: &str, port: u16, question: &str) -> Option<String> {
    let asked = timeout(Duration::from_secs(1), async {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(WITNESS, 0))?;
        let address: IpAddr = address.parse().map_err(std::io::Error::other)?;
        let mut stream = socket.connect(SocketAddr::new(address, port)).await?;
        // The second answer says that the first one is whole.
        stream.write_all(format!("{question}\r\nPING\r\n").as_bytes()).await?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"+PONG\r\n") {
            if stream.read_buf(&mut answer).await? == 0 {
                break;
            }
        }
        std::io::Result::Ok(String::from_utf8_lossy(&answer).into_owned())
    });
    asked.await.ok()?.ok()
}

/// Drops (`add`) what two addresses send each other, or no longer (`del`).
fn rule(what: &str, one: &str, two: &str) {
    for (from, to) in [(one, two), (two, one)] {
        ip(&["rule", what, "pref", "10", "from", from, "to", to, "blackhole"]);
    }
}

fn ip(arguments: &[&str]) {
    let done = Command::new("ip").args(arguments).status();
    assert!(done.is_ok_and(|status| status.success()), "ip {}", arguments.join(" "));
}

/// A command that runs `program` as root of a network namespace of its own, which is gone with it.
pub fn apart(program: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--net", "--kill-child"]).arg(program);
    command
}
