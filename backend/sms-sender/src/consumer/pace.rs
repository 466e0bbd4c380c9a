//! A token bucket: so many messages a second, a few at once after a silence. After an outage it paces the catch-up by itself.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// The bucket, kept as the moment at which the next token is due.
#[derive(Debug)]
pub struct Pace {
    interval: Duration,
    savings: Duration,
    next: Mutex<Instant>,
}

impl Pace {
    /// `per_second` messages a second (more than 0), `burst` at once when nothing went for a while.
    pub fn new(per_second: f64, burst: u32) -> Self {
        let interval = Duration::try_from_secs_f64(1.0 / per_second).unwrap_or(Duration::MAX);
        Self { interval, savings: interval.saturating_mul(burst.saturating_sub(1)), next: Mutex::new(Instant::now()) }
    }

    /// Takes a token if one is due.
    pub fn token_now(&self) -> bool {
        self.next_token(|due, now| due <= now).is_some()
    }

    /// Waits for a token if it comes so soon; otherwise takes none.
    pub async fn token_within(&self, longest: Duration) -> bool {
        match self.next_token(|due, now| due.saturating_duration_since(now) <= longest) {
            Some(due) => {
                until(due).await;
                true
            }
            None => false,
        }
    }

    /// Takes the next token if `wanted` says so of its moment and of the present one; when it is due.
    fn next_token(&self, wanted: impl FnOnce(Instant, Instant) -> bool) -> Option<Instant> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let due = (*next).max(now.checked_sub(self.savings).unwrap_or(now));
        wanted(due, now).then(|| {
            *next = due.checked_add(self.interval).unwrap_or(due);
            due
        })
    }

    /// Waits for a token. In the order of the calls.
    pub async fn token(&self) {
        let Some(due) = self.next_token(|_, _| true) else { return };
        until(due).await;
    }
}

/// A timer is a millisecond late at best; who need not wait does not.
async fn until(due: Instant) {
    if due > Instant::now() {
        tokio::time::sleep_until(due).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_then_the_rate() {
        let pace = Pace::new(10.0, 3);
        tokio::time::advance(Duration::from_mins(1)).await;
        let begun = Instant::now();
        let mut at = Vec::new();
        for _ in 0..6 {
            pace.token().await;
            at.push(begun.elapsed().as_millis());
        }
        assert_eq!(at, [0, 0, 0, 100, 200, 300]);
        assert!(!pace.token_now(), "not now");
        assert!(!pace.token_within(Duration::from_millis(99)).await, "not so soon");
        assert!(pace.token_within(Duration::from_millis(100)).await, "and none was taken");
        assert_eq!(begun.elapsed().as_millis(), 400);
    }
}
