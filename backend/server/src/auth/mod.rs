//! Who is it: passwords, session tokens and the one-time set-up code.

mod hashing;
pub mod identity;
pub mod password_rules;
pub mod passwords;
pub mod secret;
pub mod session_watch;
pub mod setup_code;

pub use identity::Identity;
pub use passwords::Passwords;
