//! `orders.set_places`: one place for many orders, as they are scanned. Each takes and releases its lock inside, has a command id and an outcome
//! of its own, and one that is refused leaves the others untouched.

use postoffice_domain::{
    location::Location,
    order::OrderCommand,
    refusal::{FieldRefusal, RefusalCode, RefusalDetail},
};
use postoffice_protocol::{
    orders::{AllAccepted, SetPlaces},
    problem::Problem,
};

use super::accepted::{accept, submit_under_lock};
use crate::context::Context;

/// Most orders of one call.
const MAX_ITEMS: usize = 50;

/// Accepts them all; an outcome follows for each, `order_locked` with the holder where somebody edits.
///
/// # Errors
/// `invalid_fields`: the place or the remark cannot be read, no order or more than 50.
pub async fn handle(context: &Context, params: SetPlaces) -> Result<AllAccepted, Problem> {
    let to = Location::read("", &params.city, &params.street).map_err(Problem::invalid_fields)?;
    let command = OrderCommand::change_location(to, params.note.as_deref())
        .map_err(|refusal| Problem::invalid_fields(vec![refusal.at("note")]))?;
    if params.items.is_empty() || params.items.len() > MAX_ITEMS {
        let code = if params.items.is_empty() { RefusalCode::Empty } else { RefusalCode::TooMany };
        let detail = RefusalDetail { max: i64::try_from(MAX_ITEMS).ok(), ..RefusalDetail::default() };
        return Err(Problem::invalid_fields(vec![FieldRefusal { field: "items".to_owned(), code, detail }]));
    }
    let mut command_ids = Vec::with_capacity(params.items.len());
    for item in params.items {
        let (within, command) = (context.clone(), command.clone());
        let work = async move { submit_under_lock(&within, item.command_id, item.ttn, command).await };
        command_ids.push(accept(context, item.command_id, item.ttn, work).await.command_id);
    }
    Ok(AllAccepted { command_ids })
}
