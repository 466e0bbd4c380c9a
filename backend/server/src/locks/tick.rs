//! Lock news gathered for a moment: one frame for all desktops instead of one for every change. A desktop is told how it stands at the end of
//! the tick; what was taken and given back within it is only freed.

use std::collections::{HashMap, HashSet};

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{events::LockNews, locks::LockView};
use tokio::time::Instant;

/// Most locks in one frame: some 200 KiB, a fifth of what a desktop takes.
const LOCKS_PER_FRAME: usize = 500;

/// What was heard since the last frame.
#[derive(Default)]
pub(super) struct Gathered {
    held: HashMap<Ttn, (LockView, Instant)>,
    freed: HashSet<Ttn>,
}

impl Gathered {
    /// Adds news that came at `now`.
    pub fn add(&mut self, news: LockNews, now: Instant) {
        for ttn in news.freed {
            self.held.remove(&ttn);
            self.freed.insert(ttn);
        }
        for lock in news.held {
            self.held.insert(lock.ttn, (lock, now));
        }
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty() && self.freed.is_empty()
    }

    /// Everything gathered. The leases are what is left of them at `now`.
    pub fn take(&mut self, now: Instant) -> LockNews {
        let held = self.held.drain().map(|(_, (lock, heard))| {
            let age = u64::try_from(now.saturating_duration_since(heard).as_millis()).unwrap_or(u64::MAX);
            LockView { expires_in_ms: lock.expires_in_ms.saturating_sub(age), ..lock }
        });
        LockNews { snapshot: false, held: held.collect(), freed: self.freed.drain().collect() }
    }
}

/// News in frames that a desktop takes; only the first of a snapshot makes it forget the rest.
pub(super) fn in_frames(news: LockNews) -> Vec<LockNews> {
    if news.held.len() <= LOCKS_PER_FRAME {
        return vec![news];
    }
    let mut parts: Vec<LockNews> = news
        .held
        .chunks(LOCKS_PER_FRAME)
        .map(|held| LockNews { snapshot: false, held: held.to_vec(), freed: Vec::new() })
        .collect();
    if let Some(first) = parts.first_mut() {
        (first.snapshot, first.freed) = (news.snapshot, news.freed);
    }
    parts
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{
        super::tests::{holder, numbered},
        *,
    };

    fn lock(ttn: Ttn, session: u128) -> LockView {
        LockView { ttn, holder: holder(session), expires_in_ms: 1_000 }
    }

    fn news(held: &[LockView], freed: &[Ttn]) -> LockNews {
        LockNews { snapshot: false, held: held.to_vec(), freed: freed.to_vec() }
    }

    #[test]
    fn a_desktop_is_told_how_it_stands_in_the_end() {
        let [one, two, three] = ["700000000000000", "700000000000001", "700000000000002"].map(numbered);
        let mut gathered = Gathered::default();
        let began = Instant::now();
        assert!(gathered.is_empty());
        gathered.add(news(&[lock(one, 1)], &[]), began);
        gathered.add(news(&[], &[one]), began);
        gathered.add(news(&[lock(two, 1)], &[]), began);
        gathered.add(news(&[lock(two, 2)], &[two]), began);
        gathered.add(news(&[], &[three]), began);
        gathered.add(news(&[lock(three, 3)], &[]), began + Duration::from_millis(15));
        let mut told = gathered.take(began + Duration::from_millis(20));
        told.held.sort_by_key(|lock| lock.ttn);
        told.freed.sort_unstable();
        let held: Vec<_> = told.held.iter().map(|lock| (lock.ttn, lock.holder.clone(), lock.expires_in_ms)).collect();
        assert_eq!(held, [(two, holder(2), 980), (three, holder(3), 995)]);
        assert_eq!(told.freed, [one, two, three]);
        assert!(gathered.is_empty());
    }

    #[test]
    fn a_large_snapshot_comes_in_frames_of_which_only_the_first_makes_forget() {
        let locks: Vec<LockView> =
            (0..1_201).map(|number| lock(numbered(&format!("{:015}", 700_000_000_000_000_u64 + number)), 1)).collect();
        let frames = in_frames(LockNews { snapshot: true, held: locks.clone(), freed: Vec::new() });
        assert_eq!(
            frames.iter().map(|frame| (frame.snapshot, frame.held.len())).collect::<Vec<_>>(),
            [(true, 500), (false, 500), (false, 201)]
        );
        let all: Vec<LockView> = frames.into_iter().flat_map(|frame| frame.held).collect();
        assert_eq!(all, locks);
    }
}
