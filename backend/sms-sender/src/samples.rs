//! Values that unit tests share.

/// A good TTN.
pub const TTN: &str = "8123456789012348";
/// Another one.
pub const OTHER_TTN: &str = "8123456789012357";
