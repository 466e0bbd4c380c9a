//! The whole server over real sockets, with a real private Redis and a real database file for each test.

mod cli;
mod connections;
mod desk;
mod frames;
mod office;
mod orders;
mod sign_in;
mod stop;
