//! Ports of one's own, and processes that end with the value.

use std::{
    fs::File,
    net::TcpListener,
    ops::Range,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
};

/// Below those that the kernel hands out by itself (from 32768), so that no outgoing connection sits on one of them.
const PORTS: Range<u16> = 20_000..32_000;

/// A port for a server of a test. Nobody else gets it before this process ends: tests lock a file per port, and the kernel leaves it alone.
///
/// # Panics
/// There is none.
pub fn free_port() -> u16 {
    static TAKEN: Mutex<Vec<File>> = Mutex::new(Vec::new());
    let locks = std::env::temp_dir().join("postoffice-test-ports");
    std::fs::create_dir_all(&locks).expect("a folder for locks of ports");
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    for port in PORTS {
        let lock = File::options().create(true).truncate(false).write(true).open(locks.join(port.to_string()));
        let lock = lock.expect("a lock file");
        if lock.try_lock().is_ok() && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            taken.push(lock);
            return port;
        }
    }
    panic!("all ports of {PORTS:?} are taken");
}

/// Kills a process as a power cut would. For children of what we started; their parent notices by itself.
///
/// # Panics
/// There is no such process.
pub fn kill_process(pid: u32) {
    let killed = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
    assert!(killed.is_ok_and(|status| status.success()), "kill -KILL {pid}");
}

/// `SIGABRT`.
const ABORTED: i32 = 6;

/// A process that ends with the value: first asked, then killed.
pub struct Running {
    child: Child,
    name: String,
}

impl Running {
    /// Starts it; its output goes to `log` (appended).
    ///
    /// # Panics
    /// It cannot be started.
    pub fn start(command: &mut Command, log: &Path) -> Self {
        let file = std::fs::File::options().create(true).append(true).open(log).expect("a log file");
        let errors = file.try_clone().expect("a log file");
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::null()).stdout(file).stderr(errors).spawn();
        Self { child: child.unwrap_or_else(|error| panic!("{name} does not start: {error}")), name }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal by name, for example `KILL`.
    ///
    /// # Panics
    /// It is gone already.
    pub fn signal(&mut self, signal: &str) {
        let sent = Command::new("kill").arg(format!("-{signal}")).arg(self.pid().to_string()).status();
        assert!(sent.is_ok_and(|status| status.success()), "{}: kill -{signal}", self.name);
    }

    /// Kills it as a power cut would, and waits until it is gone.
    ///
    /// # Panics
    /// It cannot be killed.
    pub fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it is a child of ours");
    }

    /// Whether it ended by aborting itself, as at a fail point.
    pub fn has_aborted(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(status)) if status.signal() == Some(ABORTED))
    }

    /// Whether it ended by itself.
    pub fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.has_ended() {
            return;
        }
        let asked = Command::new("kill").arg(self.pid().to_string()).status();
        for _ in 0..200 {
            if asked.is_err() || self.has_ended() {
                return;
            }
            std::thread::park_timeout(std::time::Duration::from_millis(25));
        }
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait().map(drop)) {
            eprintln!("{} is left behind: {error}", self.name);
        }
    }
}
