//! The sender as a whole: real Redis, a gateway of the tests' own that answers as scripted. Kannel itself is in the package `postoffice-tests`.

mod config;
mod gateway_faults;
mod kills;
mod office;
mod order;
mod redis_faults;
mod reports;
mod slots;
