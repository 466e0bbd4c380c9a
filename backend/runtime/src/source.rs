//! The real clock and the real randomness. Only entry points of processes build them; everything else takes what it is given.

use std::time::{SystemTime, UNIX_EPOCH};

/// The wall clock: milliseconds since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "this is the one place where real time enters")]
pub fn wall_clock_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Fills `bytes` from the operating system's CSPRNG.
///
/// # Panics
/// When the operating system has no randomness: going on would mean guessable numbers and tokens.
pub fn fill_random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives randomness");
}
