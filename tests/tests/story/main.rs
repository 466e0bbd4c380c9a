//! The main job, end to end, on real parts.

mod ending;
mod hand_over;
mod killed;
mod messages;
mod outage;
mod parcel;
