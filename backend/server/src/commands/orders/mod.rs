//! Commands on orders, one file each.

pub(in crate::commands) mod accepted;
pub mod cancel;
pub mod change_location;
pub mod complete;
pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod recent;
pub mod set_places;
pub mod undo;
