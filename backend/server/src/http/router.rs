//! The one route of the public listener: `/ws`.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{State, WebSocketUpgrade},
    response::{IntoResponse, Response},
    routing::any,
};
use http::{HeaderMap, StatusCode};
use postoffice_protocol::{WS_PATH, frame::MAX_MESSAGE_BYTES};
use tracing::Instrument;

use super::{admission::Place, fragments::FrameWatch, origin};
use crate::{context::Services, ws};

/// Bytes read at once; most requests are shorter. The default of 128 KiB per idle socket is what thousands of sockets cannot afford (measured:
/// 135 KB → 7 KB).
const READ_BUFFER: usize = 2_048;
/// Frames that wait together are written together, up to this many bytes in one call of the system. A socket keeps as much memory as it ever
/// needed for that.
const WRITE_BUFFER: usize = 4_096;

/// The routes.
pub fn router(services: Arc<Services>) -> Router {
    Router::new().route(WS_PATH, any(upgrade)).with_state(services)
}

/// Turns the request into a socket, if it comes from where it may. `place` stays taken as long as the socket is open.
async fn upgrade(
    State(services): State<Arc<Services>>,
    Extension(place): Extension<Arc<Place>>,
    Extension(watch): Extension<FrameWatch>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let client = place.address().map(tracing::field::display);
    if !origin::is_allowed(&headers, &services.config.origins) {
        tracing::info!(client, "upgrade refused: origin");
        return (StatusCode::FORBIDDEN, "origin not allowed\n").into_response();
    }
    if !watch.begin() {
        tracing::info!(client, "upgrade refused: frames before its answer");
        return (StatusCode::BAD_REQUEST, "wait for the answer\n").into_response();
    }
    let span = tracing::info_span!("socket", client);
    let token = services.tasks.token();
    upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES)
        .on_upgrade(move |socket| async move {
            ws::session::run(socket, services).instrument(span).await;
            drop((place, token));
        })
}
