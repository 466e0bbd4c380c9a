//! Named steps at which a kill test ends the process as `kill -9` would.
//!
//! `POSTOFFICE_FAIL_POINT=relay.after_append:3` aborts at the third pass of that step; without `:n` at the first.
//! `POSTOFFICE_FREEZE_POINT`, written the same way, stops the process there (SIGSTOP) until somebody wakes it. Compiled to nothing
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
    use std::sync::LazyLock;
    static DIES: LazyLock<Option<Wanted>> = LazyLock::new(|| Wanted::read("POSTOFFICE_FAIL_POINT"));
    static FREEZES: LazyLock<Option<Wanted>> = LazyLock::new(|| Wanted::read("POSTOFFICE_FREEZE_POINT"));
    if DIES.as_ref().is_some_and(|wanted| wanted.is_now(name)) {
        std::process::abort();
    }
    if FREEZES.as_ref().is_some_and(|wanted| wanted.is_now(name)) {
        freeze();
    }
}

/// A step, and at which pass of it something is to happen.
#[cfg(feature = "fail-points")]
struct Wanted {
    name: String,
    at: u64,
    passes: std::sync::atomic::AtomicU64,
}

#[cfg(feature = "fail-points")]
impl Wanted {
    fn read(variable: &str) -> Option<Self> {
        let wanted = std::env::var(variable).ok()?;
        let (name, pass) = wanted.rsplit_once(':').unwrap_or((&wanted, "1"));
        Some(Self { name: name.to_owned(), at: pass.parse().unwrap_or(1), passes: 0.into() })
    }

    fn is_now(&self, name: &str) -> bool {
        self.name == name && self.passes.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1 == self.at
    }
}

/// Stops this process as `kill -STOP` does; returns when it was woken. The child ends when it has seen us stopped: a signal that was sent has not
/// arrived yet, and this thread must not go on meanwhile.
#[cfg(feature = "fail-points")]
fn freeze() {
    let stop = "kill -s STOP $PPID; until grep -q ') T ' /proc/$PPID/stat; do :; done";
    let frozen = std::process::Command::new("/bin/sh").args(["-c", stop]).status();
    if !frozen.is_ok_and(|status| status.success()) {
        // A test that believes it frozen would be wrong about everything after.
        std::process::abort();
    }
}

/// Passes a step: nothing happens, this build has no fail points.
#[cfg(not(feature = "fail-points"))]
#[inline]
pub const fn pass(_name: &str) {}
