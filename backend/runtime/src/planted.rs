//! Named bugs, planted on purpose, that the fault suites must catch: a suite that catches none proves nothing.
//!
//! `POSTOFFICE_PLANTED=store.fence_unchecked` switches one on. Without the feature `fail-points` nothing of it exists: the macro is `false`.

/// Whether the named bug is planted in this process. See [`crate::planted`].
#[cfg(feature = "fail-points")]
#[macro_export]
macro_rules! planted {
    ($name:literal) => {
        $crate::planted::is($name)
    };
}

/// Whether the named bug is planted in this process: never, this build has none.
#[cfg(not(feature = "fail-points"))]
#[macro_export]
macro_rules! planted {
    ($name:literal) => {
        false
    };
}

/// Whether this bug is planted.
#[cfg(feature = "fail-points")]
pub fn is(name: &str) -> bool {
    static PLANTED: std::sync::LazyLock<Option<String>> =
        std::sync::LazyLock::new(|| std::env::var("POSTOFFICE_PLANTED").ok());
    PLANTED.as_deref() == Some(name)
}
