//! Editors: the lock is taken when one opens and freed when it closes. Who meets a lock waits for it, asks for it, or takes it over.

use std::sync::Arc;

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    desktop::EditorOpened,
    locks::{AskAnswer, LockPurpose, TakeOverLock},
    orders::CommandId,
    problem::Problem,
};
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

/// Stands in line until the lock is ours. How it stands comes as an event.
#[tauri::command]
pub async fn wait_for_lock(core: State<'_, Arc<Core>>, ttn: Ttn) -> Result<(), Problem> {
    core.line.stand(&core, ttn, false).await
}

/// The same, and asks the holder to hand over.
#[tauri::command]
pub async fn ask_for_lock(core: State<'_, Arc<Core>>, ttn: Ttn) -> Result<(), Problem> {
    core.line.stand(&core, ttn, true).await
}

/// Leaves the line; what is kept for us goes to the next one.
#[tauri::command]
pub async fn leave_line(core: State<'_, Arc<Core>>, ttn: Ttn) -> Result<(), Problem> {
    core.line.leave(&core, ttn).await;
    Ok(())
}

/// The clerk's answer to a colleague who asks.
#[tauri::command]
pub async fn answer_ask(core: State<'_, Arc<Core>>, ttn: Ttn, answer: AskAnswer) -> Result<(), Problem> {
    core.questions.answer(&core, ttn, answer).await
}

/// Takes the lock from whoever has it and loads the order under it. The same id for every try.
#[tauri::command]
pub async fn take_over(
    core: State<'_, Arc<Core>>,
    command_id: CommandId,
    ttn: Ttn,
    reason: String,
) -> Result<EditorOpened, Problem> {
    core.editors.take_over(&core, TakeOverLock { command_id, ttn, reason }).await
}

/// A key or the pointer was used in the editor.
#[tauri::command]
pub async fn note_activity(core: State<'_, Arc<Core>>, ttn: Ttn) -> Result<(), Problem> {
    core.questions.note_activity(ttn);
    Ok(())
}
