//! Names of what we count, in one place. Scraped at `/metrics` on the admin listener.

use std::time::Duration;

/// Counts an answered request.
pub fn request(method: &'static str, refused: bool, took: Duration) {
    let outcome = if refused { "refused" } else { "done" };
    metrics::counter!("postoffice_requests_total", "method" => method, "outcome" => outcome).increment(1);
    metrics::histogram!("postoffice_request_seconds", "method" => method).record(took.as_secs_f64());
}

/// Counts a connection that was turned away because its address, or all together, hold too many.
pub fn connection_refused() {
    metrics::counter!("postoffice_connections_refused_total").increment(1);
}

/// Counts a closed socket by its close code.
pub fn socket_closed(code: u16) {
    metrics::counter!("postoffice_sockets_closed_total", "code" => code.to_string()).increment(1);
}

/// What is measured when it is asked for: sessions with an open socket, events that are not published, published ones without an outcome,
/// and those that wait for an operator.
pub fn snapshot(sessions_live: usize, unpublished: u64, unconfirmed: u64, dead: u64) {
    metrics::gauge!("postoffice_sessions_live").set(count(u64::try_from(sessions_live).unwrap_or(u64::MAX)));
    metrics::gauge!("postoffice_outbox_unpublished").set(count(unpublished));
    metrics::gauge!("postoffice_outbox_unconfirmed").set(count(unconfirmed));
    metrics::gauge!("postoffice_outbox_dead").set(count(dead));
}

/// How long the oldest event has waited to be published, as far as the store answers; locks held for editing, as far as we heard.
pub fn flows(relay_lag_ms: Option<i64>, locks_held: usize) {
    if let Some(lag) = relay_lag_ms.and_then(|lag| u64::try_from(lag).ok()) {
        metrics::gauge!("postoffice_relay_lag_seconds").set(Duration::from_millis(lag).as_secs_f64());
    }
    metrics::gauge!("postoffice_locks_held").set(count(u64::try_from(locks_held).unwrap_or(u64::MAX)));
}

#[expect(clippy::cast_precision_loss, reason = "a gauge of things we count by the thousand; exact up to 2^53")]
const fn count(value: u64) -> f64 {
    value as f64
}
