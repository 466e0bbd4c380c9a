//! How many connections one address, and all together, may hold.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Counts open connections.
#[derive(Clone)]
pub struct Admission {
    counts: Arc<Mutex<Counts>>,
    per_address: usize,
    in_all: usize,
}

#[derive(Default)]
struct Counts {
    by_address: HashMap<IpAddr, usize>,
    all: usize,
}

/// A place for one connection; dropping it frees the place.
pub struct Place {
    admission: Admission,
    address: IpAddr,
}

impl Admission {
    /// At most `per_address` connections from one address and `in_all` together.
    pub fn new(per_address: usize, in_all: usize) -> Self {
        Self { counts: Arc::default(), per_address, in_all }
    }

    /// A place, if there is one.
    pub fn enter(&self, address: IpAddr) -> Option<Place> {
        // An IPv4 client of a dual-stack listener is the same client.
        let address = address.to_canonical();
        let mut counts = self.lock();
        let here = counts.by_address.get(&address).copied().unwrap_or(0);
        if here >= self.per_address || counts.all >= self.in_all {
            return None;
        }
        counts.by_address.insert(address, here + 1);
        counts.all += 1;
        Some(Place { admission: self.clone(), address })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        // Two numbers: a panic elsewhere cannot leave them half changed.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.admission.lock();
        counts.all = counts.all.saturating_sub(1);
        if let Some(here) = counts.by_address.get_mut(&self.address) {
            *here = here.saturating_sub(1);
            if *here == 0 {
                counts.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_and_freed() {
        let admission = Admission::new(2, 3);
        let one: IpAddr = "10.0.0.1".parse().unwrap();
        let mapped: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
        let other: IpAddr = "10.0.0.2".parse().unwrap();
        let first = admission.enter(one).unwrap();
        let _second = admission.enter(mapped).unwrap();
        assert!(admission.enter(one).is_none(), "two from one address");
        let _third = admission.enter(other).unwrap();
        assert!(admission.enter(other).is_none(), "three in all");
        drop(first);
        assert!(admission.enter(one).is_some());
    }
}
