//! What the desktops of a storm share: where the servers are, whether they work, and how far each has got.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::faults::moment::Moment;

/// How long desktops bear a server that is silent, unless a storm asks for more.
const PATIENCE: Duration = Duration::from_millis(2_500);

/// What the desktops of a storm share.
pub struct Shift {
    /// Where they find a server.
    pub addresses: Vec<String>,
    /// Pause of each between two commands, at most, in milliseconds.
    pub pause_ms: AtomicU64,
    /// How long the server may be silent, in milliseconds. The real core waits 25 s; less fits more storms into a minute.
    pub patience_ms: AtomicU64,
    /// No new commands.
    pub over: AtomicBool,
    /// Go home.
    pub closed: AtomicBool,
    /// Desktops that are live now.
    pub live: AtomicU32,
    /// Commands without an end.
    pub open: AtomicU32,
    /// Commands that came to their end.
    pub ended: AtomicU32,
    /// Lowest and so on of what they have seen, by number of the desktop.
    pub seen: Mutex<HashMap<u32, u64>>,
    /// When the server could be reached again.
    pub reachable: AtomicU64,
    numbers: AtomicU32,
}

impl Shift {
    /// A shift that begins.
    pub fn new(addresses: Vec<String>, pause: Duration) -> Arc<Self> {
        Arc::new(Self {
            addresses,
            pause_ms: AtomicU64::new(millis(pause)),
            patience_ms: AtomicU64::new(millis(PATIENCE)),
            over: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            live: AtomicU32::new(0),
            open: AtomicU32::new(0),
            ended: AtomicU32::new(0),
            seen: Mutex::default(),
            reachable: AtomicU64::new(0),
            numbers: AtomicU32::new(0),
        })
    }

    /// Changes the pause between two commands; gives the one before.
    pub fn hurry(&self, pause: Duration) -> Duration {
        Duration::from_millis(self.pause_ms.swap(millis(pause), Ordering::SeqCst))
    }

    /// Changes how long the server may be silent; gives what was before.
    pub fn be_patient(&self, patience: Duration) -> Duration {
        Duration::from_millis(self.patience_ms.swap(millis(patience), Ordering::SeqCst))
    }

    /// Whether a silence of the server is too long.
    pub(super) fn is_too_long(&self, silence: Duration) -> bool {
        millis(silence) > self.patience_ms.load(Ordering::SeqCst)
    }

    /// From now on the server can be reached.
    pub fn is_reachable(&self) {
        self.reachable.store(Moment::now().0, Ordering::SeqCst);
    }

    /// Whether all desktops have seen everything up to `last`.
    pub fn have_all_seen(&self, last: u64) -> bool {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).values().all(|seen| *seen >= last)
    }

    /// Where a desktop that has turned to another server so often looks for the next one.
    pub(super) fn address(&self, desktop: u32, turned: u32) -> &str {
        let place = usize::try_from(desktop.wrapping_add(turned)).unwrap_or(0);
        &self.addresses[place % self.addresses.len()]
    }

    /// A number that no command of this shift had.
    pub(super) fn next_number(&self) -> u32 {
        self.numbers.fetch_add(1, Ordering::SeqCst) + 1
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
