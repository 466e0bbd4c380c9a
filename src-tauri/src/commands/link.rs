//! The link to the server.

use std::sync::Arc;

use postoffice_protocol::{desktop::CoreState, problem::Problem, session::Office};
use tauri::State;

use crate::core::Core;

/// Everything the window needs to draw itself. What waits for the clerk or in a line is told again as it was told before.
#[tauri::command]
pub async fn core_state(core: State<'_, Arc<Core>>) -> Result<CoreState, Problem> {
    core.questions.tell_again(&core);
    core.line.all_again_soon();
    Ok(core.snapshot())
}

/// Uses another server.
#[tauri::command]
pub async fn connect(core: State<'_, Arc<Core>>, address: String) -> Result<Office, Problem> {
    core.connect(&address).await
}

/// Skips the wait before the next try.
#[tauri::command]
pub async fn try_now(core: State<'_, Arc<Core>>) -> Result<(), Problem> {
    core.try_now.notify_one();
    Ok(())
}
