//! `postoffice-server setup-code`.

use std::process::ExitCode;

use super::office::{OfficeError, with_store};
use crate::{auth::setup_code, config::Config, system::SystemEntropy};

/// Makes a new one-time code and prints it.
pub async fn run(config: &Config) -> ExitCode {
    with_store(config, async |store| {
        if !store.office().await?.setup_required {
            return Err(OfficeError::Argument("the office is set up already; use `postoffice-server user add`"));
        }
        let code = setup_code::new_code(&SystemEntropy);
        store.set_setup_code(setup_code::code_hash(&code)).await?;
        println!("{code}");
        Ok(())
    })
    .await
}
