//! Which renderer WebKitGTK uses.
//!
//! Without a GPU its DMA-BUF renderer costs 111 MB and 200 ms for nothing (docs/BENCHMARKS.md), so it is switched off there. The switch is an
//! environment variable that must stand before the process starts: we start ourselves again with it.

#[cfg(target_os = "linux")]
const SWITCH: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// Starts this program again with the switch where there is no GPU. Returns when nothing needs to change.
#[cfg(target_os = "linux")]
pub fn choose() {
    use std::os::unix::process::CommandExt;
    if std::env::var_os(SWITCH).is_some() || std::path::Path::new("/dev/dri").exists() {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let error = std::process::Command::new(program).args(std::env::args_os().skip(1)).env(SWITCH, "1").exec();
    tracing::warn!(%error, "cannot start again without the DMA-BUF renderer; going on with it");
}

/// Nothing to choose elsewhere.
#[cfg(not(target_os = "linux"))]
pub const fn choose() {}
