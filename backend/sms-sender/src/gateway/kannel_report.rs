//! Kannel's delivery reports: `/dlr?id=…&ttn=…&type=…`, as the address that we gave it says.
//!
//! `type` is a bit mask: 1 delivered, 2 not delivered, 4 queued, 8 taken by the operator, 16 refused by it; 34 = 32 + 2 expired.

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::messages::{MessageReason, MessageState};

use super::{Report, ReportRequest};

/// Reads one; `None`: it is none.
pub(super) fn read(request: &ReportRequest) -> Option<Report> {
    let event_id = request.parameter("id")?.parse().ok()?;
    let ttn = match request.parameter("ttn") {
        Some(text) => Some(Ttn::parse(text).ok()?),
        None => None,
    };
    let mask = request.parameter("type")?.parse().ok()?;
    Some(Report { event_id: Some(event_id), ttn, gateway_id: None, said: meaning(mask) })
}

/// What a report says; `None`: nothing that we follow (queued somewhere on the way).
const fn meaning(mask: u32) -> Option<(MessageState, Option<MessageReason>)> {
    if mask & 1 != 0 {
        Some((MessageState::Delivered, None))
    } else if mask & 16 != 0 {
        Some((MessageState::Failed, Some(MessageReason::Rejected)))
    } else if mask & 2 != 0 {
        let reason = if mask & 32 != 0 { MessageReason::Expired } else { MessageReason::Undelivered };
        Some((MessageState::Failed, Some(reason)))
    } else if mask & 8 != 0 {
        Some((MessageState::Accepted, None))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask() {
        let failed = |reason| Some((MessageState::Failed, Some(reason)));
        for (mask, expected) in [
            (1, Some((MessageState::Delivered, None))),
            (2, failed(MessageReason::Undelivered)),
            (4, None),
            (8, Some((MessageState::Accepted, None))),
            (16, failed(MessageReason::Rejected)),
            (34, failed(MessageReason::Expired)),
            (9, Some((MessageState::Delivered, None))),
            (0, None),
            (64, None),
        ] {
            assert_eq!(meaning(mask), expected, "{mask}");
        }
    }
}
