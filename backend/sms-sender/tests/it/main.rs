//! The sender as a whole: real Redis, a gateway of the tests' own that answers as scripted. Kannel itself is in the package `postoffice-tests`.

#[cfg(test)] // so that its functions beside the tests count as test code
mod certificates;
#[cfg(test)] // so that its functions beside the tests count as test code
mod config;
#[cfg(test)] // so that its functions beside the tests count as test code
mod failover;
mod gateway_faults;
mod health;
#[cfg(test)] // so that its functions beside the tests count as test code
mod http_gateway;
#[cfg(test)] // so that its functions beside the tests count as test code
mod https_gateway;
mod kills;
#[cfg(test)] // so that its functions beside the tests count as test code
mod office;
mod order;
mod policy;
#[cfg(test)] // so that its functions beside the tests count as test code
mod redis_faults;
#[cfg(test)] // so that its functions beside the tests count as test code
mod redis_refuses;
mod reports;
mod slots;
#[cfg(test)] // so that its functions beside the tests count as test code
mod spool;
#[cfg(test)] // so that its functions beside the tests count as test code
mod tls;
