//! Reading orders, with a server and without one.

use std::{sync::Arc, time::Duration};

use postoffice_protocol::{
    call::Call,
    desktop::Link,
    orders::OrderPage,
    problem::{Problem, ProblemCode},
};
use serde_json::value::{RawValue, to_raw_value};

use crate::core::Core;

/// How often what was seen is brought to the disk.
const WRITE_EVERY: Duration = Duration::from_secs(15);

impl Core {
    /// Asks the server; without a link the answer is what was seen last.
    pub(crate) async fn read(&self, call: Call) -> Result<Box<RawValue>, Problem> {
        if matches!(self.link(), Some(Link::Offline { .. }))
            && let Some(answer) = self.look_up(&call)
        {
            return Ok(answer);
        }
        match self.ask(call.clone()).await {
            Ok(answer) => {
                self.note(&call, &answer);
                Ok(answer)
            }
            Err(problem) if problem.code == ProblemCode::Offline => self.look_up(&call).ok_or(problem),
            Err(problem) => Err(problem),
        }
    }

    fn look_up(&self, call: &Call) -> Option<Box<RawValue>> {
        match call {
            Call::ListOrders(asked) => {
                let page = self.seen.look_up(asked)?;
                to_raw_value(&page).inspect_err(|error| tracing::error!(%error, "a page cannot be written")).ok()
            }
            Call::GetOrder(asked) => self.seen.look_at(asked.ttn),
            _ => None,
        }
    }

    fn note(&self, call: &Call, answer: &RawValue) {
        match call {
            Call::ListOrders(asked) => match serde_json::from_str::<OrderPage>(answer.get()) {
                Ok(page) => self.seen.page(asked, &page, self.clock.now()),
                Err(error) => tracing::warn!(%error, "a page of the server cannot be read"),
            },
            Call::GetOrder(asked) => self.seen.opened(asked.ttn, answer),
            _ => {}
        }
    }

    /// Brings what was seen to the disk.
    pub(crate) async fn write_seen(&self) {
        match self.seen.to_write() {
            Some((owner, Ok(pages))) => self.keeper.keep_pages(owner, pages).await,
            Some((_, Err(error))) => tracing::error!(%error, "what was seen cannot be written down"),
            None => {}
        }
    }
}

/// Brings what was seen to the disk as long as the desktop runs.
pub(crate) async fn run(core: Arc<Core>) {
    let mut time = tokio::time::interval(WRITE_EVERY);
    loop {
        time.tick().await;
        core.write_seen().await;
    }
}

#[cfg(test)]
mod tests;
