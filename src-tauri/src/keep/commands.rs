//! Commands on the disk: one file for each, from before it is sent until its outcome is known.

use std::path::PathBuf;

use postoffice_domain::{clock::Timestamp, people::EmployeeId};
use postoffice_protocol::{call::Call, orders::CommandId, problem::Problem};
use serde::{Deserialize, Serialize};

use super::{Folder, Keeper};

/// Folder of an employee's commands.
const FOLDER: &str = "pending";

/// A command as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeptCommand {
    pub since: Timestamp,
    /// It may have reached the server.
    pub sent: bool,
    pub call: Call,
    /// It was refused and the clerk has not seen it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Box<Problem>>,
}

/// What was found on the disk.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Oldest first.
    pub commands: Vec<KeptCommand>,
    /// How many files were damaged.
    pub damaged: u32,
    /// Where those are now.
    pub aside: Option<PathBuf>,
}

impl Keeper {
    /// Keeps a command; when this returns true, it is on the disk.
    pub async fn keep_command(&self, employee: EmployeeId, id: CommandId, command: KeptCommand) -> bool {
        let folder = self.folder(employee, FOLDER);
        let kept = self.done(move || {
            let content = serde_json::to_vec(&command).map_err(std::io::Error::from)?;
            folder.write(&id.to_string(), &content)
        });
        match kept.await {
            Some(Ok(())) => true,
            Some(Err(error)) => {
                tracing::error!(%error, command_id = %id, "a command could not be kept");
                false
            }
            None => false,
        }
    }

    /// Erases a command: its outcome is known.
    pub fn erase_command(&self, employee: EmployeeId, id: CommandId) {
        let folder = self.folder(employee, FOLDER);
        self.later(move || {
            if let Err(error) = folder.remove(&id.to_string()) {
                // It is sent once more after the next start, and answered from the store.
                tracing::warn!(%error, command_id = %id, "a command could not be erased");
            }
        });
    }

    /// The commands that an employee left here.
    pub fn commands_of(&self, employee: EmployeeId) -> Found {
        read_all(&self.folder(employee, FOLDER))
    }
}

fn read_all(folder: &Folder) -> Found {
    let mut found = Found::default();
    let names = folder.names().unwrap_or_else(|error| {
        tracing::error!(%error, "waiting commands cannot be looked for");
        Vec::new()
    });
    for name in names {
        let read = folder.read(&name).and_then(|content| Ok(serde_json::from_slice::<KeptCommand>(&content)?));
        match read {
            Ok(command) => found.commands.push(command),
            Err(error) => {
                found.damaged += 1;
                match folder.set_aside(&name) {
                    Ok(aside) => {
                        tracing::error!(%error, name, aside = %aside.display(), "a waiting command is damaged");
                        found.aside = Some(aside);
                    }
                    Err(cause) => tracing::error!(%error, %cause, name, "a waiting command is damaged and stays"),
                }
            }
        }
    }
    // Ids are made by time; the clock may have been set back in between.
    found.commands.sort_by_key(|command| command.since);
    found
}
