//! What is written to one socket, and when it goes out.

use std::{error::Error, time::Duration};

use axum::extract::ws::Message;
use futures_util::{Sink, SinkExt, Stream, StreamExt, stream};
use postoffice_protocol::events::ClosingReason;
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use super::{close::End, outbound::closing};

/// How long "accepted" waits for the outcome that follows it. Mostly that is there sooner, and both are one call of the system and one waking
/// of the desktop; a clerk sees the outcome and not that it was accepted.
const HELD: Duration = Duration::from_millis(20);

type Reason = watch::Receiver<Option<ClosingReason>>;

/// A socket. Whoever takes nothing for too long, or has a reason to close meanwhile, is given up.
pub(super) struct Wire<S> {
    socket: S,
    write_within: Duration,
    /// When what is written but not sent has waited long enough.
    held_until: Option<Instant>,
}

impl<S, E> Wire<S>
where
    S: Stream<Item = Result<Message, E>> + Sink<Message, Error = E> + Unpin + Send,
    E: Error + Send + Sync + 'static,
{
    pub const fn new(socket: S, write_within: Duration) -> Self {
        Self { socket, write_within, held_until: None }
    }

    /// The next frame of the peer.
    pub async fn hear(&mut self) -> Option<Result<Message, E>> {
        self.socket.next().await
    }

    /// When [`Self::flush`] is due, if something is held.
    pub const fn held_until(&self) -> Option<Instant> {
        self.held_until
    }

    /// Writes a frame that goes out with the next one, or when [`Self::held_until`] says.
    pub async fn hold(&mut self, message: Message, reason: &mut Reason) -> Result<(), End> {
        in_time(self.write_within, reason, self.socket.feed(message)).await?;
        self.held_until.get_or_insert_with(|| Instant::now() + HELD);
        Ok(())
    }

    /// Sends what is held.
    pub async fn flush(&mut self, reason: &mut Reason) -> Result<(), End> {
        self.held_until = None;
        in_time(self.write_within, reason, self.socket.flush()).await
    }

    /// Writes frames and sends them, with what was held before them.
    pub async fn write_all(
        &mut self,
        messages: impl Iterator<Item = Message> + Send,
        reason: &mut Reason,
    ) -> Result<(), End> {
        self.held_until = None;
        let mut messages = stream::iter(messages.map(Ok));
        in_time(self.write_within, reason, self.socket.send_all(&mut messages)).await
    }

    /// Says what is left to say, closes, and waits for the peer to close its side.
    ///
    /// # Errors
    /// The peer was gone before.
    pub async fn goodbye(&mut self, notice: Option<Message>, close: Message) -> Result<(), E> {
        if let Some(notice) = notice {
            self.socket.send(notice).await?;
        }
        self.socket.send(close).await?;
        while let Some(Ok(_)) = self.socket.next().await {}
        Ok(())
    }
}

async fn in_time<E>(
    patience: Duration,
    reason: &mut Reason,
    sending: impl Future<Output = Result<(), E>>,
) -> Result<(), End> {
    tokio::select! {
        sent = timeout(patience, sending) => match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::Ours(ClosingReason::TooSlow)),
        },
        reason = closing(reason) => Err(End::Ours(reason)),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        pin::Pin,
        task::{Context, Poll},
    };

    use super::*;
    use crate::ws::outbound::{Waiting, queue};

    /// Remembers what went out together.
    #[derive(Default)]
    struct Socket {
        written: Vec<String>,
        sent: Vec<Vec<String>>,
    }

    impl Stream for Socket {
        type Item = Result<Message, Infallible>;

        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(None)
        }
    }

    impl Sink<Message> for Socket {
        type Error = Infallible;

        fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), Infallible> {
            self.written.push(message.into_text().unwrap().to_string());
            Ok(())
        }

        fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            let written = std::mem::take(&mut self.written);
            self.sent.push(written);
            Poll::Ready(Ok(()))
        }

        fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            self.poll_flush(cx)
        }
    }

    fn wire() -> (Wire<Socket>, Waiting) {
        (Wire::new(Socket::default(), Duration::from_secs(1)), queue(1).1)
    }

    #[tokio::test]
    async fn what_is_held_goes_out_before_the_next_and_with_it() {
        let (mut wire, mut waiting) = wire();
        wire.hold(Message::text("accepted"), &mut waiting.closing).await.unwrap();
        assert!(wire.socket.sent.is_empty());
        let news = ["outcome", "changes"].map(Message::text);
        wire.write_all(news.into_iter(), &mut waiting.closing).await.unwrap();
        assert_eq!(wire.socket.sent, [["accepted", "outcome", "changes"]]);
        assert_eq!(wire.held_until(), None);
    }

    #[tokio::test]
    async fn what_is_held_waits_no_longer_because_of_what_is_held_after_it() {
        let (mut wire, mut waiting) = wire();
        wire.hold(Message::text("one"), &mut waiting.closing).await.unwrap();
        let until = wire.held_until();
        assert!(until.is_some());
        wire.hold(Message::text("two"), &mut waiting.closing).await.unwrap();
        assert_eq!(wire.held_until(), until);
        wire.flush(&mut waiting.closing).await.unwrap();
        assert_eq!((wire.held_until(), wire.socket.sent), (None, vec![vec!["one".to_owned(), "two".to_owned()]]));
    }
}
