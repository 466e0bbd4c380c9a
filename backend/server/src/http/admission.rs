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
    /// None as long as nobody said who it is.
    address: Option<IpAddr>,
}

impl Admission {
    /// At most `per_address` connections from one address and `in_all` together.
    pub fn new(per_address: usize, in_all: usize) -> Self {
        Self { counts: Arc::default(), per_address, in_all }
    }

    /// A place, if there is one.
    pub fn enter(&self, address: IpAddr) -> Option<Place> {
        let mut place = self.enter_unnamed()?;
        place.name(address).then_some(place)
    }

    /// A place for a client behind a load balancer, which has yet to say who it is.
    pub fn enter_unnamed(&self) -> Option<Place> {
        let mut counts = self.lock();
        if counts.all >= self.in_all {
            return None;
        }
        counts.all += 1;
        Some(Place { admission: self.clone(), address: None })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        // Two numbers: a panic elsewhere cannot leave them half changed.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Says whose place it is. False: this address has its share already; the place is to be given back.
    pub fn name(&mut self, address: IpAddr) -> bool {
        // An IPv4 client of a dual-stack listener is the same client.
        let address = address.to_canonical();
        let mut counts = self.admission.lock();
        let here = counts.by_address.entry(address).or_insert(0);
        if *here >= self.admission.per_address {
            return false;
        }
        *here += 1;
        self.address = Some(address);
        true
    }

    /// Whose place it is.
    pub const fn address(&self) -> Option<IpAddr> {
        self.address
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.admission.lock();
        counts.all = counts.all.saturating_sub(1);
        let Some(address) = self.address else { return };
        if let Some(here) = counts.by_address.get_mut(&address) {
            *here = here.saturating_sub(1);
            if *here == 0 {
                counts.by_address.remove(&address);
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

    #[test]
    fn a_place_without_a_name_counts_in_all_and_then_for_its_client() {
        let admission = Admission::new(1, 2);
        let client: IpAddr = "10.0.0.1".parse().unwrap();
        let mut first = admission.enter_unnamed().unwrap();
        let mut second = admission.enter_unnamed().unwrap();
        assert!(admission.enter_unnamed().is_none(), "two in all");
        assert!(first.name(client));
        assert!(!second.name(client), "one from one address");
        drop(second);
        assert!(admission.enter(client).is_none(), "one from one address");
        drop(first);
        assert!(admission.enter(client).is_some());
    }
}
