//! The programs under test, as `make build` left them.

use std::path::{Path, PathBuf};

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
