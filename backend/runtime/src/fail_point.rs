//! Named steps at which a kill test ends the process as `kill -9` would.
//!
//! `POSTOFFICE_FAIL_POINT=relay.after_append:3` aborts at the third pass of that step; without `:n` at the first. Compiled to nothing
//! without the feature `fail-points` (of the crate that uses the macro, which must pass it on to this one).

/// Passes the named step; may not return. See [`crate::fail_point`].
#[macro_export]
macro_rules! fail_point {
    ($name:literal) => {
        $crate::fail_point::pass($name)
    };
}

/// Passes a step.
#[cfg(feature = "fail-points")]
pub fn pass(name: &str) {
    use std::sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    };
    static WANTED: LazyLock<Option<(String, u64)>> = LazyLock::new(|| {
        let wanted = std::env::var("POSTOFFICE_FAIL_POINT").ok()?;
        let (name, pass) = wanted.rsplit_once(':').unwrap_or((&wanted, "1"));
        Some((name.to_owned(), pass.parse().unwrap_or(1)))
    });
    static PASSES: AtomicU64 = AtomicU64::new(0);
    if let Some((wanted, at)) = WANTED.as_ref()
        && wanted == name
        && PASSES.fetch_add(1, Ordering::SeqCst) + 1 == *at
    {
        std::process::abort();
    }
}

/// Passes a step: nothing happens, this build has no fail points.
#[cfg(not(feature = "fail-points"))]
#[inline]
pub const fn pass(_name: &str) {}
