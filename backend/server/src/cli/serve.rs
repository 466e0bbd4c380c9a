//! `postoffice-server serve`.

use std::{process::ExitCode, sync::Arc, time::Duration};

use postoffice_runtime::{lifecycle::Lifecycle, telemetry};

use super::failed;
use crate::{
    config::{Config, LogFormat},
    open_files,
    serve::{Listeners, Served, Sources, StartError, serve},
    system::{SystemClock, SystemEntropy},
};

/// How long everything that is begun may take when the server stops.
const GRACE: Duration = Duration::from_secs(15);

/// Runs the server until it is told to stop.
pub async fn run(config: Config) -> ExitCode {
    telemetry::init_logging(config.log.format == LogFormat::Json, &config.log.filter);
    let life = Lifecycle::new();
    let drain = Duration::from_millis(config.stop.drain_ms);
    let served = match start(config, &life).await {
        Ok(served) => served,
        Err(error) => return failed(&error),
    };
    if let Some(code) = &served.setup_code {
        // To the terminal only: a log may be kept and read by others.
        eprintln!("\n  This office is not set up yet. One-time set-up code for the first desktop:\n\n      {code}\n");
    }
    let code = match life.run_to_end_after(drain, GRACE).await {
        Ok(code) => code,
        Err(error) => failed(&error),
    };
    if served.finish().await { code } else { ExitCode::FAILURE }
}

async fn start(config: Config, life: &Lifecycle) -> Result<Served, StartError> {
    open_files::allow_as_many_as_the_system(config.limits.connections);
    let listeners = Listeners::open(&config).await?;
    let (public, admin, data) = (config.listen, config.admin_listen, config.data.clone());
    let sources = Sources { clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy) };
    let served = serve(config, listeners, sources, life).await?;
    tracing::info!(%public, %admin, data = %data.display(), version = env!("CARGO_PKG_VERSION"), "serving");
    Ok(served)
}
