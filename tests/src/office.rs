//! A demo office: server with its private Redis and SQLite or PostgreSQL, and an SMS sender, as real processes.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use postoffice_runtime::testing::TestDatabase;

use crate::{
    faults::moved_clock::MovedClock,
    kannel::{self, Kannel},
    programs::{Running, free_port, kill_process, program, tied},
    wait::until,
};

/// Password of the clerks of Lviv 3 in the demo office.
pub const CLERK_PASSWORD: &str = "counter at lviv 3";
/// Password of the supervisor of Lviv 3 in the demo office.
pub const SUPERVISOR_PASSWORD: &str = "keys of the shift";

/// Password of the admin in the demo office.
pub const ADMIN_PASSWORD: &str = "keys of the house";

/// A running office.
pub struct Office {
    // Dropped in this order: the sender before the server whose Redis it uses, the folder last.
    sender: Option<Running>,
    server: Option<Running>,
    port: u16,
    admin_port: u16,
    reports_port: u16,
    sender_admin_port: u16,
    environment: Vec<(String, String)>,
    /// Settings that only the server has.
    server_environment: Vec<(String, String)>,
    sender_environment: Vec<(String, String)>,
    folder: tempfile::TempDir,
}

impl Office {
    /// Fills a demo office with `orders` orders and starts its server.
    ///
    /// # Panics
    /// It does not start.
    pub async fn start(orders: u32) -> Self {
        Self::start_with(orders, &[]).await
    }

    /// The same on a PostgreSQL database, which must be empty.
    ///
    /// # Panics
    /// It does not start.
    pub async fn start_on(orders: u32, database: &TestDatabase) -> Self {
        let server = [
            ("POSTOFFICE_DATABASE__URL", database.url.as_str()),
            ("POSTOFFICE_DATABASE__OWNER_URL", database.owner_url.as_str()),
        ];
        Self::start_with_all(orders, &[], &server).await
    }

    /// The same, with settings for its processes (environment variables).
    ///
    /// # Panics
    /// It does not start.
    pub async fn start_with(orders: u32, settings: &[(&str, &str)]) -> Self {
        Self::start_with_all(orders, settings, &[]).await
    }

    /// An empty one with settings for its processes, on a PostgreSQL database, which must be empty, or on a file.
    ///
    /// # Panics
    /// It does not start.
    pub async fn start_empty(database: Option<&TestDatabase>, settings: &[(&str, &str)]) -> Self {
        let urls = database.map(|database| {
            [
                ("POSTOFFICE_DATABASE__URL", database.url.as_str()),
                ("POSTOFFICE_DATABASE__OWNER_URL", database.owner_url.as_str()),
            ]
        });
        Self::start_with_all(0, settings, urls.as_ref().map_or(&[], |urls| urls.as_slice())).await
    }

    /// An empty one whose server goes by a clock that can be moved.
    ///
    /// # Panics
    /// It does not start.
    pub async fn start_with_clock(settings: &[(&str, &str)], clock: &MovedClock) -> Self {
        let server = clock.environment();
        let server = server.each_ref().map(|(name, value)| (*name, value.as_str()));
        Self::start_with_all(0, settings, &server).await
    }

    /// The first of several servers on one PostgreSQL database, which must be empty, and one Redis.
    ///
    /// # Panics
    /// It does not start.
    pub async fn start_node(orders: u32, database: &TestDatabase, redis: &str) -> Self {
        let server = [
            ("POSTOFFICE_DATABASE__URL", database.url.as_str()),
            ("POSTOFFICE_DATABASE__OWNER_URL", database.owner_url.as_str()),
            ("POSTOFFICE_REDIS__URL", redis),
            ("POSTOFFICE_TRUSTED_PROXIES", "[\"127.0.0.1\"]"),
        ];
        Self::start_with_all(orders, &[], &server).await
    }

    /// Another server with the same settings, and a folder and ports of its own.
    ///
    /// # Panics
    /// It does not start.
    pub async fn node_beside(&self) -> Self {
        Self::not_started(self.environment.clone(), self.server_environment.clone()).started().await
    }

    /// Ports and a folder of its own, nothing running.
    fn not_started(environment: Vec<(String, String)>, server_environment: Vec<(String, String)>) -> Self {
        Self {
            sender: None,
            server: None,
            port: free_port(),
            admin_port: free_port(),
            reports_port: free_port(),
            sender_admin_port: free_port(),
            environment,
            server_environment,
            sender_environment: Vec::new(),
            folder: tempfile::tempdir().expect("a temp folder"),
        }
    }

    async fn started(mut self) -> Self {
        self.start_server().await;
        self
    }

    async fn start_with_all(orders: u32, settings: &[(&str, &str)], of_server: &[(&str, &str)]) -> Self {
        let owned = |settings: &[(&str, &str)]| {
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let office = Self::not_started(owned(settings), owned(of_server));
        let mut demo_office = tokio::process::Command::new(program("postoffice-server"));
        demo_office
            .args(["demo-office", "--orders", &orders.to_string(), "--data"])
            .arg(office.data())
            .envs(office.server_environment.iter().cloned());
        let made = demo_office.output().await.expect("postoffice-server runs");
        assert!(made.status.success(), "demo-office: {}", String::from_utf8_lossy(&made.stderr));
        office.started().await
    }

    /// Sets an environment variable for the processes started from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Sets a setting that only the sender has, for the senders started from now on.
    pub fn set_for_sender(&mut self, name: &str, value: &str) {
        self.sender_environment.push((name.to_owned(), value.to_owned()));
    }

    /// Sets a setting that only the server has, for the servers started from now on.
    pub fn set_for_server(&mut self, name: &str, value: &str) {
        self.server_environment.push((name.to_owned(), value.to_owned()));
    }

    /// Forgets a variable.
    pub fn unset(&mut self, name: &str) {
        self.environment.retain(|(known, _)| known != name);
    }

    /// Where senders keep their books of calls.
    pub fn call_books(&self) -> PathBuf {
        self.data().join("calls")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Address for desktops.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Address of health and metrics.
    pub fn admin_address(&self) -> String {
        format!("127.0.0.1:{}", self.admin_port)
    }

    /// Sessions with an open socket at this server, by what it says itself.
    ///
    /// # Panics
    /// It does not say.
    pub async fn sessions_live(&self) -> u64 {
        let body = self.readiness().await;
        body["sessions_live"].as_u64().expect("a number")
    }

    /// What `/health/ready` says.
    ///
    /// # Panics
    /// It says nothing, or no JSON.
    pub async fn readiness(&self) -> serde_json::Value {
        let answer = readiness(&self.admin_address()).await.expect("the server answers");
        let (_, body) = answer.split_once("\r\n\r\n").expect("an answer with a body");
        serde_json::from_str(body).expect("it is JSON")
    }

    /// Process id of the server's private Redis.
    ///
    /// # Panics
    /// It does not run.
    pub async fn redis_pid(&mut self) -> u32 {
        let parent = self.server().pid().to_string();
        until("the server's Redis to run", || {
            let found = Command::new("pgrep").args(["-P", &parent, "-x", "redis-server"]).output();
            async move { String::from_utf8_lossy(&found.ok()?.stdout).trim().parse().ok() }
        })
        .await
    }

    /// Folder of the server's private Redis.
    pub fn redis_folder(&self) -> PathBuf {
        self.data().join("redis")
    }

    /// Path of the database.
    pub fn database(&self) -> PathBuf {
        self.data().join("postoffice.db")
    }

    /// What a process has logged so far: `server` or `sender`.
    pub fn log(&self, of: &str) -> String {
        std::fs::read_to_string(self.log_path(of)).unwrap_or_default()
    }

    fn log_path(&self, of: &str) -> PathBuf {
        self.folder.path().join(format!("{of}.log"))
    }

    /// Starts the server and waits until it is ready.
    ///
    /// # Panics
    /// It does not become ready.
    pub async fn start_server(&mut self) {
        self.spawn_server();
        let admin = self.admin_address();
        until("the server to be ready", || ready(&admin)).await;
    }

    /// Starts the server without waiting: it may be about to die at a fail point.
    pub fn spawn_server(&mut self) {
        let mut command = tied(program("postoffice-server"));
        command
            .arg("serve")
            .env("POSTOFFICE_DATA", self.data())
            .env("POSTOFFICE_LISTEN", self.address())
            .env("POSTOFFICE_ADMIN_LISTEN", self.admin_address())
            .envs(self.environment.iter().chain(&self.server_environment).cloned());
        self.server = Some(Running::start(&mut command, &self.log_path("server")));
    }

    /// Waits until the server died at the fail point that is set, forgets the point and starts it again.
    ///
    /// # Panics
    /// It does not die.
    pub async fn come_back_after_fail_point(&mut self) {
        until("the server to die at its fail point", || {
            let dead = self.server().has_ended();
            async move { dead.then_some(()) }
        })
        .await;
        self.unset("POSTOFFICE_FAIL_POINT");
        self.start_server().await;
    }

    /// Kills server, Redis and sender, the ones that run, as a power cut would.
    ///
    /// # Panics
    /// The server does not run.
    pub async fn power_cut(&mut self) {
        let redis = self.redis_pid().await;
        self.server().kill();
        kill_process(redis);
        if let Some(sender) = &mut self.sender {
            sender.kill();
        }
    }

    /// The server's process.
    ///
    /// # Panics
    /// It was not started.
    pub fn server(&mut self) -> &mut Running {
        self.server.as_mut().expect("the server was started")
    }

    /// Stops the server as an admin does.
    pub fn stop_server(&mut self) {
        self.server = None;
    }

    /// Starts the SMS sender with the gateway that only prints.
    pub fn start_sender_with_log(&mut self) {
        let command = self.sender_command();
        self.spawn_sender(command);
    }

    /// Starts the SMS sender on a real Kannel.
    pub fn start_sender_with_kannel(&mut self, kannel: &Kannel) {
        self.start_sender_with(&kannel.url());
    }

    /// Starts the SMS sender on whatever speaks Kannel's HTTP at `url`.
    pub fn start_sender_with(&mut self, url: &str) {
        let mut command = self.sender_command();
        towards(&mut command, url);
        self.spawn_sender(command);
    }

    /// Starts a sender beside the others, under a name and on ports of its own. It ends with the value.
    pub fn sender_beside(&self, slot: &str, url: &str) -> Running {
        let mut command = self.sender_command();
        towards(&mut command, url);
        command
            .env("POSTOFFICE_SLOT", slot)
            .env("POSTOFFICE_REPORTS_LISTEN", format!("127.0.0.1:{}", free_port()))
            .env("POSTOFFICE_ADMIN_LISTEN", format!("127.0.0.1:{}", free_port()));
        Running::start(&mut command, &self.log_path("sender"))
    }

    fn sender_command(&self) -> Command {
        let mut command = tied(program("postoffice-sms-sender"));
        command
            .env("POSTOFFICE_DATA", self.data())
            .env("POSTOFFICE_JOURNAL__CALLS", self.call_books())
            .env("POSTOFFICE_REPORTS_LISTEN", format!("127.0.0.1:{}", self.reports_port))
            .env("POSTOFFICE_ADMIN_LISTEN", format!("127.0.0.1:{}", self.sender_admin_port))
            .envs(self.environment.iter().chain(&self.sender_environment).cloned());
        command
    }

    fn spawn_sender(&mut self, mut command: Command) {
        self.sender = Some(Running::start(&mut command, &self.log_path("sender")));
    }

    /// The sender's process.
    ///
    /// # Panics
    /// It was not started.
    pub fn sender(&mut self) -> &mut Running {
        self.sender.as_mut().expect("the sender was started")
    }

    /// Stops the sender.
    pub fn stop_sender(&mut self) {
        self.sender = None;
    }

    /// A folder of its own for something that belongs to this office (a window's settings).
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn towards(sender: &mut Command, url: &str) {
    sender
        .env("POSTOFFICE_GATEWAY__KIND", "kannel")
        .env("POSTOFFICE_GATEWAY__KANNEL__URL", url)
        .env("POSTOFFICE_GATEWAY__KANNEL__USERNAME", kannel::USERNAME)
        .env("POSTOFFICE_GATEWAY__KANNEL__PASSWORD", kannel::PASSWORD);
}

impl Drop for Office {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for of in ["server", "sender"] {
                eprintln!("--- {of} ---\n{}", self.log(of));
            }
        }
        // A server that died leaves its Redis behind for the next one. Here none comes.
        if self.server.as_mut().is_some_and(Running::has_ended) {
            let socket = self.redis_folder().join("redis.sock");
            let found = Command::new("pgrep").args(["-f", &format!("unixsocket:{}", socket.display())]).output();
            let pids = found.map(|found| String::from_utf8_lossy(&found.stdout).into_owned()).unwrap_or_default();
            pids.lines().filter_map(|pid| pid.parse().ok()).for_each(kill_process);
        }
    }
}

/// `Some` when `/health/ready` answers 200.
async fn ready(admin: &str) -> Option<()> {
    readiness(admin).await?.starts_with("HTTP/1.1 200").then_some(())
}

/// The whole answer of `/health/ready`.
async fn readiness(admin: &str) -> Option<String> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(admin).await.ok()?;
    stream.write_all(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    Some(answer)
}
