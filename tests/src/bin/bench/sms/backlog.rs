//! 100 000 messages wait when the sender starts: it drains them at the rate that is set, and holds no more in memory than it may.
//!
//! The sender is a process of its own with the `log` gateway writing into nothing. Its resident memory is read five times a second.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use postoffice_runtime::testing::TestRedis;
use postoffice_tests::programs::{free_port, program, tied};
use tokio::time::{sleep, timeout};

use super::sender::{append_all, events, settled};
use crate::{
    figure::{Figure, Target},
    loops::per_second,
    machine::resident_mb,
};

const MESSAGES: usize = 100_000;
/// Messages a second, as a contract would allow.
const PER_SECOND: f64 = 4_000.0;
const LOOK_EVERY: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_mins(3);

/// Measures once.
pub async fn measure() -> Vec<Figure> {
    let redis = TestRedis::start().await;
    append_all(redis.connection(), &events(MESSAGES)).await;
    let mut command = tokio::process::Command::from(tied(program("postoffice-sms-sender")));
    let mut sender = command
        .env("POSTOFFICE_REDIS__URL", redis.url())
        .env("POSTOFFICE_REPORTS_LISTEN", format!("127.0.0.1:{}", free_port()))
        .env("POSTOFFICE_ADMIN_LISTEN", format!("127.0.0.1:{}", free_port()))
        .env("POSTOFFICE_PACE__PER_SECOND", PER_SECOND.to_string())
        .env("POSTOFFICE_LOG__FILTER", "warn")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("the sender starts");
    let pid = sender.id().expect("it runs");
    let mut connection = redis.connection();
    let (mut memory, mut began) = (Vec::new(), None);
    let draining = async {
        loop {
            let so_far = settled(&mut connection).await;
            if so_far > 0 {
                began.get_or_insert((Instant::now(), so_far));
                memory.push(resident_mb(pid));
            }
            if so_far >= MESSAGES {
                return;
            }
            sleep(LOOK_EVERY).await;
        }
    };
    timeout(PATIENCE, draining).await.expect("the backlog drains");
    let (began, first) = began.expect("it began");
    let rate = per_second(MESSAGES - first, began);
    sender.kill().await.expect("it ran");
    let highest = memory.iter().copied().fold(0.0, f64::max);
    let rate = Figure::of("a backlog of 100 000 at the start, set to 4 000 a second", "messages/s", rate);
    vec![
        rate.beside("the rate that is set", &[PER_SECOND]).holding(Target::RatioAtLeast(0.95)),
        Figure::of("  highest resident memory of the sender meanwhile", "MB", highest).holding(Target::AtMost(60.0)),
    ]
}
