//! Where messages go. A gateway says what became of *one call*; what follows from that is decided by the consumer.
//!
//! The classes are the whole of what a gateway may say ([`Answer`]). When in doubt it is [`Answer::Lost`]: a wrong "not taken" sends a
//! message twice, a wrong "lost" only waits for the delivery report.

use std::time::Duration;

use futures_util::future::BoxFuture;
use postoffice_domain::{phone::Phone, ttn::Ttn};
use postoffice_protocol::messages::MessageReason;
use uuid::Uuid;

use crate::policy::text::FitText;

pub mod kannel;
mod kannel_answer;
pub mod log;

/// One message as a gateway gets it.
#[derive(Debug, Clone)]
pub struct Message {
    /// Id of the integration event: our reference in delivery reports, and the client reference where the gateway has one.
    pub event_id: Uuid,
    /// The order; comes back with the delivery report.
    pub ttn: Ttn,
    /// To whom.
    pub phone: Phone,
    /// What.
    pub text: FitText,
}

/// What a call of a gateway came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It took the message; delivery reports follow.
    Accepted,
    /// Handing over is delivering: no report will follow.
    Delivered,
    /// It will never take this message.
    Permanent(MessageReason),
    /// It takes nothing from us until somebody mends something: credentials, credit, address.
    PauseChannel,
    /// It is busy or away and did not take the message; later it will.
    Retry {
        /// When it asked to be called again.
        after: Option<Duration>,
    },
    /// The request may have reached it and the answer did not reach us, or says neither yes nor no.
    Lost,
}

/// A way to send messages.
pub trait Gateway: Send + Sync {
    /// Its name in logs and measures.
    fn name(&self) -> &'static str;

    /// Hands one message over. Never retries by itself.
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Answer>;
}
