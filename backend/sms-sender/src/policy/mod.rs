//! What is decided before and after the gateway: the size of the text, and when to try again.

pub mod backoff;
pub mod text;
