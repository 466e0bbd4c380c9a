//! Delivery reports: what the network says about a message after the gateway took it, at `/dlr?id=…&ttn=…&type=…`.
//!
//! Reports come late, twice, out of order, before the gateway's own answer, or never. Each one is one forward move of the journal, so none of
//! that matters. `id` is our event id and cannot be guessed (74 random bits); `ttn` lets a report count although Redis lost the journal.
//!
//! `type` is Kannel's bit mask: 1 delivered, 2 not delivered, 4 queued, 8 taken by the operator, 16 refused by it; 34 = 32 + 2 expired.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    routing::get,
};
use postoffice_domain::ttn::Ttn;
use postoffice_protocol::messages::{MessageReason, MessageState};
use redis::RedisResult;
use serde::Deserialize;
use uuid::Uuid;

use crate::{consumer::Crew, measures, outcome};

/// Where reports are brought.
pub const PATH: &str = "/dlr";
/// How long a report waits for Redis before the gateway is asked to bring it again. Kannel tries three times.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(200);

/// The parameters of a report that we read. Gateways add others.
#[derive(Debug, Deserialize)]
struct Report {
    id: Uuid,
    ttn: Option<Ttn>,
    r#type: u32,
}

/// The routes of the report listener.
pub fn router(crew: Arc<Crew>) -> Router {
    Router::new().route(PATH, get(receive).post(receive)).with_state(crew)
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

async fn receive(State(crew): State<Arc<Crew>>, Query(report): Query<Report>) -> (StatusCode, &'static str) {
    let Some((state, reason)) = meaning(report.r#type) else {
        measures::reported("on_the_way");
        return (StatusCode::OK, "noted\n");
    };
    let recorded = tokio::time::timeout(PATIENCE, async {
        loop {
            match record(&crew, &report, state, reason).await {
                Ok(recorded) => return recorded,
                Err(error) => tracing::warn!(%error, event_id = %report.id, "Redis does not take a report yet"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    });
    match recorded.await {
        Ok(true) => (StatusCode::OK, "noted\n"),
        Ok(false) => (StatusCode::OK, "not a message of ours\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "bring it again\n"),
    }
}

/// Records a report. False: we know nothing of such a message.
async fn record(crew: &Crew, report: &Report, state: MessageState, reason: Option<MessageReason>) -> RedisResult<bool> {
    let now = crew.sources.clock.now();
    let news = match (crew.journal.find(report.id).await?, report.ttn) {
        (Some(found), _) => outcome::of_found(report.id, &found, state, reason, now),
        (None, Some(ttn)) => {
            let subject = outcome::Subject { event_id: report.id, ttn, request_id: None };
            outcome::plain(subject, state, reason, 0, now)
        }
        (None, None) => {
            tracing::warn!(event_id = %report.id, "a report for a message we know nothing of");
            measures::reported("unknown");
            return Ok(false);
        }
    };
    let moved = crew.journal.settle(&news, None).await?;
    tracing::info!(event_id = %report.id, request_id = news.request_id, ?state, ?reason, moved, "report");
    if moved {
        measures::moved(state, reason);
        // Nobody listens when no task waits for a proof.
        crew.news.send(report.id).ok();
    }
    measures::reported(if moved { "moved" } else { "repeated" });
    Ok(true)
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
