//! The changes that were told last, encoded as they were told: what a desktop that was away for a moment has missed.
//!
//! Without them each desktop that comes back would have its replay read and encoded again, which costs most when there is least time for it:
//! when many come back, and changes go on.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::value::RawValue;

/// How many bytes of them are kept: some 5 000 changes, about as far back as anything is replayed.
const KEPT_BYTES: usize = 2 * 1024 * 1024;

/// A change as desktops are told it.
#[derive(Debug, Clone)]
pub(super) struct EncodedChange {
    /// Its number.
    pub(super) sequence: u64,
    /// The change.
    pub(super) json: Arc<RawValue>,
}

/// The changes that were told last, without a gap.
pub struct Recent {
    kept: Mutex<Kept>,
}

struct Kept {
    /// Everything after this was told since, and is here.
    after: u64,
    changes: VecDeque<EncodedChange>,
    bytes: usize,
    most: usize,
}

impl Default for Recent {
    fn default() -> Self {
        Self::keeping(KEPT_BYTES)
    }
}

impl Recent {
    fn keeping(most: usize) -> Self {
        Self { kept: Mutex::new(Kept { after: 0, changes: VecDeque::new(), bytes: 0, most }) }
    }

    /// Says behind which number telling begins.
    pub(super) fn begin_at(&self, sequence: u64) {
        let mut kept = self.lock();
        kept.changes.clear();
        (kept.after, kept.bytes) = (sequence, 0);
    }

    /// Everything that was told after this number is here.
    pub(super) fn after(&self) -> u64 {
        self.lock().after
    }

    /// Keeps what is about to be told. Before it is told: who is told of a number must find it here.
    pub(super) fn keep(&self, changes: &[EncodedChange]) {
        let mut kept = self.lock();
        for change in changes {
            let next = kept.changes.back().map_or(kept.after, |last| last.sequence) + 1;
            if change.sequence != next {
                // What is here has no gap; what is missing, others must ask the database for.
                kept.changes.clear();
                (kept.after, kept.bytes) = (change.sequence.saturating_sub(1), 0);
            }
            kept.bytes += change.json.get().len();
            kept.changes.push_back(change.clone());
        }
        while kept.bytes > kept.most {
            let Some(oldest) = kept.changes.pop_front() else { break };
            kept.bytes -= oldest.json.get().len();
            kept.after = oldest.sequence;
        }
    }

    /// The changes after `since` up to `until`, when all of them are here.
    pub(super) fn between(&self, since: u64, until: u64) -> Option<Vec<EncodedChange>> {
        let kept = self.lock();
        let skipped = usize::try_from(since.checked_sub(kept.after)?).ok()?;
        let count = usize::try_from(until.checked_sub(since)?).ok()?;
        let end = skipped.checked_add(count).filter(|end| *end <= kept.changes.len())?;
        Some(kept.changes.range(skipped..end).cloned().collect())
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // A panic elsewhere could leave it with less than it says only between two lines that cannot panic.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Changes of ten bytes each.
    fn changes(from: u64, to: u64) -> Vec<EncodedChange> {
        let json = |sequence: u64| Arc::from(RawValue::from_string(format!("\"{sequence:08}\"")).unwrap());
        (from..=to).map(|sequence| EncodedChange { sequence, json: json(sequence) }).collect()
    }

    fn found(recent: &Recent, since: u64, until: u64) -> Option<Vec<u64>> {
        let found = recent.between(since, until)?;
        Some(found.iter().map(|change| change.json.get().trim_matches('"').parse().unwrap()).collect())
    }

    #[test]
    fn what_was_told_is_found_from_any_number_on() {
        let recent = Recent::default();
        recent.begin_at(10);
        recent.keep(&changes(11, 13));
        recent.keep(&changes(14, 16));
        assert_eq!(found(&recent, 10, 16), Some((11..=16).collect()));
        assert_eq!(found(&recent, 12, 15), Some(vec![13, 14, 15]));
        assert_eq!(found(&recent, 16, 16), Some(vec![]));
        assert_eq!(found(&recent, 9, 16), None, "from before it began");
        assert_eq!(found(&recent, 12, 17), None, "not told yet");
        assert_eq!(found(&recent, 17, 16), None);
        assert_eq!(found(&recent, u64::MAX, 16), None);
    }

    #[test]
    fn the_oldest_are_given_up_when_there_are_too_many() {
        let recent = Recent::keeping(50);
        recent.keep(&changes(1, 4));
        assert_eq!((recent.after(), found(&recent, 0, 4)), (0, Some(vec![1, 2, 3, 4])));
        recent.keep(&changes(5, 7));
        assert_eq!((recent.after(), found(&recent, 2, 7)), (2, Some(vec![3, 4, 5, 6, 7])));
        assert_eq!(found(&recent, 1, 7), None);
        let long = RawValue::from_string(format!("\"{}\"", "x".repeat(60))).unwrap();
        recent.keep(&[EncodedChange { sequence: 8, json: Arc::from(long) }]);
        assert_eq!((recent.after(), found(&recent, 8, 8)), (8, Some(vec![])), "one that is too long for all of it");
        recent.keep(&changes(9, 9));
        assert_eq!(found(&recent, 8, 9), Some(vec![9]));
    }

    #[test]
    fn behind_a_gap_it_begins_anew() {
        let recent = Recent::default();
        recent.keep(&changes(1, 3));
        recent.keep(&changes(6, 7));
        assert_eq!((recent.after(), found(&recent, 5, 7)), (5, Some(vec![6, 7])));
        assert_eq!(found(&recent, 2, 7), None);
        // Told again: what is here is from there on.
        recent.keep(&changes(2, 3));
        assert_eq!((recent.after(), found(&recent, 1, 3)), (1, Some(vec![2, 3])));
    }
}
