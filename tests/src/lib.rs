//! Whole-system stories, faults and benches. Here: what they share.

pub mod kannel;
