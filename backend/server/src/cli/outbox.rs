//! `postoffice-server outbox …`: what an operator does about events that cannot go out (docs/OUTBOX.md).

use std::process::ExitCode;

use clap::Subcommand;
use postoffice_domain::entropy::uuid_v7;
use uuid::Uuid;

use super::office::{OfficeError, with_store};
use crate::{
    config::Config,
    store::{Operator, Resent, Store},
    system::{SystemClock, SystemEntropy},
};

/// Events that cannot go out.
#[derive(Debug, Subcommand)]
pub enum OutboxCommand {
    /// Lists them, the oldest first: event, number, order, kind, whether a customer waits, since when, why.
    List {
        /// Lines.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Publishes one again, under the same event id. Written into the audit.
    Resend {
        /// Id of the event.
        event: Uuid,
    },
    /// Gives one up for good: nothing will be sent. Written into the audit.
    Drop {
        /// Id of the event.
        event: Uuid,
    },
}

/// Does it; also while the server runs.
pub async fn run(config: &Config, command: OutboxCommand) -> ExitCode {
    with_store(config, async |store| match command {
        OutboxCommand::List { limit } => list(&store, limit).await,
        OutboxCommand::Resend { event } => match store.resend_dead(event, operator()).await? {
            Resent::Under(number) => {
                println!("{event} goes out again under number {number}");
                Ok(())
            }
            Resent::NotDead => Err(NOT_DEAD),
            Resent::NothingLeft => {
                Err(OfficeError::Argument("the event cannot be read and nothing is left to make it anew; drop it"))
            }
        },
        OutboxCommand::Drop { event } => {
            if store.drop_dead(event, operator()).await? {
                println!("{event} is given up");
                Ok(())
            } else {
                Err(NOT_DEAD)
            }
        }
    })
    .await
}

const NOT_DEAD: OfficeError = OfficeError::Argument("no event of that id waits for an operator");

async fn list(store: &Store, limit: u32) -> Result<(), OfficeError> {
    for dead in store.dead_events(limit).await? {
        let at = jiff::Timestamp::from_millisecond(dead.created_at.millis()).unwrap_or_default();
        let sms = if dead.needs_outcome { "sms" } else { "no sms" };
        println!(
            "{}\t{}\t{}\t{}\t{sms}\t{at}\t{}",
            dead.event_id, dead.publish_seq, dead.ttn, dead.kind, dead.last_error
        );
    }
    Ok(())
}

/// Whoever is signed in at this terminal.
fn operator() -> Operator {
    let name = std::env::var("USER").ok().filter(|name| !name.is_empty());
    Operator {
        name: name.unwrap_or_else(|| "operator".to_owned()),
        request_id: uuid_v7(&SystemClock, &SystemEntropy).to_string(),
    }
}
