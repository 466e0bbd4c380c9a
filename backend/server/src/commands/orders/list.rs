//! `orders.list`: one page.

use postoffice_domain::refusal::{FieldRefusal, RefusalCode, RefusalDetail};
use postoffice_protocol::{
    orders::{ListOrders, OrderPage},
    problem::Problem,
};

use crate::{
    context::Context,
    store::{MAX_LIMIT, MAX_SEARCH},
};

/// Gives one page with, on the first one, the counts of all tabs.
///
/// # Errors
/// `invalid_fields` (search too long, limit out of bounds), `bad_request` (cursor of another list); the store's own.
pub async fn handle(context: &Context, params: ListOrders) -> Result<OrderPage, Problem> {
    let mut refused = Vec::new();
    if params.search.as_ref().is_some_and(|search| search.chars().count() > MAX_SEARCH) {
        refused.push(out_of_bounds("search", RefusalCode::TooLong, None, MAX_SEARCH as u64));
    }
    if params.limit == 0 || params.limit > MAX_LIMIT {
        refused.push(out_of_bounds("limit", RefusalCode::BadNumber, Some(1), u64::from(MAX_LIMIT)));
    }
    if !refused.is_empty() {
        return Err(Problem::invalid_fields(refused));
    }
    context.services.store.list(&params, &context.branch.id).await.map_err(|error| error.to_problem())
}

fn out_of_bounds(field: &str, code: RefusalCode, min: Option<i64>, max: u64) -> FieldRefusal {
    let detail = RefusalDetail { min, max: i64::try_from(max).ok(), ..RefusalDetail::default() };
    FieldRefusal { field: field.to_owned(), code, detail }
}
