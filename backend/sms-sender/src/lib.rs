//! The SMS sender of PostOffice.
