//! The body of an answer, up to a limit.

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

/// The body, when all of it came and it is not longer than `limit` bytes.
pub(super) async fn whole(body: Incoming, limit: usize) -> Option<Vec<u8>> {
    match Limited::new(body, limit).collect().await {
        Ok(whole) => Some(whole.to_bytes().to_vec()),
        Err(error) => {
            tracing::debug!(%error, "half an answer, or a very long one");
            None
        }
    }
}
