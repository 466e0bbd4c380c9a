//! A PostgreSQL cluster of Debian's package in a temp folder, on a loopback port of its own. As root it runs as the user `postgres`, because
//! PostgreSQL refuses to run as root.
//!
//! A small script stands between us and the server: it reads from us until we are gone, however we went, and then stops the server. So one cluster
//! can serve all tests of a process, and nothing is left behind.

use std::{
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Output, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use super::free_port;

/// How long starting and stopping may take.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK_EVERY: Duration = Duration::from_millis(25);
/// For a cluster that nobody unplugs: nothing is brought to the disk, and its log stays small (every database that is made goes through it, some 8 MB each).
const IN_SMALL: [&str; 10] = [
    "-c",
    "fsync=off",
    "-c",
    "min_wal_size=32MB",
    "-c",
    "max_wal_size=64MB",
    "-c",
    "wal_level=minimal",
    "-c",
    "max_wal_senders=0",
];
/// The role that owns the tables.
const OWNER: &str = "office_owner";
/// The role of the server.
const APP: &str = "office_app";

/// `$1`: the folder to remove at the end, or nothing. The rest: the server.
const KEEPER: &str = r#"
trap '' INT
folder=$1; shift
"$@" & server=$!
cat > /dev/null
kill -QUIT "$server" 2> /dev/null
wait "$server"
[ -z "$folder" ] || rm -rf "$folder"
"#;

/// See the module.
pub struct TestPostgres {
    keeper: Child,
    /// Closed when the server is to stop.
    lifeline: Option<ChildStdin>,
    folder: PathBuf,
    port: u16,
    databases: AtomicU32,
    /// None when it is not for us to remove.
    temp: Option<tempfile::TempDir>,
}

/// Who removes the folder of a cluster.
enum Keeping {
    /// We do, when it is dropped.
    Temp(tempfile::TempDir),
    /// Its keeper, when the process has ended.
    Process,
    /// Nobody.
    Folder,
}

/// A database of its own for one test.
#[derive(Debug, Clone)]
pub struct TestDatabase {
    /// As a server signs in: rows, no tables.
    pub url: String,
    /// As the owner of the tables signs in.
    pub owner_url: String,
    /// As the cluster's superuser signs in, for looking past the server and for damage.
    pub superuser_url: String,
}

/// Where Debian has the programs of the newest PostgreSQL.
fn program(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed (postgresql-15)");
    let mut found: Vec<PathBuf> = versions
        .filter_map(|version| Some(version.ok()?.path().join("bin").join(name)))
        .filter(|path| path.exists())
        .collect();
    found.sort();
    found.pop().unwrap_or_else(|| panic!("{name} of PostgreSQL is installed"))
}

/// The words before a program that must not run as root.
fn not_as_root() -> Vec<&'static str> {
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    if root { vec!["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] } else { Vec::new() }
}

fn well(output: &Output, what: &str) {
    let (out, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{what}: {out}{errors}");
}

impl TestPostgres {
    /// Starts one whose commits are on the disk.
    ///
    /// # Panics
    /// PostgreSQL is not installed or does not start.
    pub fn start() -> Self {
        let temp = tempfile::tempdir().expect("a temp folder");
        Self::make(temp.path().to_owned(), Keeping::Temp(temp), &[])
    }

    /// Starts the one in `folder`, which is made when there is none, and leaves it there: what takes long to fill can be asked again.
    ///
    /// # Panics
    /// PostgreSQL is not installed or does not start.
    pub fn kept(folder: &Path) -> Self {
        let data = folder.join("data");
        if !data.exists() {
            std::fs::create_dir_all(folder).expect("the folder can be made");
            return Self::make(folder.to_owned(), Keeping::Folder, &[]);
        }
        let port = free_port();
        let (keeper, lifeline) = run(&data, port, Path::new(""), &[]);
        let this = Self {
            keeper,
            lifeline: Some(lifeline),
            folder: folder.to_owned(),
            port,
            databases: AtomicU32::new(0),
            temp: None,
        };
        this.wait_until_ready();
        this
    }

    /// The one of this process, for tests that need a database and not a cluster of their own. Its commits survive its own death, not the
    /// machine's.
    ///
    /// # Panics
    /// PostgreSQL is not installed or does not start.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<TestPostgres> = OnceLock::new();
        SHARED.get_or_init(|| {
            let folder = tempfile::tempdir().expect("a temp folder").keep();
            Self::make(folder, Keeping::Process, &IN_SMALL)
        })
    }

    fn make(folder: PathBuf, keeping: Keeping, settings: &[&str]) -> Self {
        let before = not_as_root();
        if !before.is_empty() {
            well(&Command::new("chown").arg("postgres").arg(&folder).output().expect("chown runs"), "chown");
        }
        let data = folder.join("data");
        let mut words: Vec<&std::ffi::OsStr> = before.iter().map(|word| std::ffi::OsStr::new(*word)).collect();
        let initdb = program("initdb");
        words.push(initdb.as_os_str());
        // Sorted as Ukrainian, so that nothing leans on a collation of bytes that is not there.
        let made = Command::new(words[0])
            .args(&words[1..])
            .args(["--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8"])
            .args(["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=uk", "-D"])
            .arg(&data)
            .current_dir("/")
            .output();
        well(&made.expect("initdb runs"), "initdb");
        let port = free_port();
        let removed = if matches!(keeping, Keeping::Process) { folder.as_path() } else { Path::new("") };
        let (keeper, lifeline) = run(&data, port, removed, settings);
        let temp = if let Keeping::Temp(temp) = keeping { Some(temp) } else { None };
        let this = Self { keeper, lifeline: Some(lifeline), folder, port, databases: AtomicU32::new(0), temp };
        this.wait_until_ready();
        this.tell("postgres", &format!("CREATE ROLE {OWNER} LOGIN; CREATE ROLE {APP} LOGIN"));
        this
    }

    fn wait_until_ready(&self) {
        let until = Instant::now() + PATIENCE;
        let ready = program("pg_isready");
        loop {
            let asked = Command::new(&ready).args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]).status();
            if asked.is_ok_and(|status| status.success()) {
                return;
            }
            assert!(Instant::now() < until, "PostgreSQL does not start:\n{}", self.log());
            std::thread::park_timeout(LOOK_EVERY);
        }
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("data/log/postgres.log")).unwrap_or_default()
    }

    /// Its port on 127.0.0.1.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Process id of the server.
    ///
    /// # Panics
    /// It does not run.
    pub fn pid(&self) -> u32 {
        let text = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).expect("it runs");
        text.lines().next().and_then(|line| line.trim().parse().ok()).expect("it wrote its process id")
    }

    /// Says something to a database as the superuser.
    ///
    /// # Panics
    /// It is refused.
    pub fn tell(&self, database: &str, sql: &str) {
        let told = Command::new(program("psql"))
            .args(["-q", "-X", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", "postgres", "-p"])
            .args([&self.port.to_string(), "-d", database, "-c", sql])
            .output();
        well(&told.expect("psql runs"), sql);
    }

    /// A new database, empty.
    ///
    /// # Panics
    /// It cannot be made.
    pub fn database(&self) -> TestDatabase {
        let name = format!("office_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.tell("postgres", &format!("CREATE DATABASE {name} OWNER {OWNER}"));
        self.database_called(&name)
    }

    /// One that is there already.
    pub fn database_called(&self, name: &str) -> TestDatabase {
        let url = |role| format!("postgres://{role}@127.0.0.1:{}/{name}", self.port);
        TestDatabase { url: url(APP), owner_url: url(OWNER), superuser_url: url("postgres") }
    }

    /// Stops it as a power cut would: no connection is told, nothing is written down.
    ///
    /// # Panics
    /// It does not stop.
    pub fn stop_at_once(&mut self) {
        drop(self.lifeline.take());
        let ended = self.keeper.wait().expect("the keeper is a child of ours");
        assert!(ended.success(), "the keeper of PostgreSQL: {ended}");
    }

    /// Starts it again after [`Self::stop_at_once`].
    ///
    /// # Panics
    /// It does not come back.
    pub fn start_again(&mut self) {
        let (keeper, lifeline) = run(&self.folder.join("data"), self.port, Path::new(""), &[]);
        (self.keeper, self.lifeline) = (keeper, Some(lifeline));
        self.wait_until_ready();
    }
}

fn run(data: &Path, port: u16, removed: &Path, settings: &[&str]) -> (Child, ChildStdin) {
    let mut command = Command::new("sh");
    command.args(["-c", KEEPER, "keeper"]).arg(removed).args(not_as_root());
    command.arg(program("postgres")).arg("-D").arg(data).args(["-p", &port.to_string()]);
    for setting in [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=300",
        "logging_collector=on",
        "log_directory=log",
        "log_filename=postgres.log",
    ] {
        command.args(["-c", setting]);
    }
    command.args(settings).current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut keeper = command.spawn().expect("sh runs");
    let lifeline = keeper.stdin.take().expect("it was piped");
    (keeper, lifeline)
}

impl Drop for TestPostgres {
    fn drop(&mut self) {
        if self.lifeline.take().is_some()
            && let Err(error) = self.keeper.wait()
        {
            eprintln!("PostgreSQL is left behind: {error}");
        }
        drop(self.temp.take());
    }
}
