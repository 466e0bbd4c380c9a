//! Drafts on the disk: a file for each, from the first letter until it is given or dropped.

use std::io::ErrorKind;

use postoffice_domain::people::EmployeeId;
use postoffice_protocol::desktop::{DraftName, KeptDraft};

use super::{Folder, Keeper};

/// Folder of an employee's drafts.
const FOLDER: &str = "drafts";
/// All there are.
const NAMES: [DraftName; 3] = [DraftName::Register, DraftName::Places, DraftName::Texts];

const fn file(name: DraftName) -> &'static str {
    match name {
        DraftName::Register => "register",
        DraftName::Places => "places",
        DraftName::Texts => "texts",
    }
}

impl Keeper {
    /// The folder of an employee's drafts.
    pub fn drafts_folder(&self, employee: EmployeeId) -> Folder {
        self.folder(employee, FOLDER)
    }

    /// The drafts that an employee left here.
    pub fn drafts_of(&self, employee: EmployeeId) -> Vec<KeptDraft> {
        let folder = self.drafts_folder(employee);
        NAMES.into_iter().filter_map(|name| read(&folder, name)).collect()
    }
}

fn read(folder: &Folder, name: DraftName) -> Option<KeptDraft> {
    let text = |content| String::from_utf8(content).map_err(std::io::Error::other);
    match folder.read(file(name)).and_then(text) {
        Ok(text) => Some(KeptDraft::Text { name, text }),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => {
            tracing::error!(%error, ?name, "a draft is damaged");
            let stays = |error| {
                tracing::error!(%error, ?name, "and stays");
                folder.path(file(name))
            };
            let aside = folder.set_aside(file(name)).map_or_else(stays, |aside| aside.join(file(name)));
            Some(KeptDraft::Damaged { name, file: aside.display().to_string() })
        }
    }
}

/// Brings a draft to the disk, or takes it off.
///
/// # Errors
/// The disk is full or refuses; the draft there is the one before.
pub(crate) fn write(folder: &Folder, name: DraftName, text: Option<&str>) -> std::io::Result<()> {
    match text {
        Some(text) => folder.write(file(name), text.as_bytes()),
        None => folder.remove(file(name)),
    }
}
