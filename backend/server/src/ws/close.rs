//! Why a socket is closed, and the code that says so. `docs/PROTOCOL.md` lists them for writers of desktops.

use axum::extract::ws::{CloseCode, CloseFrame, close_code};
use postoffice_protocol::events::ClosingReason;
use tungstenite::error::{CapacityError, Error as Fault, ProtocolError};

use crate::http::fragments::TooManyFragments;

/// The session ended: sign in again.
pub const SESSION_ENDED: CloseCode = 4401;

/// A close frame with its code and a short reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close {
    /// The code of RFC 6455 or one of ours (4000–4999).
    pub code: CloseCode,
    /// For developers.
    pub reason: &'static str,
}

/// Why a socket ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The connection is gone; there is nobody to tell.
    Gone,
    /// The peer broke a rule.
    Fault(Close),
    /// A reason of ours, told before the close frame.
    Ours(ClosingReason),
}

fn is_of_fragments(error: &std::io::Error) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref::<TooManyFragments>()).is_some()
}

impl Close {
    /// The client breaks the rules.
    pub const POLICY: Self = Self { code: close_code::POLICY, reason: "too many refused requests" };
    /// Binary frames are not ours.
    pub const BINARY: Self = Self { code: close_code::UNSUPPORTED, reason: "text frames only" };
    /// A message in more fragments than any desktop has reason to make.
    pub const FRAGMENTS: Self = Self { code: close_code::POLICY, reason: "message in too many fragments" };
    /// No sign of life.
    pub const SILENT: Self = Self { code: close_code::POLICY, reason: "no sign of life" };

    /// The close frame that goes with a reason of ours.
    pub const fn of(reason: ClosingReason) -> Self {
        match reason {
            ClosingReason::GoingAway => Self { code: close_code::AWAY, reason: "going away" },
            ClosingReason::SessionEnded => Self { code: SESSION_ENDED, reason: "session ended" },
            ClosingReason::TooSlow => Self { code: close_code::AGAIN, reason: "too slow: reconnect and resume" },
        }
    }

    /// The close frame that answers a frame which could not be read; `None` when the connection itself is gone.
    pub fn of_fault(fault: &(dyn std::error::Error + 'static)) -> Option<Self> {
        let mut cause = Some(fault);
        while let Some(error) = cause {
            if let Some(fault) = error.downcast_ref::<Fault>() {
                return match fault {
                    Fault::Capacity(CapacityError::MessageTooLong { .. }) => {
                        Some(Self { code: close_code::SIZE, reason: "message over 64 KiB" })
                    }
                    Fault::Utf8(_) => Some(Self { code: close_code::INVALID, reason: "not UTF-8" }),
                    // The peer went without goodbye: a network that broke, no fault of a frame.
                    Fault::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
                    Fault::Protocol(_) | Fault::Capacity(_) => {
                        Some(Self { code: close_code::PROTOCOL, reason: "not a WebSocket frame" })
                    }
                    Fault::Io(error) if is_of_fragments(error) => Some(Self::FRAGMENTS),
                    _ => None,
                };
            }
            cause = error.source();
        }
        None
    }

    /// As it is sent.
    pub fn frame(self) -> CloseFrame {
        CloseFrame { code: self.code, reason: self.reason.into() }
    }
}
