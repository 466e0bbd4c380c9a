//! The main job, end to end, on real parts.

mod ending;
mod further_back;
mod hand_over;
mod haste;
mod killed;
mod many;
mod messages;
mod nodes;
mod outage;
mod parcel;
mod restart;
