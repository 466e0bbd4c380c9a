//! The book of calls: what this process is about to ask the gateway, has asked, and has heard, written beside the journal into a small file in
//! memory (tmpfs).
//!
//! The journal in Redis says that a call may have been made; it cannot say more, because it is written a moment before. The book is written
//! within a microsecond of the call, costs no round trip, and outlives the process that writes it (not the machine). So the successor of a
//! process that was killed knows of every message in its hands whether the gateway was asked and what it answered, and only a message whose
//! request was on its way is in doubt.
//!
//! It also remembers the last calls that are long done ([`KEPT`]): when Redis comes back without its data and the servers publish again what
//! they saw no outcome of, a message that was handed over is not handed over again.
//!
//! What the book says counts only when its writer is dead and wrote on this run of this machine. No book, no record, another machine, a
//! writer that is frozen: then a message is in doubt, as it would be without a book.

mod adopted;
mod record;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, VecDeque},
    fs::{DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use uuid::Uuid;

pub use self::record::Said;
use self::record::{CELL, HEADER, Record};
use crate::gateway::Answer;

/// Calls remembered, those under way included: a megabyte.
pub const KEPT: usize = 8_192;

/// The book.
pub struct CallBook(Option<Arc<Open>>);

struct Open {
    file: File,
    path: PathBuf,
    folder: PathBuf,
    process: u64,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    /// Places to write to, the one that was written longest ago first.
    free: VecDeque<usize>,
    /// What stands in every place.
    places: Vec<Option<Record>>,
    /// Where an event's last call stands.
    of_event: HashMap<Uuid, usize>,
}

/// One call of the gateway, as far as the book goes. Its place may be used again when it is dropped.
pub struct Call {
    /// `None`: it is not in the book, and the message does without.
    place: Option<(Arc<Open>, usize)>,
}

/// Events whose call was under way when the process that made it died, as the books in `folder` say: the gateway was asked and its answer was not
/// heard. Of a message that is not among them it is known what became of it.
///
/// # Errors
/// The folder cannot be read.
pub fn unanswered(folder: &Path) -> io::Result<Vec<Uuid>> {
    adopted::unanswered(folder)
}

impl CallBook {
    /// Without a book: every message whose answer was lost is in doubt.
    pub const fn none() -> Self {
        Self(None)
    }

    /// Opens the book of a process that is called `name` in the journal and `token` on this machine, and takes over those of dead ones.
    pub fn open(folder: &Path, name: &str, token: &str) -> Self {
        match Open::create(folder, name, token) {
            Ok(open) => Self(Some(Arc::new(open))),
            Err(error) => {
                let folder = folder.display();
                tracing::warn!(%error, %folder, "no book of calls: after a kill more messages may end unknown");
                Self(None)
            }
        }
    }

    /// Writes down that a call is about to be made, before the journal does.
    pub fn intend(&self, event: Uuid, hand: &str, attempt: u32) -> Call {
        let place = self.0.as_ref().zip(hand_of(hand)).and_then(|(open, (process, hand))| {
            let place = open.write_new(Record { event, process, hand, attempt, said: Said::NotAsked })?;
            Some((Arc::clone(open), place))
        });
        Call { place }
    }

    /// What became of the call that `by` began; [`Said::Asked`]: nobody knows. Of this process only an answer counts: whatever has none may be under way
    /// in another task.
    pub fn fate(&self, event: Uuid, by: &str, attempt: u32) -> Said {
        let Some((open, (process, hand))) = self.0.as_ref().zip(hand_of(by)) else { return Said::Asked };
        let is_it = |record: &Record| {
            record.event == event && record.process == process && record.hand == hand && record.attempt == attempt
        };
        let of_it = |record: &Record| is_it(record).then(|| record.said.clone());
        let ours = Said::most_of(open.memory().places.iter().flatten().filter_map(of_it));
        if process == open.process {
            return ours.filter(|said| matches!(said, Said::Answered(_))).unwrap_or(Said::Asked);
        }
        ours.or_else(|| adopted::of_others(&open.folder, &open.path, is_it)).unwrap_or(Said::Asked)
    }

    /// The last call for an event that the gateway was asked, whoever made it: its number and what was heard.
    pub fn remembers(&self, event: Uuid) -> Option<(u32, Said)> {
        let memory = self.0.as_ref()?.memory();
        let record = memory.places.get(*memory.of_event.get(&event)?)?.as_ref()?;
        (record.said != Said::NotAsked).then(|| (record.attempt, record.said.clone()))
    }
}

impl Call {
    /// Writes down that the gateway is asked now. After an error it must not be: the book would say that it was not.
    ///
    /// # Errors
    /// The book cannot be written.
    pub fn asks(&self) -> io::Result<()> {
        self.write(Said::Asked)
    }

    /// Writes down what it answered. That it may have it stands there already, so nothing is wrong when this fails.
    pub fn heard(&self, answer: &Answer) {
        if let Err(error) = self.write(Said::of(answer)) {
            tracing::warn!(%error, "an answer is not in the book of calls");
        }
    }

    fn write(&self, said: Said) -> io::Result<()> {
        match &self.place {
            Some((open, place)) => open.write(*place, said),
            None => Ok(()),
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if let Some((open, place)) = &self.place {
            open.memory().free.push_back(*place);
        }
    }
}

impl Open {
    fn create(folder: &Path, name: &str, token: &str) -> io::Result<Self> {
        let process = record::process_of(name).ok_or(io::ErrorKind::InvalidInput)?;
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let path = folder.join(format!("{name}.calls"));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        // Somebody else's folder may be filled with lies.
        if folder.metadata()?.uid() != file.metadata()?.uid() {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the folder is another user's"));
        }
        let mut places: Vec<Option<Record>> =
            adopted::take_over(folder, &path, process, |records| write_all(&file, process, token, records))?;
        places.truncate(KEPT);
        let of_event = last_of_events(&places);
        let free = (places.len()..KEPT).chain(0..places.len()).collect();
        places.resize(KEPT, None);
        let memory = Mutex::new(Memory { free, places, of_event });
        Ok(Self { file, path, folder: folder.to_owned(), process, memory })
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // Nothing can panic while it is held.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None`: it cannot be written, and the message does without.
    fn write_new(&self, record: Record) -> Option<usize> {
        let mut memory = self.memory();
        // Empty: more calls at once than are kept. They do without.
        let place = memory.free.pop_front()?;
        if let Err(error) = self.put(place, &record) {
            tracing::warn!(%error, "a call is not in the book of calls");
            memory.free.push_back(place);
            return None;
        }
        memory.remember(place, record);
        Some(place)
    }

    fn write(&self, place: usize, said: Said) -> io::Result<()> {
        let mut memory = self.memory();
        let Some(Some(record)) = memory.places.get_mut(place) else { return Ok(()) };
        let record = {
            record.said = said;
            record.clone()
        };
        drop(memory);
        self.put(place, &record)
    }

    /// A write into memory: no disk is waited for.
    fn put(&self, place: usize, record: &Record) -> io::Result<()> {
        self.file.write_all_at(&record.cell(), offset(place))
    }
}

impl Memory {
    fn remember(&mut self, place: usize, record: Record) {
        if let Some(before) = self.places[place].take()
            && self.of_event.get(&before.event) == Some(&place)
        {
            self.of_event.remove(&before.event);
        }
        self.of_event.insert(record.event, place);
        self.places[place] = Some(record);
    }
}

/// Where the last call of each event stands.
fn last_of_events(places: &[Option<Record>]) -> HashMap<Uuid, usize> {
    let mut calls: Vec<(usize, &Record)> =
        places.iter().enumerate().filter_map(|(at, place)| Some((at, place.as_ref()?))).collect();
    calls.sort_by_key(|(_, record)| record.place_in_time());
    calls.into_iter().map(|(at, record)| (record.event, at)).collect()
}

fn offset(place: usize) -> u64 {
    u64::try_from(HEADER + place * CELL).unwrap_or(u64::MAX)
}

/// The whole book at once: its header last, so that half a book is none.
fn write_all(file: &File, process: u64, token: &str, records: &[Option<Record>]) -> io::Result<()> {
    let cells: Vec<u8> = records.iter().flatten().take(KEPT).flat_map(Record::cell).collect();
    file.write_all_at(&cells, offset(0))?;
    file.write_all_at(&record::header(process, token), 0)
}

/// Process and number in the name of a hand (`consumer/hands.rs`).
fn hand_of(by: &str) -> Option<(u64, u64)> {
    let (process, number) = by.rsplit_once('-')?;
    Some((record::process_of(process)?, number.parse().ok()?))
}
