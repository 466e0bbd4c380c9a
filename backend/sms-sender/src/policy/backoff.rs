//! When to try again: doubling waits with jitter, so that those who failed together do not come back together.

use std::time::Duration;

use postoffice_domain::entropy::Entropy;

/// Growing waits.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
}

impl Backoff {
    /// Waits from `first`, doubling, to `longest`.
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest }
    }

    /// The wait after the `failures`-th failure (from 1): between three quarters and all of the doubled wait.
    pub fn after(&self, failures: u32, entropy: &dyn Entropy) -> Duration {
        let doubled = self.first.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX));
        let whole = doubled.min(self.longest);
        let mut byte = [0_u8];
        entropy.fill(&mut byte);
        whole.saturating_sub(whole / 4 * u32::from(byte[0]) / 255)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Always(u8);
    impl Entropy for Always {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn it_doubles_to_the_longest_and_jitters_downward() {
        let backoff = Backoff::new(Duration::from_secs(1), Duration::from_mins(1));
        let seconds: Vec<u64> = (1..9).map(|n| backoff.after(n, &Always(0)).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(backoff.after(u32::MAX, &Always(0)), Duration::from_mins(1));
        assert_eq!(backoff.after(1, &Always(255)), Duration::from_millis(750));
    }
}
