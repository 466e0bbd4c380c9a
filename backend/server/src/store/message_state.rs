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

/// Whether a message may go from one state to another: forward only. `unknown` may still be settled by a late delivery report, nothing
/// else leaves a final state.
pub(super) const fn may_follow(from: MessageState, to: MessageState) -> bool {
    match from {
        MessageState::Queued => !matches!(to, MessageState::Queued),
        MessageState::Accepted => {
            matches!(to, MessageState::Delivered | MessageState::Failed | MessageState::Unknown)
        }
        MessageState::Unknown => matches!(to, MessageState::Delivered | MessageState::Failed),
        MessageState::Delivered | MessageState::Failed => false,
    }
}

/// Whether a state is final.
pub(super) const fn is_final(state: MessageState) -> bool {
    matches!(state, MessageState::Delivered | MessageState::Failed | MessageState::Unknown)
}
