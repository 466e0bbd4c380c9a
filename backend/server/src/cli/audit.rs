//! `postoffice-server audit`: what was done with a power that others do not have.

use std::process::ExitCode;

use super::office::with_store;
use crate::{config::Config, store::Store};

/// Prints the last `limit` lines, oldest first: time, who, what, order, details, request id; one a line, separated by tabs.
pub async fn run(config: &Config, limit: u32) -> ExitCode {
    with_store(config, async |store: Store| {
        for line in store.audit(limit).await? {
            let at = jiff::Timestamp::from_millisecond(line.at.millis()).unwrap_or_default();
            let ttn = line.ttn.unwrap_or_default();
            println!("{at}\t{}\t{}\t{ttn}\t{}\t{}", line.by, line.action, line.detail, line.request_id);
        }
        Ok(())
    })
    .await
}
