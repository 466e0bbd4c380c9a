//! Whether this computer slept. A socket that slept looks well for a long time: the server closed it, and nobody could tell us.

use std::time::Duration;

use postoffice_domain::clock::Timestamp;
use tokio::time::Instant;

/// How often it is looked at.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A look that comes so much too late was slept through, or the process was stopped.
const SLEPT: Duration = Duration::from_secs(8);

/// Both clocks at the last look: of one of them it is known that it runs on in sleep, which one depends on the system.
pub(super) struct Awake {
    looked: Instant,
    clock: Timestamp,
}

impl Awake {
    pub fn now(looked: Instant, clock: Timestamp) -> Self {
        Self { looked, clock }
    }

    /// Looks; true: there was a sleep since the last look. A clock that was set says so too, and a needless question does no harm.
    pub fn slept(&mut self, looked: Instant, clock: Timestamp) -> bool {
        let by_clock = Duration::from_millis(u64::try_from(clock.millis_since(self.clock)).unwrap_or(0));
        let slept = looked.duration_since(self.looked).max(by_clock) > LOOK_EVERY + SLEPT;
        *self = Self { looked, clock };
        slept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleep_shows_on_either_clock() {
        let (start, noon) = (Instant::now(), Timestamp::from_millis(1_000_000));
        let after = |mono: u64, wall: i64| {
            Awake::now(start, noon).slept(start + Duration::from_secs(mono), noon.plus_millis(wall * 1_000))
        };
        assert!(!after(1, 1));
        assert!(!after(5, 5), "a busy computer does not sleep");
        assert!(after(1, 3_600));
        assert!(after(3_600, 1));
        assert!(!after(1, -3_600), "the clock was set back");
    }

    #[test]
    fn one_sleep_is_told_once() {
        let (start, noon) = (Instant::now(), Timestamp::from_millis(1_000_000));
        let mut awake = Awake::now(start, noon);
        assert!(awake.slept(start + LOOK_EVERY, noon.plus_millis(60_000)));
        assert!(!awake.slept(start + 2 * LOOK_EVERY, noon.plus_millis(61_000)));
    }
}
