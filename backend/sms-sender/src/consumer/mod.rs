//! From the stream to the gateway.
//!
//! ```text
//!  reading ──▶ entry: nothing to tell ─▶ acknowledged          (reading.rs, entry.rs)
//!     │               unreadable ──────▶ dead letter            (dead_letter.rs)
//!     ├──────▶ nothing holds it up: many together               (round.rs)
//!     │         intents ▶ GATEWAY ▶ settlements                 (attempt.rs, ending.rs)
//!     └──────▶ delivery, a task of its own:                     (delivery.rs)
//!               (admission.rs before the call, proof.rs when its answer was lost)
//!               lane (order's sequence) ▶ claim ▶ text ▶ quiet hours, channel, pace ▶ intent ▶ GATEWAY ▶ settle
//! ```
//! Which entries are read: first what this slot was handed before and did not finish, then new ones; now and then what a dead slot left
//! behind. What goes together leaves the others as soon as it
//! has to wait, and every message waits in its own task, so nothing that waits (for its lane, for a retry, for a report) holds up the tail.

mod admission;
mod attempt;
mod crew;
mod dead_letter;
mod delivery;
mod elsewhere;
mod ending;
mod entry;
mod hands;
mod held;
mod proof;
mod reading;
mod recalled;
mod round;
mod suspect;

pub mod channel;
pub mod lanes;
pub mod pace;
pub mod slot;

pub use crew::Crew;
pub use reading::{read, touch_held};
