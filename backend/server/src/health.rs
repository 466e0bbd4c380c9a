//! `/health/live`, `/health/ready` and `/metrics`, on a listener of their own that stays on the machine.

use std::{sync::Arc, time::Duration};

use axum::{Json, Router, extract::State, response::IntoResponse, routing::get};
use http::StatusCode;
use metrics_exporter_prometheus::PrometheusHandle;
use postoffice_runtime::redis_link;
use serde::Serialize;
use tokio::time::{Instant, timeout};

use crate::{context::Services, measures};

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
    /// The database.
    store: DependencyState,
    /// Redis: locks, live changes and the way to the SMS sender.
    redis: DependencyState,
    /// Events that are not published yet.
    unpublished: Option<u64>,
    /// Published events whose outcome is not known yet.
    unconfirmed: Option<u64>,
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
        .route("/metrics", get(scrape))
        .with_state(Admin { services, metrics })
}

async fn ready(State(admin): State<Admin>) -> impl IntoResponse {
    let services = &admin.services;
    let depth = depth(services).await;
    let redis = timeout(ANSWER_WITHIN, redis_link::ping(&services.redis)).await.is_ok_and(|answer| answer.is_ok());
    let stopping = services.stopping.is_cancelled();
    let readiness = Readiness {
        ready: depth.is_some() && !stopping,
        store: if depth.is_some() { DependencyState::Ok } else { DependencyState::Unreachable },
        redis: if redis { DependencyState::Ok } else { DependencyState::Unreachable },
        unpublished: depth.map(|(unpublished, _)| unpublished),
        unconfirmed: depth.map(|(_, unconfirmed)| unconfirmed),
        sessions_live: services.hub.sessions_live(),
        version: env!("CARGO_PKG_VERSION"),
    };
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}

async fn scrape(State(admin): State<Admin>) -> impl IntoResponse {
    let Some(metrics) = &admin.metrics else {
        return (StatusCode::NOT_FOUND, "this process counts elsewhere\n".to_owned());
    };
    let depth = depth(&admin.services).await;
    let (unpublished, unconfirmed) = depth.unwrap_or_default();
    measures::snapshot(admin.services.hub.sessions_live(), unpublished, unconfirmed);
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

/// Events that are not published, and published ones without an outcome; `None` when the store does not answer.
async fn depth(services: &Services) -> Option<(u64, u64)> {
    let ask =
        async { Some((services.store.outbox_depth().await.ok()?, services.store.outbox_unconfirmed().await.ok()?)) };
    timeout(ANSWER_WITHIN, ask).await.ok().flatten()
}
