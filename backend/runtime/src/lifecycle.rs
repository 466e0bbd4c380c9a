//! From start to exit.
//!
//! ```text
//! running ── SIGTERM, SIGINT ──▶ draining: all goes on, but say that it will not ── drain time is over, or a second signal ──▶ soft
//! running ── a critical task ended ──▶ soft: finish what is begun, take nothing new
//!    soft ── all tasks done ──▶ exit                        soft ── grace is over, or a second signal ──▶ hard: drop everything, exit
//! ```
//! A critical task that fails or panics begins the soft stop and makes the exit code 1.

use std::{
    future::Future,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The life of a process. Cheap to clone.
#[derive(Clone, Default)]
pub struct Lifecycle {
    draining: CancellationToken,
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
    crashed: Arc<AtomicBool>,
}

impl Lifecycle {
    /// A life that has just begun.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancelled when the process was told to stop: everything goes on, but whoever asks should send nobody here any more.
    pub fn draining(&self) -> CancellationToken {
        self.draining.clone()
    }

    /// Cancelled when the process begins to stop: take nothing new, finish what is begun.
    pub fn soft(&self) -> CancellationToken {
        self.soft.clone()
    }

    /// Cancelled when patience is over: drop everything.
    pub fn hard(&self) -> CancellationToken {
        self.hard.clone()
    }

    /// Tracks work that shutdown waits for.
    pub fn tasks(&self) -> TaskTracker {
        self.tasks.clone()
    }

    /// Runs a task without which the process is no use: when it fails, panics, or ends before the stop, the process stops with code 1.
    pub fn spawn_critical<F, E>(&self, name: &'static str, task: F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: std::fmt::Display + Send + 'static,
    {
        let life = self.clone();
        let running = tokio::spawn(task);
        self.tasks.spawn(async move {
            let abort = running.abort_handle();
            let ended = tokio::select! {
                ended = running => ended,
                () = life.hard.cancelled() => { abort.abort(); return; }
            };
            match ended {
                Ok(Ok(())) if life.soft.is_cancelled() => tracing::debug!(task = name, "ended"),
                Ok(Ok(())) => life.crash(name, &"ended before the process was asked to stop"),
                Ok(Err(error)) => life.crash(name, &error),
                Err(panic) => life.crash(name, &panic),
            }
        });
    }

    /// Runs a task that others ask and that ends with the last of them: the stop does not wait for it. A panic of it is a crash.
    pub fn spawn_servant<F>(&self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let life = self.clone();
        let running = tokio::spawn(task);
        tokio::spawn(async move {
            if let Err(panic) = running.await {
                life.crash(name, &panic);
            }
        });
    }

    /// Begins to drain.
    pub fn drain(&self) {
        self.draining.cancel();
    }

    /// Begins the soft stop.
    pub fn stop(&self) {
        self.draining.cancel();
        self.soft.cancel();
    }

    /// Whether a critical task crashed.
    pub fn has_crashed(&self) -> bool {
        self.crashed.load(Ordering::SeqCst)
    }

    fn crash(&self, name: &'static str, why: &dyn std::fmt::Display) {
        tracing::error!(task = name, error = %why, "a critical task ended; the process stops");
        self.crashed.store(true, Ordering::SeqCst);
        self.stop();
    }

    /// Waits for a signal or a crash, then stops: softly within `grace`, hard afterwards.
    ///
    /// # Errors
    /// The signal handlers cannot be installed.
    pub async fn run_to_end(&self, grace: Duration) -> std::io::Result<ExitCode> {
        self.run_to_end_after(Duration::ZERO, grace).await
    }

    /// The same, but a signal first begins to drain; the soft stop comes when `drain` is over, with a second signal, or with a crash.
    ///
    /// # Errors
    /// The signal handlers cannot be installed.
    pub async fn run_to_end_after(&self, drain: Duration, grace: Duration) -> std::io::Result<ExitCode> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        sd_notify("READY=1");
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM: stopping"),
            _ = interrupt.recv() => tracing::info!("SIGINT: stopping"),
            () = self.soft.cancelled() => {}
        }
        sd_notify("STOPPING=1");
        self.drain();
        if !drain.is_zero() && !self.soft.is_cancelled() {
            tracing::info!(?drain, "draining: not ready any more, everything else goes on");
            tokio::select! {
                () = tokio::time::sleep(drain) => {}
                () = self.soft.cancelled() => {}
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        self.stop();
        self.tasks.close();
        tokio::select! {
            () = self.tasks.wait() => tracing::info!("stopped; everything begun is finished"),
            () = tokio::time::sleep(grace) => tracing::warn!("grace is over: dropping what is left"),
            _ = terminate.recv() => tracing::warn!("second signal: dropping what is left"),
            _ = interrupt.recv() => tracing::warn!("second signal: dropping what is left"),
        }
        self.hard.cancel();
        self.tasks.wait().await;
        Ok(if self.has_crashed() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// Tells systemd about our state when it asked to be told (`NOTIFY_SOCKET`). Nothing depends on its success.
fn sd_notify(state: &str) {
    let Ok(path) = std::env::var("NOTIFY_SOCKET") else { return };
    let told = std::os::unix::net::UnixDatagram::unbound().and_then(|socket| socket.send_to(state.as_bytes(), &path));
    if let Err(error) = told {
        tracing::warn!(%error, "systemd asked to be notified, but its socket does not answer");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_crash_stops_the_process_with_a_failure() {
        let life = Lifecycle::new();
        life.spawn_critical("relay", async { Err::<(), _>("no database") });
        let code = life.run_to_end(Duration::from_secs(5)).await.unwrap();
        assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::FAILURE));
    }

    #[tokio::test]
    async fn a_panic_is_a_crash() {
        let life = Lifecycle::new();
        life.spawn_critical("fan-out", async {
            assert!(std::env::args().count() == 0, "planted");
            Ok::<(), std::convert::Infallible>(())
        });
        life.run_to_end(Duration::from_secs(5)).await.unwrap();
        assert!(life.has_crashed());
    }

    #[tokio::test]
    async fn a_servant_is_not_waited_for_but_its_panic_is_a_crash() {
        let life = Lifecycle::new();
        life.spawn_servant("idle", std::future::pending());
        life.stop();
        life.run_to_end(Duration::from_secs(5)).await.unwrap();
        assert!(!life.has_crashed());
        let life = Lifecycle::new();
        life.spawn_servant("broken", async { assert!(std::env::args().count() == 0, "planted") });
        life.run_to_end(Duration::from_secs(5)).await.unwrap();
        assert!(life.has_crashed());
    }

    #[tokio::test]
    async fn a_soft_stop_waits_for_what_is_begun() {
        let life = Lifecycle::new();
        let (begun, finished) = tokio::sync::oneshot::channel();
        let soft = life.soft();
        life.spawn_critical("worker", async move {
            soft.cancelled().await;
            begun.send("finished").map_err(|_| "nobody waits")
        });
        life.stop();
        let code = life.run_to_end(Duration::from_secs(5)).await.unwrap();
        assert_eq!(finished.await, Ok("finished"));
        assert_eq!(format!("{code:?}"), format!("{:?}", ExitCode::SUCCESS));
    }

    #[tokio::test(start_paused = true)]
    async fn grace_ends() {
        let life = Lifecycle::new();
        life.spawn_critical("stuck", std::future::pending::<Result<(), std::convert::Infallible>>());
        life.stop();
        life.run_to_end(Duration::from_mins(1)).await.unwrap();
        assert!(life.hard().is_cancelled());
    }
}
