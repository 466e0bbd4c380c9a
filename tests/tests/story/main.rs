//! The main job, end to end, on real parts.

mod ending;
mod hand_over;
mod killed;
mod many;
mod messages;
mod outage;
mod parcel;
