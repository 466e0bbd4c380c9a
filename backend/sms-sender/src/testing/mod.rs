//! What tests of this and other crates share.

mod scripted_gateway;

pub use scripted_gateway::{Reaction, Received, ScriptedGateway, report};
