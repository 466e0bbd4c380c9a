//! `messages.counts`: how many messages are where.

use postoffice_protocol::{
    messages::{CountMessages, MessagesCounted},
    problem::Problem,
};

use crate::context::Context;

/// Gives the counts.
///
/// # Errors
/// The store's own.
pub async fn handle(context: &Context, params: CountMessages) -> Result<MessagesCounted, Problem> {
    context.services.store.message_counts(&params).await.map_err(|error| error.to_problem())
}
