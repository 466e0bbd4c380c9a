//! What was seen last, on the disk: one file for an employee. Losing it costs nothing but reading without a server.

use std::{fs::Metadata, io::ErrorKind, time::Duration};

use postoffice_domain::{clock::Timestamp, people::EmployeeId};

use super::{Folder, Keeper};
use crate::seen::Pages;

const FOLDER: &str = "seen";
const FILE: &str = "pages";
/// No session is longer. What a session left that never ended (a desktop without power) goes when the next one starts.
const LONGEST: Duration = Duration::from_hours(12);

impl Keeper {
    /// What an employee saw last. A damaged file is thrown away: the next pages rebuild it.
    pub fn pages_of(&self, employee: EmployeeId) -> Option<Pages> {
        let folder = self.folder(employee, FOLDER);
        match folder.read(FILE).and_then(|content| Ok(serde_json::from_slice(&content)?)) {
            Ok(pages) => Some(pages),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => {
                tracing::warn!(%error, "what was seen last is damaged and is built anew");
                erase(&folder);
                None
            }
        }
    }

    /// Keeps it.
    pub async fn keep_pages(&self, employee: EmployeeId, pages: Vec<u8>) {
        let folder = self.folder(employee, FOLDER);
        let kept = self.done(move || folder.write(FILE, &pages)).await;
        if let Some(Err(error)) = kept {
            tracing::warn!(%error, "what was seen last could not be kept");
        }
    }

    /// Erases it: the session is over.
    pub fn erase_pages(&self, employee: EmployeeId) {
        let folder = self.folder(employee, FOLDER);
        self.later(move || erase(&folder));
    }

    /// Erases what sessions left that ended without a word.
    pub fn erase_old_pages(&self, now: Timestamp) {
        let root = self.root.join("employees");
        self.later(move || {
            let Ok(employees) = std::fs::read_dir(&root) else { return };
            for employee in employees.flatten() {
                let folder = employee.path().join(FOLDER);
                if std::fs::metadata(folder.join(FILE)).is_ok_and(|file| is_old(&file, now)) {
                    erase(&Folder::new(folder));
                }
            }
        });
    }
}

fn is_old(file: &Metadata, now: Timestamp) -> bool {
    let written = file.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    let now = Duration::from_millis(u64::try_from(now.millis()).unwrap_or(0));
    written.is_none_or(|written| now.saturating_sub(written) > LONGEST)
}

fn erase(folder: &Folder) {
    if let Err(error) = folder.remove(FILE) {
        tracing::warn!(%error, "what was seen last could not be erased");
    }
}
