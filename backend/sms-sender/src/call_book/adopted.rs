//! Books of other processes: those of dead ones are taken over, those of living ones are only believed in what they took over themselves.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::record::{CELL, HEADER, Record, Said, owner};
use crate::process::{is_alive_here, is_of_this_run};

struct Book {
    process: u64,
    is_dead: bool,
    records: Vec<Record>,
}

/// `None`: no book, or half of one.
fn read(path: &Path) -> Option<(Book, bool)> {
    let bytes = fs::read(path).ok()?;
    let (process, token) = owner(&bytes)?;
    let records = bytes.get(HEADER..)?.chunks_exact(CELL).filter_map(Record::of_cell).collect();
    let is_dead = is_alive_here(token) == Some(false);
    Some((Book { process, is_dead, records }, is_of_this_run(token)))
}

fn books(folder: &Path, own: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path != own {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Whom the gateway was asked about by processes that are dead, and no answer of it was heard. Without a folder: none.
pub(super) fn unanswered(folder: &Path) -> io::Result<Vec<Uuid>> {
    // No book has this name.
    let books = match books(folder, Path::new("")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        books => books?,
    };
    let of_the_dead =
        books.iter().filter_map(|path| read(path)).filter(|(book, is_of_this_run)| *is_of_this_run && book.is_dead);
    let records = of_the_dead.flat_map(|(book, _)| book.records);
    Ok(records.filter(|record| record.said == Said::Asked).map(|record| record.event).collect())
}

/// Takes the books of dead processes over: `keep` writes down what is in them, then they are removed. Two that start at once do not take the
/// same one: it is renamed first.
pub(super) fn take_over(
    folder: &Path,
    own: &Path,
    process: u64,
    keep: impl FnOnce(&[Option<Record>]) -> io::Result<()>,
) -> io::Result<Vec<Option<Record>>> {
    let mut records = Vec::new();
    let mut taken = Vec::new();
    for path in books(folder, own)? {
        let Some((book, is_of_this_run)) = read(&path) else { continue };
        if is_of_this_run && !book.is_dead {
            continue;
        }
        let ours = path.with_extension(format!("{process:016x}"));
        if fs::rename(&path, &ours).is_err() {
            continue; // another one was faster
        }
        taken.push(ours);
        // After a restart of the machine nobody knows what was written last.
        if is_of_this_run {
            records.extend(book.records.into_iter().map(Some));
        }
    }
    keep(&records)?;
    for path in taken {
        fs::remove_file(path)?;
    }
    Ok(records)
}

/// What the books of others say of a call, when it can be believed: its process is dead.
pub(super) fn of_others(folder: &Path, own: &Path, is_it: impl Fn(&Record) -> bool) -> Option<Said> {
    let paths = books(folder, own).ok()?;
    paths.iter().filter_map(|path| read(path)).find_map(|(book, is_of_this_run)| {
        let is_believed = |record: &Record| is_of_this_run && (book.is_dead || record.process != book.process);
        let of_it = book.records.iter().filter(|record| is_it(record) && is_believed(record));
        Said::most_of(of_it.map(|record| record.said.clone()))
    })
}
