//! Editors: the lock is taken when one opens and freed when it closes.

use std::sync::Arc;

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{desktop::EditorOpened, locks::LockPurpose, problem::Problem};
use tauri::State;

use crate::core::Core;

/// Takes the lock and loads the order under it.
#[tauri::command]
pub async fn open_editor(core: State<'_, Arc<Core>>, ttn: Ttn, purpose: LockPurpose) -> Result<EditorOpened, Problem> {
    core.editors.open(&core, ttn, purpose).await
}

/// Frees the lock.
#[tauri::command]
pub async fn close_editor(core: State<'_, Arc<Core>>, ttn: Ttn) -> Result<(), Problem> {
    core.editors.close(&core, ttn).await;
    Ok(())
}
