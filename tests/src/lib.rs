//! Whole-system stories, faults and benches. Here: what they share.
//!
//! - [`office`]: a demo office with its server and SMS sender as real processes
//! - [`kannel`]: a real Kannel with its fake operator
//! - [`smsc`]: an operator behind Kannel that does with a message what its number says
//! - [`window`]: the real desktop window under a virtual display, driven through `WebKitWebDriver`
//! - [`counter`]: what a clerk does at the counter, in a window
//! - [`desk`]: a clerk without a window, straight on the socket
//! - [`proxy`]: a bad network between desktops and the server
//! - [`faults`]: what `make faults` injects and judges
//!
//! Everything runs on private ports with its data in temp folders and is stopped by its own pid.

pub mod counter;
pub mod desk;
pub mod display;
pub mod faults;
pub mod haproxy;
pub mod kannel;
pub mod office;
pub mod programs;
pub mod proxy;
pub mod smsc;
pub mod wait;
pub mod window;
