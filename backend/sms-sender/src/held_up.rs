//! What Redis refuses at this moment, for `/health/ready`: a Redis that answers a question and takes no write is no Redis for us.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use postoffice_runtime::redis_link::RedisTrouble;
use redis::RedisError;

/// Everything that is tried again because Redis refuses it.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<BTreeMap<RedisTrouble, usize>>);

impl Refusals {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<RedisTrouble, usize>> {
        // Nothing can panic while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why something is held up now; the worst where there are several.
    pub fn why(&self) -> Option<RedisTrouble> {
        self.lock().keys().next().copied()
    }

    /// For one piece of work that may be held up.
    pub fn watch(&self) -> HeldUp<'_> {
        HeldUp { refusals: self, by: None }
    }
}

/// One piece of work. Dropping it says that nothing holds it up any more.
#[derive(Debug)]
pub struct HeldUp<'a> {
    refusals: &'a Refusals,
    by: Option<RedisTrouble>,
}

impl HeldUp<'_> {
    /// Redis refused it for this reason; it will be tried again.
    pub fn by(&mut self, error: &RedisError) {
        let now = RedisTrouble::of(error);
        if self.by != Some(now) {
            self.no_longer();
            *self.refusals.lock().entry(now).or_default() += 1;
            self.by = Some(now);
        }
    }

    /// It went through.
    pub fn no_longer(&mut self) {
        let Some(before) = self.by.take() else { return };
        let mut refusals = self.refusals.lock();
        if let Some(count) = refusals.get_mut(&before) {
            *count -= 1;
            if *count == 0 {
                refusals.remove(&before);
            }
        }
    }
}

impl Drop for HeldUp<'_> {
    fn drop(&mut self) {
        self.no_longer();
    }
}

#[cfg(test)]
mod tests {
    use redis::{ErrorKind, make_extension_error};

    use super::*;

    #[test]
    fn the_worst_is_told_until_the_last_is_through() {
        let refusals = Refusals::default();
        let away = RedisError::from((ErrorKind::Io, "away"));
        let full = make_extension_error("OOM".to_owned(), None);
        let (mut one, mut other) = (refusals.watch(), refusals.watch());
        assert_eq!(refusals.why(), None);
        one.by(&full);
        assert_eq!(refusals.why(), Some(RedisTrouble::Full));
        other.by(&away);
        other.by(&away);
        assert_eq!(refusals.why(), Some(RedisTrouble::Unreachable));
        drop(other);
        assert_eq!(refusals.why(), Some(RedisTrouble::Full));
        one.by(&away);
        assert_eq!(refusals.why(), Some(RedisTrouble::Unreachable), "it changed its reason");
        one.no_longer();
        assert_eq!(refusals.why(), None);
    }
}
