//! How many refused requests a socket is forgiven.

use std::time::Duration;

use tokio::time::Instant;

const WINDOW: Duration = Duration::from_secs(10);
const REFUSALS_FORGIVEN: u32 = 500;

/// Counts refusals in windows of ten seconds.
#[derive(Debug)]
pub struct Patience {
    window: Instant,
    refusals: u32,
}

impl Patience {
    /// Full patience.
    pub fn new(now: Instant) -> Self {
        Self { window: now, refusals: 0 }
    }

    /// One more refusal; true when that was one too many.
    pub fn is_over(&mut self, now: Instant) -> bool {
        if now.duration_since(self.window) > WINDOW {
            self.window = now;
            self.refusals = 0;
        }
        self.refusals += 1;
        self.refusals > REFUSALS_FORGIVEN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_burst_is_forgiven_a_flood_is_not() {
        let start = Instant::now();
        let mut patience = Patience::new(start);
        assert!((0..REFUSALS_FORGIVEN).all(|_| !patience.is_over(start)));
        assert!(patience.is_over(start));
        assert!(!patience.is_over(start + WINDOW + Duration::from_millis(1)));
    }
}
