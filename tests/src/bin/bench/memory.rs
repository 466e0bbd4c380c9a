//! What the server's own process takes when nobody does anything: resident memory, three seconds after the start. Its Redis is another
//! process and is named beside. With 1 000 sessions: `live`.

use std::time::Duration;

use postoffice_tests::office::Office;

use crate::{
    figure::{Figure, Target},
    machine::resident_mb,
};

const ROUNDS: usize = 3;
const SETTLED: Duration = Duration::from_secs(3);

/// Measures.
pub async fn measure() -> Vec<Figure> {
    let (mut server, mut redis) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut office = Office::start(300).await;
        tokio::time::sleep(SETTLED).await;
        server.push(resident_mb(office.server().pid()));
        redis.push(resident_mb(office.redis_pid().await));
    }
    vec![
        Figure::of_rounds("server, idle, 300 orders: resident memory", "MB", server).holding(Target::AtMost(30.0)),
        Figure::of_rounds("  its private Redis", "MB", redis),
    ]
}
