//! The programs under test, as `make build` left them.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

pub use postoffice_runtime::testing::{Running, free_port, kill_process};

/// Path of a built program.
///
/// # Panics
/// It was not built: run `make build`.
pub fn program(name: impl AsRef<Path>) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    // Whoever runs from a release build means release builds.
    let path = target.join(if cfg!(debug_assertions) { "debug" } else { "release" }).join(name);
    assert!(path.exists(), "{} is not built; run `make build`", path.display());
    path.canonicalize().expect("it exists")
}

/// Sends a signal, by its name without `SIG`.
///
/// # Panics
/// There is no such process.
pub fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").args([format!("-{name}"), pid.to_string()]).status().expect("kill runs");
    assert!(sent.success(), "SIG{name} to {pid}");
}

/// A command for a program that ends when we do, also when we are killed in the middle: an aborted test leaves nothing running.
pub fn tied(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "TERM", "--"]).arg(program.as_ref());
    command
}
