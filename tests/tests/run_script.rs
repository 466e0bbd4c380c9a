//! `scripts/run`, as `make run` calls it, on ports of its own: it starts everything, says what is wrong, and leaves nothing behind.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use postoffice_tests::{programs::free_port, wait::until};

/// A demo office started by the script.
struct Run {
    script: Child,
    log: PathBuf,
    data: PathBuf,
}

impl Run {
    /// Starts the script.
    fn start(data: &Path, log: &Path, port: u16) -> Self {
        let file = std::fs::File::create(log).expect("a log file");
        // Whoever runs the tests in the background has them ignore Ctrl-C, and the script would inherit that.
        let script = Command::new("env")
            .arg("--default-signal=INT")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/run"))
            .env("DEMO_DATA", data)
            .env("DEMO_PORT", port.to_string())
            .env("XDG_DATA_HOME", data.with_extension("home"))
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a log file"))
            .stderr(file)
            .spawn()
            .expect("the script starts");
        Self { script, log: log.to_owned(), data: data.to_owned() }
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.log).expect("the log")
    }

    /// Waits until everything runs.
    async fn ready(&mut self) {
        let log = self.log.clone();
        until("the office to run", || {
            let said = std::fs::read_to_string(&log).expect("the log");
            async move { said.contains("PostOffice runs").then_some(()) }
        })
        .await;
    }

    /// Ids of its processes: whoever has this script's variable in the environment.
    fn processes(&self) -> Vec<u32> {
        let mark = format!("DEMO_DATA={}\0", self.data.display());
        let all = std::fs::read_dir("/proc")
            .expect("processes")
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
        all.filter(|pid| {
            let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            // A zombie has no environment any more, so it does not count.
            String::from_utf8_lossy(&environment).contains(&mark)
        })
        .collect()
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").arg(format!("-{signal}")).arg(self.script.id().to_string()).status();
        assert!(sent.is_ok_and(|status| status.success()), "kill -{signal}");
    }

    async fn all_gone(&mut self) {
        until("all its processes to end", || {
            let ended = self.script.try_wait().expect("a child of ours").is_some() && self.processes().is_empty();
            async move { ended.then_some(()) }
        })
        .await;
    }
}

/// A port whose neighbours the script takes as well.
fn ports() -> u16 {
    loop {
        let first = free_port();
        let all_free = [1, 10, 11].iter().all(|step| std::net::TcpListener::bind(("127.0.0.1", first + step)).is_ok());
        if all_free {
            return first;
        }
    }
}

#[tokio::test]
async fn it_runs_on_a_fresh_machine_says_who_has_the_port_and_stops_cleanly_in_every_way() {
    let folder = tempfile::tempdir().unwrap();
    // The folder above is not there either: a fresh clone.
    let data = folder.path().join("data/demo");
    let port = ports();

    let mut first = Run::start(&data, &folder.path().join("first.log"), port);
    first.ready().await;
    assert!(first.said().contains("counter at lviv 3"), "accounts: {}", first.said());
    // Script, server, Redis, sender, window, Xvfb; the last of them may not have begun its program yet.
    until("all its processes to run", || {
        let all = first.processes().len() >= 5;
        async move { all.then_some(()) }
    })
    .await;

    // Somebody starts it once more.
    let mut second = Run::start(&folder.path().join("other"), &folder.path().join("second.log"), port);
    assert!(!second.script.wait().unwrap().success());
    assert!(second.said().contains(&format!("Port {port} is in use")), "{}", second.said());

    first.signal("INT");
    first.all_gone().await;
    assert!(first.said().ends_with("Stopped.\n"), "{}", first.said());

    // The same office again; then the polite and the rude way.
    for signal in ["TERM", "KILL"] {
        let port = ports();
        let mut run = Run::start(&data, &folder.path().join(signal), port);
        run.ready().await;
        assert!(run.said().contains("goes on"), "{}", run.said());
        assert!(run.said().contains("counter at lviv 3"), "accounts again: {}", run.said());
        run.signal(signal);
        run.all_gone().await;
    }
}
