//! The command line: `postoffice-server [serve]`, and what an admin does without a desktop.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use postoffice_runtime::config::{ConfigError, EXIT_CONFIG, load};

use crate::{config::Config, config_check::check};

mod audit;
mod branch;
mod demo_office;
mod migrate;
mod office;
mod outbox;
mod serve;
mod setup_code;
mod user;

/// The LAN server of PostOffice.
#[derive(Debug, Parser)]
#[command(name = "postoffice-server", version, about, arg_required_else_help = false)]
pub struct Cli {
    /// Where the settings come from.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// Checks the configuration and ends.
    #[arg(long)]
    pub check_config: bool,
    /// Prints the settings in force (defaults, file and environment together; passwords hidden) and ends.
    #[arg(long)]
    pub print_config: bool,
    /// What to do; without it: serve.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Where the settings come from.
#[derive(Debug, Args)]
pub struct SettingsArgs {
    /// Configuration file (TOML). Without it: defaults and environment.
    #[arg(long, global = true, value_name = "FILE", env = "POSTOFFICE_CONFIG")]
    pub config: Option<PathBuf>,
    /// Data folder; wins over the configuration.
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the server (the default).
    Serve,
    /// Employees.
    #[command(subcommand)]
    User(user::UserCommand),
    /// Branches.
    #[command(subcommand)]
    Branch(branch::BranchCommand),
    /// Prints who did what with a power that others do not have: locks taken over.
    Audit {
        /// Lines, the last ones.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Events that cannot go out and wait for an operator.
    #[command(subcommand)]
    Outbox(outbox::OutboxCommand),
    /// Names the office; desktops show it when signing in.
    OfficeName {
        /// The name.
        name: String,
    },
    /// Makes a new one-time code for the first sign-in; the one before no longer works.
    SetupCode,
    /// Brings the tables to this version. On PostgreSQL with the owner's address (`database.owner_url`), and gives the server's role its rights.
    Migrate,
    /// Moves an office from its SQLite file into an empty PostgreSQL database, whole. No server may be running on either.
    MigrateData(migrate::MigrateDataArgs),
    /// Fills an empty data folder with a demo office: branches, employees, orders of the last weeks. Sends nothing.
    DemoOffice(demo_office::DemoOfficeArgs),
}

/// Does what the command line says.
pub fn run(cli: Cli) -> ExitCode {
    let config = match settings(&cli.settings) {
        Ok(config) => config,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    if let Err(error) = check(&config) {
        eprintln!("{error}");
        return ExitCode::from(EXIT_CONFIG);
    }
    if cli.check_config {
        println!("the configuration is good");
        return ExitCode::SUCCESS;
    }
    if cli.print_config {
        return print_config(&config);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    runtime.block_on(async {
        match cli.command.unwrap_or(Command::Serve) {
            Command::Serve => serve::run(config).await,
            Command::User(command) => user::run(&config, command).await,
            Command::Branch(command) => branch::run(&config, command).await,
            Command::Audit { limit } => audit::run(&config, limit).await,
            Command::Outbox(command) => outbox::run(&config, command).await,
            Command::OfficeName { name } => office::rename(&config, &name).await,
            Command::SetupCode => setup_code::run(&config).await,
            Command::Migrate => migrate::run(&config).await,
            Command::MigrateData(arguments) => migrate::data(&config, arguments).await,
            Command::DemoOffice(arguments) => demo_office::run(&config, arguments).await,
        }
    })
}

fn settings(arguments: &SettingsArgs) -> Result<Config, ConfigError> {
    let mut config: Config = load(arguments.config.as_deref(), std::env::vars())?;
    if let Some(data) = &arguments.data {
        config.data.clone_from(data);
    }
    Ok(config)
}

fn print_config(config: &Config) -> ExitCode {
    match toml::to_string(config) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => failed(&error),
    }
}

/// Says why it failed.
fn failed(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("postoffice-server: {error}");
    ExitCode::FAILURE
}
