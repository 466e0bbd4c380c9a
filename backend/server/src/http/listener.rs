//! The accept loop.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::Router;
use rustix::net::sockopt::set_socket_send_buffer_size;
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{
    admission::{Admission, Place},
    connection, proxy_header,
};
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
        let (mut stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) if is_of_one_connection(&error) => continue,
            Err(error) => {
                tracing::error!(%error, "cannot accept connections now");
                tokio::time::sleep(BREATHER).await;
                continue;
            }
        };
        let proxied = is_trusted(&services.config.trusted_proxies, peer);
        let place = if proxied { admission.enter_unnamed() } else { admission.enter(peer.ip()) };
        let Some(mut place) = place else {
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
        let router = router.clone();
        services.tasks.spawn(async move {
            if proxied && !name_client(&mut stream, &mut place, peer.ip(), header_timeout, &stopping).await {
                return;
            }
            connection::serve(stream, Arc::new(place), router, header_timeout, stopping).await;
        });
    }
}

/// A load balancer of ours. It is known as IPv4 also where the listener is dual-stack.
fn is_trusted(proxies: &[IpAddr], peer: SocketAddr) -> bool {
    let peer = peer.ip().to_canonical();
    proxies.iter().any(|proxy| proxy.to_canonical() == peer)
}

/// Lets the load balancer say for whom it connects. False: it did not, not in time, or the client has its share; the connection is to be closed.
async fn name_client(
    stream: &mut TcpStream,
    place: &mut Place,
    proxy: IpAddr,
    within: Duration,
    stopping: &CancellationToken,
) -> bool {
    let named = tokio::select! {
        named = timeout(within, proxy_header::read(stream)) => named,
        () = stopping.cancelled() => return false,
    };
    let client = match named {
        Ok(Ok(client)) => client.unwrap_or(proxy),
        Ok(Err(problem)) => {
            tracing::info!(%proxy, %problem, "a connection was closed");
            return false;
        }
        Err(_) => {
            tracing::info!(%proxy, "a connection was closed: no PROXY header in time");
            return false;
        }
    };
    if !place.name(client) {
        measures::connection_refused();
        tracing::debug!(address = %client, "too many connections");
        return false;
    }
    true
}

/// The client was gone before we accepted it; nothing is wrong with the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
