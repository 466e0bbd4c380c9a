//! The way from the core to the window: one event, whatever happened.

use postoffice_protocol::desktop::CoreEvent;
use tauri::{AppHandle, Emitter};

/// Name of the Tauri event that carries a [`CoreEvent`].
pub const EVENT: &str = "core";

/// Somebody who hears what the core has to say: the window, or a test.
pub trait Listener: Send + Sync {
    /// Hears it. Must not block.
    fn hear(&self, event: CoreEvent);
}

/// The real window.
pub struct TauriWindow(pub AppHandle);

impl Listener for TauriWindow {
    fn hear(&self, event: CoreEvent) {
        if let Err(error) = self.0.emit(EVENT, event) {
            tracing::warn!(%error, "the window did not hear an event");
        }
    }
}
