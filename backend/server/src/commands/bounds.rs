//! What a question for a page may ask.

use postoffice_domain::refusal::{FieldRefusal, RefusalCode, RefusalDetail};

use crate::store::{MAX_LIMIT, MAX_SEARCH};

/// Checks search and limit.
///
/// # Errors
/// `too_long`: the search; `bad_number`: the limit.
pub(super) fn check(search: Option<&str>, limit: u16) -> Result<(), Vec<FieldRefusal>> {
    let mut refused = Vec::new();
    if search.is_some_and(|search| search.chars().count() > MAX_SEARCH) {
        refused.push(out_of_bounds("search", RefusalCode::TooLong, None, MAX_SEARCH as u64));
    }
    if limit == 0 || limit > MAX_LIMIT {
        refused.push(out_of_bounds("limit", RefusalCode::BadNumber, Some(1), u64::from(MAX_LIMIT)));
    }
    if refused.is_empty() { Ok(()) } else { Err(refused) }
}

fn out_of_bounds(field: &str, code: RefusalCode, min: Option<i64>, max: u64) -> FieldRefusal {
    let detail = RefusalDetail { min, max: i64::try_from(max).ok(), ..RefusalDetail::default() };
    FieldRefusal { field: field.to_owned(), code, detail }
}
