//! Signing in and out.

use std::sync::Arc;

use postoffice_protocol::{
    call::Call,
    problem::Problem,
    session::{Nothing, Session, SetUp, SignIn},
};
use tauri::State;

use crate::core::Core;

/// Makes the first employee of an office.
#[tauri::command]
pub async fn set_up(core: State<'_, Arc<Core>>, set_up: SetUp) -> Result<(), Problem> {
    core.ask_for::<Nothing>(Call::SetUp(set_up)).await.map(|_| ())
}

/// Begins a session. The token stays in the core.
#[tauri::command]
pub async fn sign_in(core: State<'_, Arc<Core>>, sign_in: SignIn) -> Result<Session, Problem> {
    core.sign_in(sign_in).await
}

/// Ends the session.
#[tauri::command]
pub async fn sign_out(core: State<'_, Arc<Core>>) -> Result<(), Problem> {
    core.sign_out().await;
    Ok(())
}
