//! `/health/live`, `/health/ready`, `/health/balance` and `/metrics`, on a listener of their own that stays on the machine.

use std::{sync::Arc, time::Duration};

use axum::{Json, Router, extract::State, response::IntoResponse, routing::get};
use http::StatusCode;
use metrics_exporter_prometheus::PrometheusHandle;
use postoffice_runtime::redis_link::{self, RedisLinkError};
use serde::Serialize;
use tokio::time::{Instant, timeout};

use crate::{
    context::Services,
    flow::{HeldUp, Hindrance},
    measures,
};

const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// What the admin listener answers from.
#[derive(Clone)]
struct Admin {
    services: Arc<Services>,
    metrics: Option<PrometheusHandle>,
}

/// A dependency's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum DependencyState {
    Ok,
    Unreachable,
}

/// The body of `/health/ready`.
#[derive(Debug, Serialize)]
struct Readiness {
    /// Whether desktops should be sent here. Without Redis they should: reading and registration go on.
    ready: bool,
    /// It was told to stop: desktops hear goodbye when the drain time is over.
    stopping: bool,
    /// The database.
    store: DependencyState,
    /// Redis: locks, live changes and the way to the SMS sender.
    redis: DependencyState,
    /// Why Redis does not answer as it should.
    #[serde(skip_serializing_if = "Option::is_none")]
    redis_why: Option<Hindrance>,
    /// What holds messages up on their way to the SMS sender, and since when; absent when nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_up: Option<HeldUp>,
    /// Events that are not published yet.
    unpublished: Option<u64>,
    /// Published events whose outcome is not known yet.
    unconfirmed: Option<u64>,
    /// Events that cannot go out and wait for an operator (`postoffice-server outbox list`).
    dead: Option<u64>,
    /// Sessions with an open socket.
    sessions_live: usize,
    /// Version of the server.
    version: &'static str,
}

/// The routes of the admin listener.
pub fn router(services: Arc<Services>, metrics: Option<PrometheusHandle>) -> Router {
    Router::new()
        .route("/health/live", get(|| async { "live\n" }))
        .route("/health/ready", get(ready))
        .route("/health/balance", get(balance))
        .route("/metrics", get(scrape))
        .with_state(Admin { services, metrics })
}

async fn ready(State(admin): State<Admin>) -> impl IntoResponse {
    let services = &admin.services;
    let depth = depth(services).await;
    let redis_why = redis_why(services).await;
    let stopping = is_stopping(services);
    let readiness = Readiness {
        ready: depth.is_some() && !stopping,
        stopping,
        store: if depth.is_some() { DependencyState::Ok } else { DependencyState::Unreachable },
        redis: if redis_why.is_none() { DependencyState::Ok } else { DependencyState::Unreachable },
        redis_why,
        held_up: services.flow.held_up(),
        unpublished: depth.map(|depth| depth.unpublished),
        unconfirmed: depth.map(|depth| depth.unconfirmed),
        dead: depth.map(|depth| depth.dead),
        sessions_live: services.hub.sessions_live(),
        version: env!("CARGO_PKG_VERSION"),
    };
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}

/// For a load balancer: 200, desktops may be sent here; 404, no more of them, but those that are here stay and hear from us what is wrong, or
/// our goodbye. That is how `HAProxy` reads it (`http-check disable-on-404`); anything else, and no answer, means that they are cut off.
async fn balance(State(admin): State<Admin>) -> impl IntoResponse {
    if is_stopping(&admin.services) {
        return (StatusCode::NOT_FOUND, "it stops: no more desktops\n");
    }
    if depth(&admin.services).await.is_none() {
        return (StatusCode::NOT_FOUND, "its database does not answer: no more desktops\n");
    }
    (StatusCode::OK, "desktops may come\n")
}

fn is_stopping(services: &Services) -> bool {
    services.draining.is_cancelled() || services.stopping.is_cancelled()
}

async fn scrape(State(admin): State<Admin>) -> impl IntoResponse {
    let Some(metrics) = &admin.metrics else {
        return (StatusCode::NOT_FOUND, "this process counts elsewhere\n".to_owned());
    };
    let depth = depth(&admin.services).await;
    let Depth { unpublished, unconfirmed, dead } = depth.unwrap_or_default();
    measures::snapshot(admin.services.hub.sessions_live(), unpublished, unconfirmed, dead);
    let held = admin.services.locks.memory().snapshot(Instant::now()).len();
    measures::flows(relay_lag_ms(&admin.services).await, held);
    metrics.run_upkeep();
    (StatusCode::OK, metrics.render())
}

/// How long the oldest event waits to be published, 0 when none does; `None` when the store does not answer.
async fn relay_lag_ms(services: &Services) -> Option<i64> {
    let oldest = timeout(ANSWER_WITHIN, services.store.oldest_unpublished()).await.ok()?.ok()?;
    Some(oldest.map_or(0, |oldest| services.now().millis_since(oldest).max(0)))
}

/// Why Redis does not answer; `None` when it does.
async fn redis_why(services: &Services) -> Option<Hindrance> {
    match timeout(ANSWER_WITHIN, redis_link::ping(&services.redis)).await {
        Ok(Ok(())) => None,
        Ok(Err(RedisLinkError::Unreachable(error))) => Some(Hindrance::of_redis(&error)),
        Ok(Err(_)) | Err(_) => Some(Hindrance::RedisUnreachable),
    }
}

/// How many events of the outbox are where.
#[derive(Clone, Copy, Default)]
struct Depth {
    unpublished: u64,
    unconfirmed: u64,
    dead: u64,
}

/// `None` when the store does not answer.
async fn depth(services: &Services) -> Option<Depth> {
    let store = &services.store;
    let ask = async {
        Some(Depth {
            unpublished: store.outbox_depth().await.ok()?,
            unconfirmed: store.outbox_unconfirmed().await.ok()?,
            dead: store.outbox_dead().await.ok()?,
        })
    };
    timeout(ANSWER_WITHIN, ask).await.ok().flatten()
}
