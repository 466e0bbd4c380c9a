//! Where messages go. A gateway says what became of *one call*; what follows from that is decided by the consumer.
//!
//! The classes are the whole of what a gateway may say ([`Answer`]). When in doubt it is [`Answer::Lost`]: a wrong "not taken" sends a
//! message twice, a wrong "lost" only waits for the delivery report.

use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use postoffice_domain::{phone::Phone, ttn::Ttn};
use postoffice_protocol::messages::{MessageReason, MessageState};
use uuid::Uuid;

use crate::policy::text::FitText;

mod body;
pub(crate) mod form;
pub mod http_json;
pub mod kannel;
mod kannel_answer;
mod kannel_report;
pub mod log;
mod retry_after;
pub mod spool;

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
    /// It took the message; delivery reports follow. With the id by which it knows the message, where its reports name that one.
    Accepted(Option<String>),
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

/// What a gateway knows of a message whose answer was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    /// Accepted, delivered or failed.
    pub state: MessageState,
    /// Why, where there is something to say.
    pub reason: Option<MessageReason>,
    /// Its own id of the message.
    pub gateway_id: Option<String>,
}

/// A delivery report as a gateway brought it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Our event id, where the gateway hands it back.
    pub event_id: Option<Uuid>,
    /// The order, where the gateway hands it back: lets a report count although Redis lost the journal.
    pub ttn: Option<Ttn>,
    /// The gateway's own id.
    pub gateway_id: Option<String>,
    /// What it says; `None`: nothing that we follow (queued somewhere on the way).
    pub said: Option<(MessageState, Option<MessageReason>)>,
}

/// A request to the report listener.
#[derive(Debug, Clone, Default)]
pub struct ReportRequest {
    /// Query parameters, decoded.
    pub query: Vec<(String, String)>,
    /// The body: JSON as it is; a form as an object of texts; null when there is none that can be read.
    pub body: serde_json::Value,
}

impl ReportRequest {
    /// A query parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A way to send messages.
pub trait Gateway: Send + Sync {
    /// Its name in logs and measures.
    fn name(&self) -> &'static str;

    /// Hands one message over. Never retries by itself.
    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Answer>;

    /// Whether it can be asked what became of a message.
    fn can_look_up(&self) -> bool {
        false
    }

    /// Asks what became of a message whose answer was lost. Several where the gateway cannot tell equal messages apart; empty: it knows of
    /// none, yet.
    fn look_up<'a>(&'a self, _message: &'a Message) -> BoxFuture<'a, Vec<Fate>> {
        std::future::ready(Vec::new()).boxed()
    }

    /// Reads what was brought to the report listener. Empty: this is no report of this gateway's.
    fn read_reports(&self, _request: &ReportRequest) -> Vec<Report> {
        Vec::new()
    }

    /// How often reports must be fetched, from a gateway that does not bring them.
    fn fetches_reports_every(&self) -> Option<Duration> {
        None
    }

    /// Reports that nobody brings.
    fn fetch_reports(&self) -> BoxFuture<'_, Vec<Report>> {
        std::future::ready(Vec::new()).boxed()
    }

    /// A fetched report was written down and need not be fetched again.
    fn report_is_recorded<'a>(&'a self, _report: &'a Report) -> BoxFuture<'a, ()> {
        std::future::ready(()).boxed()
    }
}
