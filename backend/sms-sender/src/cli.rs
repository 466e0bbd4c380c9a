//! The command line: `postoffice-sms-sender --config FILE`.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;
use postoffice_runtime::{
    config::{ConfigError, EXIT_CONFIG, load},
    lifecycle::Lifecycle,
    telemetry,
};

use crate::{
    config::{Config, LogFormat},
    config_check::check,
    start::{Listeners, StartError, start},
    system::Sources,
};

/// How long a stop waits for calls of the gateway and for their results to be written down; longer than a call may take.
const GRACE: Duration = Duration::from_secs(30);

/// The SMS sender of `PostOffice`.
#[derive(Debug, Parser)]
#[command(name = "postoffice-sms-sender", version, about)]
pub struct Cli {
    /// Configuration file (TOML). Without it: defaults and environment.
    #[arg(long, value_name = "FILE", env = "POSTOFFICE_CONFIG")]
    pub config: Option<PathBuf>,
    /// The server's data folder, where its private Redis is; wins over the configuration.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Checks the configuration and ends.
    #[arg(long)]
    pub check_config: bool,
    /// Prints the settings in force (defaults, file and environment together; passwords hidden) and ends.
    #[arg(long)]
    pub print_config: bool,
}

/// Does what the command line says.
pub fn run(cli: &Cli) -> ExitCode {
    let config = match settings(cli) {
        Ok(config) => config,
        Err(error) => return unfit(&error),
    };
    if cli.print_config {
        return match toml::to_string(&config) {
            Ok(text) => {
                print!("{text}");
                ExitCode::SUCCESS
            }
            Err(error) => failed(&error),
        };
    }
    if let Err(error) = check(&config) {
        return unfit(&error);
    }
    if cli.check_config {
        println!("the configuration is good");
        return ExitCode::SUCCESS;
    }
    telemetry::init_logging(config.log.format == LogFormat::Json, &config.log.filter);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    match runtime.block_on(send(config)) {
        Ok(code) => code,
        Err(SendError::Start(StartError::Unfit(error))) => unfit(&error),
        Err(error) => failed(&error),
    }
}

#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("cannot wait for signals: {0}")]
    Signals(#[from] std::io::Error),
}

async fn send(config: Config) -> Result<ExitCode, SendError> {
    let life = Lifecycle::new();
    let listeners = Listeners::open(&config).await?;
    start(config, listeners, Sources::of_the_system(), telemetry::init_metrics(), &life)?;
    Ok(life.run_to_end(GRACE).await?)
}

fn settings(cli: &Cli) -> Result<Config, ConfigError> {
    let mut config: Config = load(cli.config.as_deref(), std::env::vars())?;
    if let Some(data) = &cli.data {
        config.data.clone_from(data);
    }
    Ok(config)
}

fn unfit(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("{error}");
    ExitCode::from(EXIT_CONFIG)
}

fn failed(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("postoffice-sms-sender: {error}");
    ExitCode::FAILURE
}
