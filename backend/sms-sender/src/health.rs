//! `/health/live`, `/health/ready` and `/metrics`, on a listener of their own that stays on the machine.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{Json, Router, extract::State, http::StatusCode, response::IntoResponse, routing::get};
use metrics_exporter_prometheus::PrometheusHandle;
use postoffice_protocol::{
    messages::MessageReason,
    stream::{OUTBOX_STREAM, SENDER_GROUP},
};
use postoffice_runtime::redis_link::RedisTrouble;
use redis::streams::{StreamInfoGroup, StreamInfoGroupsReply};
use serde::Serialize;
use tokio::time::{Instant, timeout};

use crate::{consumer::Crew, measures};

const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// The reading loop turns at least every few seconds, with or without Redis.
const STUCK_AFTER: Duration = Duration::from_mins(1);

/// The reading loop's sign of life: a consumer that is stuck until somebody restarts it must not look healthy.
#[derive(Debug)]
pub struct Pulse(Mutex<Option<Instant>>);

impl Pulse {
    /// Of a loop that has not begun: it waits for its slot, and that is no illness.
    pub(crate) fn new() -> Self {
        Self(Mutex::default())
    }

    /// Still alive.
    pub(crate) fn beat(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn is_alive(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none_or(|beat| beat.elapsed() < STUCK_AFTER)
    }
}

#[derive(Clone)]
struct Admin {
    crew: Arc<Crew>,
    metrics: Option<PrometheusHandle>,
}

/// The body of `/health/ready`.
#[derive(Debug, Serialize)]
struct Readiness {
    /// Whether messages flow: Redis answers and the gateway's channel is open.
    ready: bool,
    /// Whether Redis answers and takes what we write.
    redis: bool,
    /// Why it does not; absent: it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    redis_why: Option<RedisTrouble>,
    /// Name of the gateway.
    gateway: &'static str,
    /// Why the channel is paused; absent: it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused: Option<MessageReason>,
    /// Entries of the stream that no sender has read yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    lag: Option<usize>,
    /// Entries that senders have in hand.
    pending: usize,
    /// Messages that this sender has in hand.
    waiting: usize,
    /// Name of the slot.
    slot: String,
    /// Version of the sender.
    version: &'static str,
}

/// The routes of the admin listener.
pub fn router(crew: Arc<Crew>, metrics: Option<PrometheusHandle>) -> Router {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
        .route("/metrics", get(scrape))
        .with_state(Admin { crew, metrics })
}

async fn live(State(admin): State<Admin>) -> (StatusCode, &'static str) {
    if admin.crew.pulse.is_alive() {
        (StatusCode::OK, "live\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the reading loop is stuck\n")
    }
}

async fn ready(State(admin): State<Admin>) -> impl IntoResponse {
    let crew = &admin.crew;
    let asked = backlog(crew).await;
    // What is refused in the work comes first: a Redis that takes no writes still answers questions.
    let redis_why = crew.refusals.why().or(asked.as_ref().err().copied());
    let redis = redis_why.is_none();
    let group = asked.ok().flatten();
    let paused = crew.channel.paused_because();
    let readiness = Readiness {
        ready: redis && paused.is_none() && !crew.soft.is_cancelled(),
        redis,
        redis_why,
        gateway: crew.gateway.name(),
        paused,
        lag: group.as_ref().and_then(|group| group.lag),
        pending: group.map_or(0, |group| group.pending),
        waiting: crew.held_count(),
        slot: crew.config.slot.clone(),
        version: env!("CARGO_PKG_VERSION"),
    };
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}

async fn scrape(State(admin): State<Admin>) -> impl IntoResponse {
    let Some(metrics) = &admin.metrics else {
        return (StatusCode::NOT_FOUND, "this process counts elsewhere\n".to_owned());
    };
    let crew = &admin.crew;
    let group = backlog(crew).await.ok().flatten();
    let pending = group.as_ref().map_or(0, |group| group.pending);
    let lag = group.and_then(|group| group.lag);
    measures::backlog(lag, pending, crew.held_count(), crew.channel.paused_because().is_some());
    metrics.run_upkeep();
    (StatusCode::OK, metrics.render())
}

/// The group as Redis sees it; `None`: there is no group (yet).
async fn backlog(crew: &Crew) -> Result<Option<StreamInfoGroup>, RedisTrouble> {
    let mut redis = crew.redis.clone();
    let command = redis::cmd("XINFO").arg("GROUPS").arg(OUTBOX_STREAM).to_owned();
    let asked = timeout(ANSWER_WITHIN, command.query_async::<StreamInfoGroupsReply>(&mut redis)).await;
    match asked {
        Ok(Ok(reply)) => Ok(reply.groups.into_iter().find(|group| group.name == SENDER_GROUP)),
        Ok(Err(error)) => match RedisTrouble::of(&error) {
            // "No such key": nothing was published yet.
            RedisTrouble::Refuses => Ok(None),
            trouble => Err(trouble),
        },
        Err(_) => Err(RedisTrouble::Unreachable),
    }
}
