//! Logs to stderr (pretty or JSON) and metrics in Prometheus' text format. The law of what may be logged is docs/LOGGING.md.

use std::io::IsTerminal as _;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Begins to log. `filter` as in `RUST_LOG`; an unreadable filter falls back to `info` and says so. Safe to call twice (tests do).
pub fn init_logging(json: bool, filter: &str) {
    let (filter, unreadable) = match EnvFilter::try_new(filter) {
        Ok(filter) => (filter, None),
        Err(error) => (EnvFilter::new("info"), Some(error)),
    };
    let registry = tracing_subscriber::registry().with(filter);
    let stderr = fmt::layer().with_writer(std::io::stderr).with_target(true).with_ansi(std::io::stderr().is_terminal());
    let begun = if json {
        registry.with(stderr.json().flatten_event(true)).try_init()
    } else {
        registry.with(stderr).try_init()
    };
    if begun.is_err() {
        tracing::debug!("logging had begun before");
    }
    if let Some(error) = unreadable {
        tracing::warn!(%error, "the log filter cannot be read; using `info`");
    }
}

/// Begins to count. `None` when counting had begun before in this process (several servers in one test).
pub fn init_metrics() -> Option<PrometheusHandle> {
    match PrometheusBuilder::new().install_recorder() {
        Ok(handle) => Some(handle),
        Err(error) => {
            tracing::debug!(%error, "metrics had begun before");
            None
        }
    }
}
