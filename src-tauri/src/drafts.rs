//! What a clerk has typed and not given yet. It is here, not in the page: the web view's own storage reaches the disk some hundred
//! milliseconds late, so a window that was killed would come back without the last words, and show a form that was given as if it were not.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use postoffice_domain::people::EmployeeId;
use postoffice_protocol::{
    desktop::{DraftName, KeptDraft},
    problem::{Problem, ProblemCode},
};

use crate::{core::Core, keep};

#[derive(Default)]
struct List {
    /// Whose drafts these are; nobody's while nobody is signed in.
    owner: Option<EmployeeId>,
    drafts: BTreeMap<DraftName, KeptDraft>,
    /// Number of the newest version of each that is to be written. Whoever types fast is written once for what came meanwhile.
    newest: BTreeMap<(EmployeeId, DraftName), u64>,
    versions: u64,
}

/// The drafts of the employee who is signed in.
#[derive(Default, Clone)]
pub(crate) struct Drafts(Arc<Mutex<List>>);

impl Drafts {
    /// Whose drafts these are.
    pub fn owner(&self) -> Option<EmployeeId> {
        self.lock().owner
    }

    /// Takes up what an employee left here.
    pub fn take_up(&self, owner: EmployeeId, left: Vec<KeptDraft>) {
        let mut list = self.lock();
        (list.owner, list.drafts) = (Some(owner), left.into_iter().map(|draft| (draft.name(), draft)).collect());
    }

    /// Nobody is signed in any more: the drafts stay on the disk for their owner.
    pub fn forget(&self) {
        let mut list = self.lock();
        list.owner = None;
        list.drafts.clear();
    }

    /// A draft as it is now. Whose it is, and the number of this version; `None` while nobody is signed in.
    fn put(&self, name: DraftName, text: Option<&String>) -> Option<(EmployeeId, u64)> {
        let mut list = self.lock();
        let owner = list.owner?;
        match text {
            Some(text) => list.drafts.insert(name, KeptDraft::Text { name, text: text.clone() }),
            None => list.drafts.remove(&name),
        };
        list.versions += 1;
        let version = list.versions;
        list.newest.insert((owner, name), version);
        Some((owner, version))
    }

    fn is_newest(&self, owner: EmployeeId, name: DraftName, version: u64) -> bool {
        self.lock().newest.get(&(owner, name)) == Some(&version)
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        // No change of the list can stop half way, so a panic elsewhere leaves it good.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Core {
    /// The drafts of the employee who is signed in.
    pub fn drafts(&self) -> Vec<KeptDraft> {
        self.drafts.lock().drafts.values().cloned().collect()
    }

    /// Keeps a draft, or drops it. When this returns, it is on the disk; one that was changed meanwhile leaves that to the change.
    ///
    /// # Errors
    /// `unauthenticated`: nobody is signed in; `internal`: the disk is full or refuses, which every window is told too.
    pub async fn keep_draft(&self, name: DraftName, text: Option<String>) -> Result<(), Problem> {
        let signed_out = || Problem::new(ProblemCode::Unauthenticated, "nobody is signed in");
        let (owner, version) = self.drafts.put(name, text.as_ref()).ok_or_else(signed_out)?;
        let (drafts, folder) = (self.drafts.clone(), self.keeper.drafts_folder(owner));
        let written = self.keeper.done(move || {
            // A newer one waits behind this.
            if drafts.is_newest(owner, name, version) {
                keep::write_draft(&folder, name, text.as_deref())
            } else {
                Ok(())
            }
        });
        let written = written.await;
        self.disk_answered(matches!(written, Some(Ok(()))));
        match written {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => {
                tracing::error!(%error, ?name, "a draft could not be kept");
                Err(Problem::new(ProblemCode::Internal, format!("a draft could not be kept: {error}")))
            }
            None => Err(Problem::new(ProblemCode::Internal, "this desktop is closing")),
        }
    }
}

#[cfg(test)]
mod tests;
