//! `locks.wait` and `locks.ask`: standing in line for a lock, and asking its holder to hand it over.

use postoffice_domain::ttn::Ttn;
use postoffice_protocol::{
    locks::{AskForLock, InLine, LockParty, LockPassed, LockPurpose, WaitForLock},
    problem::Problem,
};

use super::passing;
use crate::{commands::orders::accepted::holder, context::Context, locks::Overruled};

/// Waits in line. Called again every few seconds by the desktop.
///
/// # Errors
/// `locks_unavailable`.
pub async fn wait(context: &Context, params: WaitForLock) -> Result<InLine, Problem> {
    stand(context, params.ttn, false).await
}

/// Asks the holder and waits in line.
///
/// # Errors
/// `locks_unavailable`.
pub async fn ask(context: &Context, params: AskForLock) -> Result<InLine, Problem> {
    stand(context, params.ttn, true).await
}

async fn stand(context: &Context, ttn: Ttn, asking: bool) -> Result<InLine, Problem> {
    let us = holder(context, LockPurpose::Reserved);
    let line = context.services.locks.wait(&ttn, &us, asking).await.map_err(|error| error.to_problem())?;
    if let Some(Overruled { former, asked_at }) = line.overruled {
        // The line on the timeline is the former holder's, who said nothing.
        let to = LockParty::from(&us);
        passing::write_for(context, &former, ttn, LockPassed::HandedOver { to, asked_at, by_silence: true }).await;
    }
    Ok(line.state)
}
