//! The wall clock of a program under test, moved while it runs, by the library of `tests/clock`.

use std::os::unix::fs::FileExt;

use postoffice_domain::clock::Clock;
use postoffice_server::system::SystemClock;
use tempfile::NamedTempFile;

use crate::programs::program;

/// As cargo names it.
const LIBRARY: &str = "libpostoffice_moved_clock.so";
/// What a question for the time may take.
const TOLERANCE_MS: i64 = 60_000;

/// How wrong a clock is. It is right at first, and stays as it is when the value is gone.
pub struct MovedClock {
    file: NamedTempFile,
}

impl MovedClock {
    /// A clock that is right.
    ///
    /// # Panics
    /// No file can be made.
    pub fn right() -> Self {
        let clock = Self { file: NamedTempFile::new().expect("a temp file") };
        clock.set(0);
        clock
    }

    /// Environment of the programs that go by it.
    ///
    /// # Panics
    /// The library was not built: run `make build`.
    pub fn environment(&self) -> [(&'static str, String); 2] {
        let library = program(LIBRARY).to_string_lossy().into_owned();
        [("LD_PRELOAD", library), ("MOVED_CLOCK_FILE", self.file.path().to_string_lossy().into_owned())]
    }

    /// Makes it so many milliseconds fast; slow, if negative.
    ///
    /// # Panics
    /// The file cannot be written.
    pub fn set(&self, ahead_ms: i64) {
        // In place and in one piece: it is mapped and read at any moment.
        self.file.as_file().write_all_at(&ahead_ms.to_ne_bytes(), 0).expect("the clock's file can be written");
    }
}

/// Whether a program that says `now_ms` believes that its clock is so many milliseconds fast: else all moves would be none.
///
/// # Panics
/// It does not.
pub fn believes(program: &str, now_ms: i64, ahead_ms: i64) {
    let ahead = now_ms - SystemClock.now().millis();
    assert!((ahead - ahead_ms).abs() < TOLERANCE_MS, "{program}'s clock is {ahead} ms ahead instead of {ahead_ms}");
}
