//! The main job, end to end, on real parts.

mod ending;
mod hand_over;
mod outage;
mod parcel;
