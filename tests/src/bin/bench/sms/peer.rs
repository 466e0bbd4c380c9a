//! `BullMQ`, the queue on Redis that most people would take: `tests/peers/bullmq.js`, on a Redis with the same settings.

use crate::peer;

/// Jobs of the size of our entries, added in bulk and worked off by one worker that does nothing, per second.
pub async fn bullmq(jobs: usize) -> f64 {
    peer::run("bullmq.js", &[jobs.to_string()]).await
}
