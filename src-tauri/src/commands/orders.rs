//! Orders: asking the server and giving it commands.

use std::sync::Arc;

use postoffice_protocol::{call::Call, events::CommandOutcome, orders::CommandId, problem::Problem};
use tauri::{State, ipc::Response};

use crate::core::Core;

/// A read, or a command whose answer is its end, with the server's answer as it came.
#[tauri::command]
pub async fn request(core: State<'_, Arc<Core>>, call: Call) -> Result<Response, Problem> {
    let answer = core.request(call).await?;
    Ok(Response::new(answer.get().to_owned()))
}

/// A command that the server accepts; resolves with its outcome.
#[tauri::command]
pub async fn submit(core: State<'_, Arc<Core>>, call: Call) -> Result<CommandOutcome, Problem> {
    core.submit(call).await
}

/// A fresh command id.
#[tauri::command]
pub async fn new_command_id(core: State<'_, Arc<Core>>) -> Result<CommandId, Problem> {
    Ok(core.new_command_id())
}

/// Takes a command back that was never sent.
#[tauri::command]
pub async fn withdraw(core: State<'_, Arc<Core>>, command_id: CommandId) -> Result<(), Problem> {
    core.withdraw(command_id).map_err(|problem| *problem)
}

/// The clerk has seen how a command ended.
#[tauri::command]
pub async fn dismiss(core: State<'_, Arc<Core>>, command_id: CommandId) -> Result<(), Problem> {
    core.dismiss(command_id);
    Ok(())
}
