//! One connection: HTTP/1.1 with a limit on how long a request may take to arrive, then perhaps a WebSocket.
//!
//! Set up as measured: this builder with a timer and `header_read_timeout` closes half headers *and* silent sockets at the limit and leaves
//! upgraded sockets alone; the automatic builder of hyper-util leaves silent sockets open.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use http::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::{
    admission::Place,
    fragments::{FrameWatch, Watched},
};

/// Serves one connection until it ends or `stopping` is cancelled; an upgraded socket then belongs to its own loop.
pub async fn serve<I>(
    stream: I,
    place: Arc<Place>,
    router: Router,
    header_timeout: Duration,
    stopping: CancellationToken,
) where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let watch = FrameWatch::default();
    let stream = Watched::new(stream, watch.clone());
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Arc::clone(&place));
        request.extensions_mut().insert(watch.clone());
        let router = router.clone();
        async move {
            let answered: Result<_, Infallible> = router.oneshot(request.map(Body::new)).await;
            answered
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}
