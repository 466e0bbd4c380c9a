//! The SMS of all orders: where they are, and what is done about those that did not arrive.

pub mod correct_number;
pub mod counts;
mod deal;
pub mod get;
pub mod list;
pub mod mark_told;
pub mod resend;
#[cfg(test)]
mod tests;
