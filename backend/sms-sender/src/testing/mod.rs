//! What tests of this and other crates share.

mod office;
mod scripted_gateway;

pub use office::{Office, PATIENCE, TTNS, event, ttn};
pub use scripted_gateway::{Reaction, Received, ScriptedGateway, get, post, report};
