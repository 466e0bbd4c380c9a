//! The order: what it is ([`state`](Order)), what happened to it ([`OrderEvent`]) and what may happen next ([`decide`]).
//!
//! ```text
//!             place ≠ origin              place = recipient's
//!   ┌─────┐ ───────────────▶ ┌────────────┐ ───────────▶ ┌───────────┐  complete  ┌───────────┐
//!   │ New │                  │ Delivering │              │ Delivered │ ─────────▶ │ Completed │
//!   └─────┘ ─┐               └────────────┘ ◀─────────── └───────────┘            └───────────┘
//!            │ cancel             │      moves on (supervisor)  │                   │
//!            │ (clerk)            │ cancel (supervisor, reason) │                   │ undo (supervisor,
//!            ▼                    ▼                             ▼                   │ 15 minutes, reason)
//!          ┌───────────────────────────────────────────────────────┐                ▼
//!          │ Canceled                                              │ ── undo ──▶ status before
//!          └───────────────────────────────────────────────────────┘
//! ```
//! New goes straight to Delivered when the first place it is moved to is the recipient's.

mod actions;
mod command;
mod decide;
mod draft;
mod event;
mod state;
mod status;
#[cfg(test)]
mod tests;

pub use actions::{Action, ActionState, actions, status_after_move};
pub use command::{OrderCommand, optional_reason};
pub use decide::{UNDO_WINDOW_MS, decide, register};
pub use draft::{OrderDraft, ValidOrder};
pub use event::{CustomerNotice, OrderEvent, OrderEventKind};
pub use state::{Order, Payer};
pub use status::Status;
