//! Where a page of a list ended, as the opaque text that desktops carry to the next one.

use serde::{Serialize, de::DeserializeOwned};

use super::{
    error::StoreError,
    hex::{hex, unhex},
};

/// Writes a cursor.
pub(super) fn write<T: Serialize>(cursor: &T) -> Result<String, StoreError> {
    Ok(hex(&serde_json::to_vec(cursor)?))
}

/// Reads a cursor.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    let bytes = unhex(text).ok_or_else(foreign)?;
    serde_json::from_slice(&bytes).map_err(|_| foreign())
}

/// The cursor was made by another list.
pub(super) fn foreign() -> StoreError {
    StoreError::BadQuestion("the cursor does not belong to this list".to_owned())
}
