//! The main job, end to end, on real parts.

mod ending;
mod hand_over;
mod messages;
mod outage;
mod parcel;
mod restart;
