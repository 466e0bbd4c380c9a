//! What waits to be written to one socket: a bounded queue, and the reason to close when there is one.

use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use postoffice_protocol::events::ClosingReason;
use postoffice_runtime::planted;
use tokio::sync::{mpsc, watch};

/// The sending side: cheap to clone, never waits.
#[derive(Clone)]
pub struct Outbound {
    frames: mpsc::Sender<Utf8Bytes>,
    closing: Arc<watch::Sender<Option<ClosingReason>>>,
}

/// The writing side, owned by the socket's loop.
pub struct Waiting {
    /// News, in order.
    pub frames: mpsc::Receiver<Utf8Bytes>,
    /// Becomes a reason when the socket must close.
    pub closing: watch::Receiver<Option<ClosingReason>>,
}

/// A queue for at most `capacity` frames.
pub fn queue(capacity: usize) -> (Outbound, Waiting) {
    let (frames_in, frames_out) = mpsc::channel(capacity.max(1));
    let (closing_in, closing_out) = watch::channel(None);
    let outbound = Outbound { frames: frames_in, closing: Arc::new(closing_in) };
    (outbound, Waiting { frames: frames_out, closing: closing_out })
}

impl Outbound {
    /// Puts a frame into the queue. A full queue means that the desktop reads too slowly: the socket is closed and the desktop resumes.
    pub fn send(&self, frame: Utf8Bytes) -> bool {
        match self.frames.try_send(frame) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Full(_)) if planted!("hub.drops_frames_of_the_slow") => false,
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.close(ClosingReason::TooSlow);
                false
            }
            Err(mpsc::error::TrySendError::Closed(_)) => false,
        }
    }

    /// Closes the socket; the first reason counts.
    pub fn close(&self, reason: ClosingReason) {
        self.closing.send_if_modified(|present| present.is_none() && present.replace(reason).is_none());
    }

    /// Whether both are the same socket.
    pub fn same_socket(&self, other: &Self) -> bool {
        self.frames.same_channel(&other.frames)
    }
}

/// Waits for a reason to close.
pub(super) async fn closing(closing: &mut watch::Receiver<Option<ClosingReason>>) -> ClosingReason {
    let reason = closing.wait_for(Option::is_some).await.ok().and_then(|reason| *reason);
    match reason {
        Some(reason) => reason,
        // The sending half lives in the desk itself, so it cannot be gone while the desk is served.
        None => std::future::pending().await,
    }
}
