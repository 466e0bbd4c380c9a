//! A virtual display of our own.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

use crate::programs::tied;

/// A display to open windows on.
pub struct Display {
    /// Xvfb; absent for the display that was there already.
    child: Option<Child>,
    name: String,
}

impl Display {
    /// Starts one, `width` × `height`, on a free number.
    ///
    /// # Panics
    /// Xvfb is not installed or does not start.
    pub fn start(width: u32, height: u32) -> Self {
        // -noreset: otherwise it resets when its last client leaves, and the next window hangs.
        let mut child = tied("Xvfb")
            .args(["-noreset", "-nolisten", "tcp", "-displayfd", "1", "-screen", "0", &format!("{width}x{height}x24")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts");
        let mut number = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut number).expect("Xvfb says its number");
        Self { child: Some(child), name: format!(":{}", number.trim()) }
    }

    /// The display this program was started on, if there is one.
    pub fn present() -> Option<Self> {
        let name = std::env::var("DISPLAY").ok().filter(|name| !name.is_empty())?;
        Some(Self { child: None, name })
    }

    /// For `DISPLAY`.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let Some(child) = &mut self.child else { return };
        if let Err(error) = child.kill().and_then(|()| child.wait().map(drop)) {
            eprintln!("Xvfb is left behind: {error}");
        }
    }
}
