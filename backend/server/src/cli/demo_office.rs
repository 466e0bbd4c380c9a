//! `postoffice-server demo-office`.

use std::process::ExitCode;

use clap::Args;

use super::office::{OfficeError, with_store};
use crate::config::Config;

/// What the demo office should hold.
#[derive(Debug, Args)]
pub struct DemoOfficeArgs {
    /// How many orders.
    #[arg(long, default_value_t = 300)]
    pub orders: usize,
}

/// Fills the data folder.
pub async fn run(config: &Config, arguments: DemoOfficeArgs) -> ExitCode {
    with_store(config, true, async |_store| {
        println!("{}", arguments.orders);
        Err(OfficeError::Argument("not filled"))
    })
    .await
}
