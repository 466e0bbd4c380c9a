//! Put before a program (`LD_PRELOAD`), this moves its wall clock: `clock_gettime`, `gettimeofday` and `time` answer with the kernel's time and as
//! many milliseconds more as the file named by [`FILE`] says: a signed number of 64 bits, that of the machine. The file is mapped, so whoever
//! writes into it moves the clock at once. Monotonic clocks stay as they are, and so does everything while there is no file.
//!
//! libfaketime would do that and more, but a program with jemalloc, as Debian's Redis, does not start under it: jemalloc asks for the time
//! while libfaketime is still being initialised. Here nothing is initialised, allocated or locked: the time is asked of the kernel, and it is
//! right until the file is mapped.

use std::{
    ffi::{CStr, c_int, c_void},
    ptr,
    sync::atomic::{AtomicI64, AtomicPtr, Ordering},
};

use libc::{clockid_t, time_t, timespec, timeval};

/// The environment variable that names the file.
const FILE: &CStr = c"MOVED_CLOCK_FILE";
const MS_PER_S: i64 = 1_000;
const NS_PER_MS: i64 = 1_000_000;
const NS_PER_S: i64 = 1_000_000_000;
const NS_PER_US: i64 = 1_000;

/// Where the file is mapped.
static AHEAD_MS: AtomicPtr<AtomicI64> = AtomicPtr::new(ptr::null_mut());

/// Called by the loader before the program begins.
#[used]
#[unsafe(link_section = ".init_array")]
static BEGIN: extern "C" fn() = map_file;

/// Maps the file. Without one, or if that fails, the clock stays right; whoever moves it looks whether it is believed.
extern "C" fn map_file() {
    let size = size_of::<AtomicI64>();
    // SAFETY: `FILE` ends with a zero; nobody changes the environment while the program is being loaded.
    let path = unsafe { libc::getenv(FILE.as_ptr()) };
    if path.is_null() {
        return;
    }
    // SAFETY: `path` is a text of the environment, which ends with a zero.
    let file = unsafe { libc::open(path, libc::O_RDONLY | libc::O_CLOEXEC) };
    if file < 0 {
        return;
    }
    // SAFETY: a new mapping of an open file, at an address of the kernel's choice.
    let mapped = unsafe { libc::mmap(ptr::null_mut(), size, libc::PROT_READ, libc::MAP_SHARED, file, 0) };
    // SAFETY: `file` is ours and nobody uses it any more; the mapping goes on without it.
    unsafe { libc::close(file) };
    if mapped != libc::MAP_FAILED {
        AHEAD_MS.store(mapped.cast(), Ordering::Release);
    }
}

/// How wrong the clock is.
fn ahead_ms() -> i64 {
    let mapped = AHEAD_MS.load(Ordering::Acquire);
    // SAFETY: null, or a page that stays mapped until the program ends; a page's beginning is aligned for every number. Other processes write
    // it in one piece.
    unsafe { mapped.as_ref() }.map_or(0, |ahead| ahead.load(Ordering::Relaxed))
}

const fn is_wall_clock(clock: clockid_t) -> bool {
    matches!(clock, libc::CLOCK_REALTIME | libc::CLOCK_REALTIME_COARSE)
}

/// A time, moved.
const fn moved(time: timespec, ahead_ms: i64) -> timespec {
    let nanos = time.tv_nsec + (ahead_ms % MS_PER_S) * NS_PER_MS;
    timespec {
        tv_sec: time.tv_sec + ahead_ms / MS_PER_S + nanos.div_euclid(NS_PER_S),
        tv_nsec: nanos.rem_euclid(NS_PER_S),
    }
}

/// The wall clock.
fn wall_clock() -> timespec {
    let mut now = timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is ours to write. The kernel knows this clock: there is no error.
    unsafe { clock_gettime(libc::CLOCK_REALTIME, &raw mut now) };
    now
}

/// As in libc; wall clocks are moved.
///
/// # Safety
/// `time` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: clockid_t, time: *mut timespec) -> c_int {
    // SAFETY: the system call of this name; it checks both arguments itself.
    let failed = unsafe { libc::syscall(libc::SYS_clock_gettime, clock, time) } != 0;
    if failed {
        return -1;
    }
    if is_wall_clock(clock) {
        // SAFETY: the kernel has just written there.
        unsafe { *time = moved(*time, ahead_ms()) };
    }
    0
}

/// As in libc, moved; the time zone, which has long been unused, stays untouched.
///
/// # Safety
/// `time` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gettimeofday(time: *mut timeval, _zone: *mut c_void) -> c_int {
    let now = wall_clock();
    // SAFETY: null or writable, says the caller.
    if let Some(time) = unsafe { time.as_mut() } {
        time.tv_sec = now.tv_sec;
        time.tv_usec = now.tv_nsec / NS_PER_US;
    }
    0
}

/// As in libc, moved.
///
/// # Safety
/// `time` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn time(time: *mut time_t) -> time_t {
    let now = wall_clock().tv_sec;
    // SAFETY: null or writable, says the caller.
    if let Some(time) = unsafe { time.as_mut() } {
        *time = now;
    }
    now
}
