//! Entry point of the desktop window.
fn main() {}
