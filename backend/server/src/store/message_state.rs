//! How states of messages stand in the tables: as their rank, which only grows.

use postoffice_protocol::messages::MessageState;

use super::error::{StoreError, unexpected};

/// Rank of a state.
pub(super) const fn rank(state: MessageState) -> i64 {
    match state {
        MessageState::Queued => 0,
        MessageState::Accepted => 1,
        MessageState::Delivered => 2,
        MessageState::Failed => 3,
        MessageState::Unknown => 4,
    }
}

/// The state of a rank.
pub(super) fn from_rank(rank: i64) -> Result<MessageState, StoreError> {
    match rank {
        0 => Ok(MessageState::Queued),
        1 => Ok(MessageState::Accepted),
        2 => Ok(MessageState::Delivered),
        3 => Ok(MessageState::Failed),
        4 => Ok(MessageState::Unknown),
        _ => Err(unexpected("message state")),
    }
}
