//! `templates.reset`: an admin takes a text back to its default.

use postoffice_protocol::{
    problem::Problem,
    templates::{ResetTemplate, Templates},
};

use super::change::change;
use crate::context::Context;

/// Gives all texts.
///
/// # Errors
/// `id_reused`; the store's own.
pub async fn handle(context: &Context, params: ResetTemplate) -> Result<Templates, Problem> {
    change(context, params.command_id, params.notice, params.language, None).await
}
