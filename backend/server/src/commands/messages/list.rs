//! `messages.list`: one page.

use postoffice_protocol::{
    messages::{ListMessages, MessagePage},
    problem::Problem,
};

use crate::{commands::bounds, context::Context};

/// Gives one page with, on the first one, the counts of all tabs.
///
/// # Errors
/// `invalid_fields` (search too long, limit out of bounds), `bad_request` (cursor of another list); the store's own.
pub async fn handle(context: &Context, params: ListMessages) -> Result<MessagePage, Problem> {
    bounds::check(params.search.as_deref(), params.limit).map_err(Problem::invalid_fields)?;
    context.services.store.message_page(&params).await.map_err(|error| error.to_problem())
}
