//! Desktops that missed the same get the same bytes.
//!
//! What is kept lives only as long as somebody comes back with it: the last one to get it frees it, so memory is bounded by those who wait.
//! Its rows are as they were when it was read. Whatever changed since has a number after `until`, and the desktop hears it after the replay.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use axum::extract::ws::Utf8Bytes;
use postoffice_protocol::problem::Problem;
use tokio::sync::OnceCell;

/// What was missed after one number up to another, encoded; nothing when it is not kept any more.
type Frames = Option<Arc<[Utf8Bytes]>>;
type Cell = OnceCell<Frames>;

/// The replays that are being prepared now.
#[derive(Default)]
pub struct Replays {
    cells: Mutex<HashMap<(u64, u64), Weak<Cell>>>,
}

/// A replay that somebody prepares, alone or with others.
#[derive(Debug)]
pub struct SharedReplay(Arc<Cell>);

impl Replays {
    /// The replay of what was missed after `since` up to `until`.
    pub(super) fn of(&self, since: u64, until: u64) -> SharedReplay {
        // A map of weak references: a panic elsewhere cannot leave it wrong.
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cell) = cells.get(&(since, until)).and_then(Weak::upgrade) {
            return SharedReplay(cell);
        }
        cells.retain(|_, cell| cell.strong_count() > 0);
        let cell = Arc::default();
        cells.insert((since, until), Arc::downgrade(&cell));
        SharedReplay(cell)
    }
}

impl SharedReplay {
    /// Sees that the frames are here: loaded by the first who asks while the others wait. When it fails, the next one tries. False: one of the
    /// changes is not kept any more.
    ///
    /// # Errors
    /// Loading failed.
    pub(super) async fn load<F>(&self, load: impl FnOnce() -> F) -> Result<bool, Problem>
    where
        F: Future<Output = Result<Frames, Problem>>,
    {
        self.0.get_or_try_init(load).await.map(Option::is_some)
    }

    /// The frames that are loaded.
    pub(super) fn frames(&self) -> impl Iterator<Item = &Utf8Bytes> {
        self.0.get().into_iter().flatten().flat_map(|frames| frames.iter())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use postoffice_protocol::problem::ProblemCode;

    use super::*;

    #[tokio::test]
    async fn those_who_missed_the_same_load_it_once_and_nothing_is_kept() {
        let (replays, loads) = (Replays::default(), AtomicUsize::new(0));
        let load = || async {
            loads.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            Ok(Some(Arc::from([Utf8Bytes::from_static("frame")])))
        };
        let (one, other, more) = (replays.of(3, 7), replays.of(3, 7), replays.of(4, 7));
        assert_eq!(one.frames().count(), 0);
        let (first, second) = tokio::join!(one.load(load), other.load(load));
        assert!(first.unwrap() && second.unwrap());
        let (first, second) = (one.frames().next().unwrap(), other.frames().next().unwrap());
        assert!(std::ptr::eq(first, second), "the same bytes");
        assert_eq!(loads.load(Ordering::SeqCst), 1);
        more.load(load).await.unwrap();
        assert_eq!(loads.load(Ordering::SeqCst), 2, "another stretch is another replay");
        drop((one, other, more));
        replays.of(3, 7).load(load).await.unwrap();
        assert_eq!(loads.load(Ordering::SeqCst), 3, "nobody came back with it any more");
        assert_eq!(replays.cells.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_failure_is_not_shared() {
        let replays = Replays::default();
        let replay = replays.of(3, 7);
        let failed = replay.load(|| async { Err(Problem::new(ProblemCode::Internal, "no")) }).await;
        assert!(failed.is_err());
        assert!(!replay.load(|| async { Ok(None) }).await.unwrap(), "not kept any more");
        assert_eq!(replay.frames().count(), 0);
    }
}
