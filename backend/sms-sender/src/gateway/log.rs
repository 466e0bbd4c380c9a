//! The gateway of demo runs: prints every message on stdout. The log gets one line with the masked number and no text.

use std::io::Write;

use futures_util::future::{BoxFuture, FutureExt};
use postoffice_runtime::fail_point;

use super::{Answer, Gateway, Message};

/// Prints messages.
#[derive(Debug, Default)]
pub struct LogGateway;

impl Gateway for LogGateway {
    fn name(&self) -> &'static str {
        "log"
    }

    fn send<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Answer> {
        async move {
            let printed = writeln!(std::io::stdout().lock(), "SMS to {}: {}", message.phone, message.text.text);
            fail_point!("sender.after_send");
            match printed {
                Ok(()) => {
                    tracing::info!(phone = %message.phone, segments = message.text.segments, "printed");
                    Answer::Delivered
                }
                Err(error) => {
                    tracing::warn!(%error, "stdout is closed; messages wait");
                    Answer::Retry { after: None }
                }
            }
        }
        .boxed()
    }
}
