//! What was seen last, for reading without a server: every row that came in a page or with a change, and the orders that were opened last.
//! Kept on the disk of this desktop for the employee who is signed in, and erased with the session.
//!
//! Everything here is as it was at one moment ([`Seen::as_of`]): changes are taken in as they come, and after a gap that was not replayed
//! the first fresh page begins anew.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use postoffice_domain::{
    clock::Timestamp,
    message::MessageState,
    order::Status,
    people::{BranchId, EmployeeId},
    ttn::Ttn,
};
use postoffice_protocol::{
    events::{Change, ChangeKind},
    orders::{ListOrders, OrderCounts, OrderPage, OrderRow, OrderScope},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

mod look;

/// Most rows that are kept: months of a branch. What changed longest ago goes first.
const MOST_ROWS: usize = 3_000;
/// Most opened orders. They hold names and phones.
const MOST_DETAILS: usize = 100;

/// An opened order as the server answered it.
#[derive(Debug, Serialize, Deserialize)]
struct Opened {
    ttn: Ttn,
    answer: Box<RawValue>,
}

/// Counts of a page, kept up to date.
#[derive(Debug, Serialize, Deserialize)]
struct Counted {
    counts: OrderCounts,
    /// Changes up to this are in it.
    sequence: u64,
    /// And those of these events, whatever their sequence will be.
    ahead: Vec<Uuid>,
}

impl Counted {
    fn holds(&mut self, change: &Change) -> bool {
        let ahead = self.ahead.iter().position(|event_id| *event_id == change.event_id);
        if let Some(at) = ahead {
            self.ahead.swap_remove(at);
        }
        let held = ahead.is_some() || change.sequence <= self.sequence;
        self.sequence = self.sequence.max(change.sequence);
        held
    }
}

/// All of it, as it is on the disk.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Pages {
    sequence: u64,
    as_of: Timestamp,
    /// The branch of the employee and its counts, and those of the company.
    branch: Option<BranchId>,
    #[serde(default)]
    branch_counted: Option<Counted>,
    #[serde(default)]
    company_counted: Option<Counted>,
    rows: Vec<OrderRow>,
    /// Opened last stands last.
    opened: Vec<Opened>,
}

#[derive(Default)]
struct State {
    owner: Option<EmployeeId>,
    pages: Pages,
    /// Place of each row.
    at: HashMap<Ttn, usize>,
    /// There was a gap: what is here is older than it says, and the first fresh page begins anew.
    gap: bool,
    /// Not on the disk yet.
    changed: bool,
}

/// What was seen last.
#[derive(Default)]
pub(crate) struct Seen(Mutex<State>);

impl Seen {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A change that stopped half way leaves a row less or more; the next page puts it right.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn owner(&self) -> Option<EmployeeId> {
        self.lock().owner
    }

    /// Takes up what was kept for an employee.
    pub fn take_up(&self, owner: EmployeeId, branch: BranchId, pages: Option<Pages>) {
        let mut pages = pages.unwrap_or_default();
        if pages.branch.as_ref() != Some(&branch) {
            (pages.branch_counted, pages.branch) = (None, Some(branch));
        }
        let at = pages.rows.iter().enumerate().map(|(at, row)| (row.ttn, at)).collect();
        *self.lock() = State { owner: Some(owner), pages, at, gap: false, changed: false };
    }

    /// The session is over.
    pub fn forget(&self) -> Option<EmployeeId> {
        std::mem::take(&mut *self.lock()).owner
    }

    /// Sequence that it reflects; 0: nothing was seen.
    pub fn sequence(&self) -> u64 {
        self.lock().pages.sequence
    }

    /// When everything here was as it is; nothing when nothing was seen.
    pub fn as_of(&self) -> Option<Timestamp> {
        let state = self.lock();
        (state.pages.as_of > Timestamp::default()).then_some(state.pages.as_of)
    }

    /// The link is live: what is here is as it is now.
    pub fn is_fresh(&self, now: Timestamp) {
        let mut state = self.lock();
        if !state.gap {
            state.pages.as_of = now;
        }
    }

    /// Changes were missed and will not come.
    pub fn gap(&self) {
        self.lock().gap = true;
    }

    /// A page came.
    pub fn page(&self, asked: &ListOrders, page: &OrderPage, now: Timestamp) {
        let mut state = self.lock();
        if state.owner.is_none() {
            return;
        }
        if state.gap {
            state.begin_anew();
        }
        for row in &page.rows {
            state.put(row);
        }
        if let (None, Some(counts)) = (&asked.search, page.counts) {
            let counted = Counted { counts, sequence: page.sequence, ahead: page.ahead.clone() };
            match asked.scope {
                OrderScope::MyBranch => state.pages.branch_counted = Some(counted),
                OrderScope::AllBranches => state.pages.company_counted = Some(counted),
            }
        }
        state.pages.sequence = state.pages.sequence.max(page.sequence);
        state.pages.as_of = now;
        state.keep_bounds();
        state.changed = true;
    }

    /// An order was opened.
    pub fn opened(&self, ttn: Ttn, answer: &RawValue) {
        let mut state = self.lock();
        if state.owner.is_none() || state.gap {
            return;
        }
        state.pages.opened.retain(|opened| opened.ttn != ttn);
        state.pages.opened.push(Opened { ttn, answer: answer.to_owned() });
        state.keep_bounds();
        state.changed = true;
    }

    /// Orders changed.
    pub fn changes(&self, changes: &[Change]) {
        let mut state = self.lock();
        if state.owner.is_none() {
            return;
        }
        for change in changes {
            state.count(change);
            match &change.row {
                Some(row) => state.put(row),
                None => state.remove(change.ttn),
            }
            // What was opened is not as it was; it can be opened again while there is a link.
            state.pages.opened.retain(|opened| opened.ttn != change.ttn);
            state.pages.sequence = state.pages.sequence.max(change.sequence);
        }
        state.keep_bounds();
        state.changed = true;
    }

    /// A page of what is here.
    pub fn look_up(&self, asked: &ListOrders) -> Option<OrderPage> {
        let state = self.lock();
        (state.pages.as_of > Timestamp::default()).then(|| look::page(&state.pages, asked))
    }

    /// An order that was opened.
    pub fn look_at(&self, ttn: Ttn) -> Option<Box<RawValue>> {
        let state = self.lock();
        state.pages.opened.iter().find(|opened| opened.ttn == ttn).map(|opened| opened.answer.clone())
    }

    /// What is to be written to the disk, if anything is new.
    pub fn to_write(&self) -> Option<(EmployeeId, serde_json::Result<Vec<u8>>)> {
        let mut state = self.lock();
        let owner = state.owner.filter(|_| state.changed && !state.gap)?;
        state.changed = false;
        Some((owner, serde_json::to_vec(&state.pages)))
    }
}

impl State {
    fn begin_anew(&mut self) {
        let branch = self.pages.branch.take();
        self.pages = Pages { branch, ..Pages::default() };
        self.at.clear();
        self.gap = false;
    }

    fn put(&mut self, row: &OrderRow) {
        match self.at.get(&row.ttn).and_then(|at| self.pages.rows.get_mut(*at)) {
            Some(known) if known.version > row.version => {}
            Some(known) => *known = row.clone(),
            None => {
                self.at.insert(row.ttn, self.pages.rows.len());
                self.pages.rows.push(row.clone());
            }
        }
    }

    fn remove(&mut self, ttn: Ttn) {
        let Some(at) = self.at.remove(&ttn) else { return };
        self.pages.rows.swap_remove(at);
        if let Some(moved) = self.pages.rows.get(at) {
            self.at.insert(moved.ttn, at);
        }
    }

    fn keep_bounds(&mut self) {
        let Pages { rows, opened, .. } = &mut self.pages;
        if opened.len() > MOST_DETAILS {
            opened.drain(..opened.len() - MOST_DETAILS);
        }
        // Some room, so that not every change of a large office sorts the lot.
        if rows.len() > MOST_ROWS + MOST_ROWS / 10 {
            rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.updated_at));
            rows.truncate(MOST_ROWS);
            self.at = rows.iter().enumerate().map(|(at, row)| (row.ttn, at)).collect();
        }
    }

    /// Brings the counts up to date.
    fn count(&mut self, change: &Change) {
        let known = self.at.get(&change.ttn).and_then(|at| self.pages.rows.get(*at));
        let row = change.row.as_ref().or(known);
        let (Some(branch), status) = (row.map(|row| row.branch.clone()), row.map(|row| row.status)) else { return };
        let before = (change.kind != ChangeKind::Registered).then(|| change.status_before.or(status)).flatten();
        let after = (change.kind != ChangeKind::Deleted).then(|| change.status_after.or(status)).flatten();
        let Pages { branch: ours, branch_counted, company_counted, .. } = &mut self.pages;
        let in_branch = branch_counted.as_mut().filter(|_| ours.as_ref() == Some(&branch));
        for counted in company_counted.as_mut().into_iter().chain(in_branch) {
            if counted.holds(change) {
                continue;
            }
            for (status, sms, by) in [(before, change.sms_before, -1), (after, change.sms_after, 1)] {
                if let Some(status) = status {
                    add(&mut counted.counts, status, sms, by);
                }
            }
        }
    }
}

fn add(counts: &mut OrderCounts, status: Status, sms: Option<MessageState>, by: i64) {
    let one = match status {
        Status::New => &mut counts.new,
        Status::Delivering => &mut counts.delivering,
        Status::Delivered => &mut counts.delivered,
        Status::Completed => &mut counts.completed,
        Status::Canceled => &mut counts.canceled,
    };
    let move_by = |count: &mut u64| *count = count.saturating_add_signed(by);
    move_by(one);
    move_by(&mut counts.all);
    if look::is_problem(status, sms) {
        move_by(&mut counts.problem);
    }
    if sms == Some(MessageState::Queued) {
        move_by(&mut counts.sms_waiting);
    }
}

#[cfg(test)]
mod tests;
