//! One clock for all processes of a run: the machine's monotonic one, which no fault of ours moves.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// Microseconds on the machine's monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Moment(pub u64);

impl Moment {
    /// Now.
    pub fn now() -> Self {
        let now = clock_gettime(ClockId::Monotonic);
        let micros = u64::try_from(now.tv_nsec / 1_000).unwrap_or(0);
        Self(u64::try_from(now.tv_sec).unwrap_or(0) * 1_000_000 + micros)
    }

    /// So much later.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0 + u64::try_from(duration.as_micros()).unwrap_or(u64::MAX / 2))
    }

    /// How long from now until then; nothing when it is over.
    pub fn from_now(self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(Self::now().0))
    }
}
