//! The real time and the real randomness as the domain wants them. Built once, at the entry point.

use std::sync::Arc;

use postoffice_domain::{
    clock::{Clock, Timestamp},
    entropy::Entropy,
};
use postoffice_runtime::source;

/// Where the sender gets time and randomness.
#[derive(Clone)]
pub struct Sources {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

impl Sources {
    /// The machine's.
    pub fn of_the_system() -> Self {
        Self { clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy) }
    }

    /// A new random name of 16 hexadecimal digits.
    pub fn name(&self) -> String {
        let mut bytes = [0_u8; 8];
        self.entropy.fill(&mut bytes);
        format!("{:016x}", u64::from_be_bytes(bytes))
    }
}

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(source::wall_clock_millis())
    }
}

struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        source::fill_random(bytes);
    }
}
