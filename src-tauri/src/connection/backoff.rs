//! How long to wait before the next try: doubling, with full jitter, so that a thousand desktops do not come back in step.

use std::time::Duration;

use postoffice_domain::entropy::Entropy;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(8);

/// Wait before try number `attempt` (from 1).
pub fn wait(attempt: u32, entropy: &dyn Entropy) -> Duration {
    let ceiling = FIRST.saturating_mul(1 << attempt.saturating_sub(1).min(10)).min(LONGEST);
    let mut random = [0_u8; 2];
    entropy.fill(&mut random);
    let share = u32::from(u16::from_be_bytes(random));
    // Never nothing: a server that refuses at once must not be asked in a tight loop.
    (ceiling * share / u32::from(u16::MAX)).max(Duration::from_millis(50))
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
    fn grows_to_a_bound_and_is_spread() {
        assert_eq!(wait(1, &Always(255)), FIRST);
        assert_eq!(wait(3, &Always(255)), Duration::from_secs(1));
        assert_eq!(wait(4_000_000, &Always(255)), LONGEST);
        assert_eq!(wait(9, &Always(0)), Duration::from_millis(50));
    }
}
