//! The accept loop.

use std::{io, sync::Arc, time::Duration};

use axum::Router;
use rustix::net::sockopt::set_socket_send_buffer_size;
use tokio::net::TcpListener;

use super::{admission::Admission, connection};
use crate::{context::Services, measures};

/// How long to wait when the system has no file descriptor left: accepting again at once would only spin.
const BREATHER: Duration = Duration::from_millis(200);

/// What the system keeps for a reader who does not take it; left to itself it would keep megabytes for each, and a slow reader would be told
/// old news for long before anybody noticed. A local network needs less to be filled.
const SEND_BUFFER: usize = 128 * 1024;

/// Accepts connections until the process stops.
///
/// # Errors
/// The listener itself is broken.
pub async fn accept(listener: TcpListener, router: Router, services: Arc<Services>) -> io::Result<()> {
    let limits = &services.config.limits;
    let admission = Admission::new(limits.connections_per_address, limits.connections);
    let header_timeout = Duration::from_millis(limits.header_timeout_ms);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = services.stopping.cancelled() => return Ok(()),
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) if is_of_one_connection(&error) => continue,
            Err(error) => {
                tracing::error!(%error, "cannot accept connections now");
                tokio::time::sleep(BREATHER).await;
                continue;
            }
        };
        let Some(place) = admission.enter(peer.ip()) else {
            measures::connection_refused();
            tracing::debug!(address = %peer.ip(), "too many connections");
            continue;
        };
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        if let Err(error) = set_socket_send_buffer_size(&stream, SEND_BUFFER) {
            tracing::debug!(%error, "no bound on what the system keeps for this reader");
        }
        let stopping = services.stopping.clone();
        services.tasks.spawn(connection::serve(stream, Arc::new(place), router.clone(), header_timeout, stopping));
    }
}

/// The client was gone before we accepted it; nothing is wrong with the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
