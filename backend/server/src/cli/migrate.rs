//! `postoffice-server migrate` and `migrate-data`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;

use super::{
    failed,
    office::{OfficeError, with_store},
};
use crate::{
    config::Config,
    config_database::DatabaseSettingsError,
    store::{Database, MovedTable, PostgresAddress, PostgresAddressError, migrate, move_office},
};

/// Where from, where to.
#[derive(Debug, Args)]
pub struct MigrateDataArgs {
    /// `sqlite:PATH`. Without it: the file of the configuration.
    #[arg(long, value_name = "sqlite:PATH")]
    from: Option<String>,
    /// `postgres://…`, as the owner of the tables signs in. Without it: `database.owner_url`, or `database.url`.
    #[arg(long, value_name = "URL")]
    to: Option<String>,
}

/// Brings the tables to this version.
pub async fn run(config: &Config) -> ExitCode {
    match config.database() {
        Err(error) => failed(&error),
        // Opening a file does it.
        Ok(Database::File(_)) => with_store(config, async |_| Ok::<_, OfficeError>(())).await,
        Ok(Database::Postgres { server, owner }) => {
            let owner = owner.as_ref().unwrap_or(&server);
            println!(
                "bringing the tables of {server} to this version; an office of a million orders may take ten minutes"
            );
            match migrate(owner, &server).await {
                Ok(()) => {
                    println!("{server} has the tables of this version");
                    ExitCode::SUCCESS
                }
                Err(error) => failed(&error),
            }
        }
    }
}

/// Moves an office.
pub async fn data(config: &Config, arguments: MigrateDataArgs) -> ExitCode {
    let file = match &arguments.from {
        None => config.data.join(&config.store.path),
        Some(from) => match from.strip_prefix("sqlite:") {
            Some(path) => PathBuf::from(path),
            None => return failed(&"--from: must be sqlite:PATH"),
        },
    };
    let (owner, server) = match addresses(config, arguments.to.as_deref()) {
        Ok(addresses) => addresses,
        Err(why) => return failed(&why),
    };
    move_to(&file, &owner, &server).await
}

/// Why it is not clear where to. Display is for the admin.
#[derive(Debug, thiserror::Error)]
enum UnclearTarget {
    #[error(transparent)]
    Configured(#[from] DatabaseSettingsError),
    #[error("--to: {0}")]
    Named(#[from] PostgresAddressError),
    #[error("--to: where to? Name the database, or set database.url")]
    Nowhere,
}

fn addresses(config: &Config, to: Option<&str>) -> Result<(PostgresAddress, PostgresAddress), UnclearTarget> {
    let configured = config.database()?;
    let to = to.map(PostgresAddress::parse).transpose()?;
    match (to, configured) {
        (Some(to), Database::Postgres { server, .. }) => Ok((to, server)),
        (Some(to), Database::File(_)) => Ok((to.clone(), to)),
        (None, Database::Postgres { server, owner }) => Ok((owner.unwrap_or_else(|| server.clone()), server)),
        (None, Database::File(_)) => Err(UnclearTarget::Nowhere),
    }
}

async fn move_to(file: &Path, owner: &PostgresAddress, server: &PostgresAddress) -> ExitCode {
    println!("moving {} to {owner}", file.display());
    let told = |table: &MovedTable| {
        println!("  {:<20} {:>9} rows, sha256 {}", table.name, table.rows, table.checksum);
    };
    match move_office(file, owner, server, told).await {
        Ok(()) => {
            println!(
                "moved; every row was read back and is the same. The file is as it was: keep it until you are sure"
            );
            ExitCode::SUCCESS
        }
        Err(error) => failed(&error),
    }
}
