//! How long things took: percentiles from `hdrhistogram`, so that no slow one is averaged away.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::figure::{Figure, Target};

/// Times of many operations, in microseconds, three digits exact.
pub struct Latency(Histogram<u64>);

impl Latency {
    /// None yet.
    ///
    /// # Panics
    /// Never: three digits are allowed.
    pub fn none() -> Self {
        Self(Histogram::new(3).expect("three digits are allowed"))
    }

    /// Adds one.
    ///
    /// # Panics
    /// It took longer than half a million years.
    pub fn add(&mut self, took: Duration) {
        // `record` grows the histogram. `saturating_record` does not: it would count everything above 2 ms as 2 µs.
        self.0.record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX)).expect("the histogram grows");
    }

    /// Adds all of another.
    ///
    /// # Panics
    /// Never: both grow by themselves.
    pub fn join(&mut self, other: &Self) {
        self.0.add(&other.0).expect("both have three digits");
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// Milliseconds that this part of them stayed within.
    #[expect(clippy::cast_precision_loss, reason = "microseconds of a benchmark are far below 2^52")]
    pub fn millis(&self, part: f64) -> f64 {
        self.0.value_at_quantile(part) as f64 / 1_000.0
    }

    /// Two figures, p50 and p99; the target is the latter's.
    pub fn figures(&self, name: &str, p99: Target) -> Vec<Figure> {
        let name = format!("{name} ({} times)", self.count());
        vec![
            Figure::of(&format!("{name}, p50"), "ms", self.millis(0.5)),
            Figure::of(&format!("{name}, p99"), "ms", self.millis(0.99)).holding(p99),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_ones_are_not_taken_for_fast_ones() {
        let mut times = Latency::none();
        for millis in 1..=100 {
            times.add(Duration::from_millis(millis));
        }
        let mut all = Latency::none();
        all.join(&times);
        assert!((all.millis(0.5) - 50.0).abs() < 0.1, "{}", all.millis(0.5));
        assert!((all.millis(0.99) - 99.0).abs() < 0.1, "{}", all.millis(0.99));
    }
}
