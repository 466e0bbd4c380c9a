//! Pub/sub that notices when nobody is there any more.

use std::time::Duration;

use futures_util::StreamExt;
use redis::{
    Msg, RedisResult, Value,
    aio::{PubSub, PubSubSink, PubSubStream},
};

use super::{RESPONSE_TIMEOUT, away, within};

/// After so long without a message the server is asked whether it is there: a machine that lost its power says no goodbye.
const QUIET: Duration = Duration::from_secs(5);

/// Messages of one channel.
pub struct Subscription {
    sink: PubSubSink,
    messages: PubSubStream,
}

impl Subscription {
    pub(super) fn new(listener: PubSub) -> Self {
        let (sink, messages) = listener.split();
        Self { sink, messages }
    }

    /// The next message.
    ///
    /// # Errors
    /// The connection is gone; subscribe again.
    pub async fn next(&mut self) -> RedisResult<Msg> {
        loop {
            match tokio::time::timeout(QUIET, self.messages.next()).await {
                Ok(Some(message)) => return Ok(message),
                Ok(None) => return Err(away("the subscription ended")),
                Err(_) => {
                    within(RESPONSE_TIMEOUT, self.sink.ping::<Value>()).await?;
                }
            }
        }
    }
}
