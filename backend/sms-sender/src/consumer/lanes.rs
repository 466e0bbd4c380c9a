//! One lane per order: message n waits until message n−1 of the same order is finished. Other orders are not held up.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use postoffice_domain::ttn::Ttn;
use tokio::sync::Notify;

/// Position in a lane: the order's sequence, then the stream entry (an event may be published twice).
type Place = (u32, u64, u64);

#[derive(Default)]
struct Lane {
    places: BTreeSet<Place>,
    moved: Arc<Notify>,
}

/// The lanes of all orders that have a message in hand.
#[derive(Clone, Default)]
pub struct Lanes(Arc<Mutex<HashMap<Ttn, Lane>>>);

/// A place in a lane. Dropping it lets the next one go.
pub struct Turn {
    lanes: Lanes,
    ttn: Ttn,
    place: Place,
    moved: Arc<Notify>,
}

impl Lanes {
    fn lock(&self) -> MutexGuard<'_, HashMap<Ttn, Lane>> {
        // Nothing can panic while it is held, and if it did, the map would still be whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place. `entry`: id of the stream entry.
    pub fn enter(&self, ttn: Ttn, seq: u32, entry: &str) -> Turn {
        let (head, tail) = entry.split_once('-').unwrap_or((entry, "0"));
        let place = (seq, head.parse().unwrap_or(u64::MAX), tail.parse().unwrap_or(u64::MAX));
        let mut lanes = self.lock();
        let lane = lanes.entry(ttn).or_default();
        lane.places.insert(place);
        Turn { lanes: self.clone(), ttn, place, moved: Arc::clone(&lane.moved) }
    }
}

impl Turn {
    /// Waits until everything of this order that comes before is finished. An earlier message may still get in front (claimed from another
    /// slot): ask again after every other wait.
    pub async fn come(&self) {
        loop {
            let moved = self.moved.notified();
            tokio::pin!(moved);
            moved.as_mut().enable();
            if self.has_come() {
                return;
            }
            moved.await;
        }
    }

    /// Whether everything of this order that comes before is finished.
    pub fn has_come(&self) -> bool {
        self.lanes.lock().get(&self.ttn).is_none_or(|lane| lane.places.first() >= Some(&self.place))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut lanes = self.lanes.lock();
        if let Some(lane) = lanes.get_mut(&self.ttn) {
            lane.places.remove(&self.place);
            if lane.places.is_empty() {
                lanes.remove(&self.ttn);
            }
        }
        self.moved.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::samples;

    #[tokio::test]
    async fn the_sequence_decides_not_the_order_of_arrival() {
        let lanes = Lanes::default();
        let (ttn, other) = (Ttn::parse(samples::TTN).unwrap(), Ttn::parse(samples::OTHER_TTN).unwrap());
        let second = lanes.enter(ttn, 2, "20-0");
        assert!(second.come().now_or_never().is_some(), "nothing before it");
        let first = lanes.enter(ttn, 1, "10-0");
        assert!(second.come().now_or_never().is_none(), "claimed from elsewhere, in front");
        assert!(first.come().now_or_never().is_some());
        assert!(lanes.enter(other, 9, "30-0").come().now_or_never().is_some(), "another order does not wait");
        let waiting = tokio::spawn(async move { second.come().await });
        drop(first);
        waiting.await.unwrap();
        assert!(lanes.lock().is_empty(), "nothing is left behind");
    }
}
