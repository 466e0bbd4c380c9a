//! What is typed and not given yet.

use std::sync::Arc;

use postoffice_protocol::{
    desktop::{DraftName, KeptDraft},
    problem::Problem,
};
use tauri::State;

use crate::core::Core;

/// The drafts of the employee who is signed in.
#[tauri::command]
pub async fn drafts(core: State<'_, Arc<Core>>) -> Result<Vec<KeptDraft>, Problem> {
    Ok(core.drafts())
}

/// Keeps a draft, or drops it; resolves when that is on the disk.
#[tauri::command]
pub async fn keep_draft(core: State<'_, Arc<Core>>, name: DraftName, text: Option<String>) -> Result<(), Problem> {
    core.keep_draft(name, text).await
}
