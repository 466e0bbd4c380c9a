//! Delivery reports: what the network says about a message after the gateway took it, brought to `/dlr` or fetched.
//!
//! Reports come late, twice, out of order, before the gateway's own answer, or never. Each one is one forward move of the journal, so none of
//! that matters. They are recognised by our event id where the gateway hands it back (it cannot be guessed: 74 random bits), otherwise by the
//! gateway's own id. What a report looks like is the gateway's business ([`crate::gateway::Gateway::read_reports`]).

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Query, State},
    http::StatusCode,
    routing::get,
};
use postoffice_protocol::messages::{MessageReason, MessageState};
use redis::RedisResult;
use uuid::Uuid;

use crate::{
    consumer::Crew,
    gateway::{Report, ReportRequest, form},
    journal::Linked,
    measures, outcome,
};

/// Where reports are brought.
pub const PATH: &str = "/dlr";
/// How long a report waits for Redis before the gateway is asked to bring it again. Kannel tries three times.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(200);
/// Reports are a few hundred bytes, a batch of them some kilobytes.
const LONGEST_BODY: usize = 256 * 1024;

/// The routes of the report listener.
pub fn router(crew: Arc<Crew>) -> Router {
    Router::new().route(PATH, get(receive).post(receive)).layer(DefaultBodyLimit::max(LONGEST_BODY)).with_state(crew)
}

async fn receive(
    State(crew): State<Arc<Crew>>,
    Query(query): Query<Vec<(String, String)>>,
    body: Bytes,
) -> (StatusCode, &'static str) {
    // By what it is and not by what its header says: gateways are careless with those.
    let body = serde_json::from_slice(&body).unwrap_or_else(|_| form::read(&body));
    let reports = crew.gateway.read_reports(&ReportRequest { query, body });
    if reports.is_empty() {
        return (StatusCode::BAD_REQUEST, "not a report\n");
    }
    let recorded = tokio::time::timeout(PATIENCE, async {
        let mut known = false;
        for report in &reports {
            known |= record_in_time(&crew, report).await;
        }
        known
    });
    match recorded.await {
        Ok(true) => (StatusCode::OK, "noted\n"),
        Ok(false) => (StatusCode::OK, "not a message of ours\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "bring it again\n"),
    }
}

/// Fetches reports from a gateway that brings none, until the process stops.
///
/// # Errors
/// Never.
pub async fn fetch(crew: Arc<Crew>, every: Duration) -> Result<(), Infallible> {
    while !crew.soft.is_cancelled() {
        for report in crew.gateway.fetch_reports().await {
            tokio::select! {
                _ = record_in_time(&crew, &report) => crew.gateway.report_is_recorded(&report).await,
                () = crew.soft.cancelled() => return Ok(()),
            }
        }
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            () = crew.soft.cancelled() => {}
        }
    }
    Ok(())
}

async fn record_in_time(crew: &Crew, report: &Report) -> bool {
    let Some((state, reason)) = report.said else {
        measures::reported("on_the_way");
        return true;
    };
    loop {
        match record(crew, report, state, reason).await {
            Ok(recorded) => return recorded,
            Err(error) => tracing::warn!(%error, event_id = ?report.event_id, "Redis does not take a report yet"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Records a report. False: we know nothing of such a message.
async fn record(crew: &Crew, report: &Report, state: MessageState, reason: Option<MessageReason>) -> RedisResult<bool> {
    let event_id = match (report.event_id, &report.gateway_id) {
        (Some(id), _) => id,
        (None, Some(gateway_id)) => match crew.journal.linked(gateway_id, (state, reason)).await? {
            Linked::To(id) => id,
            Linked::Parked => {
                tracing::debug!(gateway_id, "a report came before the answer that says whose it is");
                measures::reported("parked");
                return Ok(true);
            }
        },
        (None, None) => return Ok(false),
    };
    record_of(crew, event_id, report, state, reason).await
}

async fn record_of(
    crew: &Crew,
    event_id: Uuid,
    report: &Report,
    state: MessageState,
    reason: Option<MessageReason>,
) -> RedisResult<bool> {
    let now = crew.sources.clock.now();
    let news = match (crew.journal.find(event_id).await?, report.ttn) {
        (Some(found), _) => outcome::of_found(event_id, &found, state, reason, now),
        (None, Some(ttn)) => {
            let subject = outcome::Subject { event_id, ttn, request_id: None };
            outcome::plain(subject, state, reason, 0, now)
        }
        (None, None) => {
            tracing::warn!(%event_id, "a report for a message we know nothing of");
            measures::reported("unknown");
            return Ok(false);
        }
    };
    let moved = crew.journal.settle(&news, None).await?;
    tracing::info!(%event_id, request_id = news.request_id, ?state, ?reason, moved, "report");
    if moved {
        measures::moved(state, reason);
        // Nobody listens when no task waits for a proof.
        crew.news.send(event_id).ok();
    }
    measures::reported(if moved { "moved" } else { "repeated" });
    Ok(true)
}
