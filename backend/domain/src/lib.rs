//! What is true: orders, TTNs, phones, places, money and who may do what. No I/O, no async, no clock of its own.
//!
//! The heart is [`order`]: `(state, command, actor, now) -> events or refusal`. Everything that comes from outside becomes a value of
//! this crate through a function that can refuse, so that a value, once it exists, is good.

pub mod cargo;
pub mod clock;
pub mod entropy;
pub mod language;
pub mod location;
pub mod message;
pub mod order;
pub mod party;
pub mod people;
pub mod phone;
pub mod refusal;
pub mod search;
pub mod sms_text;
pub mod tariff;
pub mod text;
pub mod ttn;
