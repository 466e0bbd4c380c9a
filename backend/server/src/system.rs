//! The real time and the real randomness as the domain wants them. Built once, at the entry point.

use postoffice_domain::{
    clock::{Clock, Timestamp},
    entropy::Entropy,
};
use postoffice_runtime::source;

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(source::wall_clock_millis())
    }
}

/// The random generator of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        source::fill_random(bytes);
    }
}
