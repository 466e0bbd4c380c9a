//! The texts that customers get.

mod change;
pub mod get;
pub mod reset;
pub mod set;
#[cfg(test)]
mod tests;
