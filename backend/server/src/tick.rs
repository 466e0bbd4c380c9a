//! When all desktops are told something: at most once in a tick of 20 ms, so that fan-out costs per tick, and everything that is told to all of them
//! in the same ticks, so that what comes together goes out in one write.

use std::time::Duration;

use tokio::time::Instant;

/// Length of a tick.
const TICK: Duration = Duration::from_millis(20);

/// The ticks of a process.
#[derive(Debug, Clone, Copy)]
pub struct Ticks {
    began: Instant,
}

impl Default for Ticks {
    /// Ticks counted from now.
    fn default() -> Self {
        Self { began: Instant::now() }
    }
}

impl Ticks {
    /// When the tick after the one of `now` begins.
    pub fn after(&self, now: Instant) -> Instant {
        let ticks = now.saturating_duration_since(self.began).as_millis() / TICK.as_millis() + 1;
        self.began + TICK.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_tick_is_later_and_the_same_for_all_in_this_one() {
        let ticks = Ticks::default();
        let at = |ms| ticks.began + Duration::from_millis(ms);
        assert_eq!([0, 1, 19, 20, 39].map(|ms| ticks.after(at(ms))), [20, 20, 20, 40, 40].map(at));
    }
}
