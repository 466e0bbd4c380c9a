//! Names for taking a message up: the process, and how many it has taken up.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::system::Sources;

/// Gives out names.
pub struct Hands {
    process: String,
    given: AtomicU64,
}

impl Hands {
    /// Names of this process.
    pub fn new(sources: &Sources) -> Self {
        Self { process: sources.name(), given: AtomicU64::new(0) }
    }

    /// The process's part of them.
    pub fn process(&self) -> &str {
        &self.process
    }

    /// A name that nobody had before.
    pub fn next(&self) -> String {
        format!("{}-{}", self.process, self.given.fetch_add(1, Ordering::Relaxed))
    }
}
