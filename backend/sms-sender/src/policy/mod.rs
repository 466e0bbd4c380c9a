//! What is decided before and after the gateway: the size of the text, when it may go, what it may cost, and when to try again.

pub mod backoff;
pub mod quiet;
pub mod spend;
pub mod text;
