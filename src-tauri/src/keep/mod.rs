//! What this desktop keeps on its own disk, one file for each thing, and the one task that touches the disk.
//!
//! A file is written beside its place, brought to the disk and then renamed, so that a crash leaves the old or the new. It begins with a
//! checksum: what the disk damaged is recognised, put aside and told, never believed.

mod commands;
mod drafts;
mod folder;
mod pages;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use postoffice_domain::people::EmployeeId;
use tokio::sync::{mpsc, oneshot};

pub(crate) use commands::{Found, KeptCommand};
pub(crate) use drafts::write as write_draft;
pub(crate) use folder::Folder;

type Job = Box<dyn FnOnce() + Send>;

/// Gives work on files to the task that does it, in the order given.
#[derive(Clone)]
pub(crate) struct Keeper {
    root: PathBuf,
    jobs: mpsc::UnboundedSender<Job>,
    to_do: Arc<Mutex<Option<mpsc::UnboundedReceiver<Job>>>>,
}

impl Keeper {
    /// Keeps everything inside `root`.
    pub fn new(root: &Path) -> Self {
        let (jobs, to_do) = mpsc::unbounded_channel();
        Self { root: root.to_owned(), jobs, to_do: Arc::new(Mutex::new(Some(to_do))) }
    }

    /// A folder of what one employee keeps here.
    pub fn folder(&self, employee: EmployeeId, name: &str) -> Folder {
        Folder::new(self.root.join("employees").join(employee.0.to_string()).join(name))
    }

    /// Does some work after all that was given before; `None` when this desktop is closing.
    pub async fn done<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let (done, result) = oneshot::channel();
        self.later(move || drop(done.send(work())));
        result.await.ok()
    }

    /// The same, without waiting.
    pub fn later(&self, work: impl FnOnce() + Send + 'static) {
        if self.jobs.send(Box::new(work)).is_err() {
            tracing::warn!("nobody works on files any more");
        }
    }
}

/// Works on files as long as the desktop runs. Once.
pub(crate) async fn run(keeper: &Keeper) {
    let to_do = keeper.to_do.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(mut to_do) = to_do else { return };
    while let Some(job) = to_do.recv().await {
        if let Err(error) = tokio::task::spawn_blocking(job).await {
            tracing::error!(%error, "work on a file did not end well");
        }
    }
}
