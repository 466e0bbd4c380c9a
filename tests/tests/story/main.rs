//! The main job, end to end, on real parts.

mod ending;
mod outage;
mod parcel;
