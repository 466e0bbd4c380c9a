//! The LAN server of PostOffice.
