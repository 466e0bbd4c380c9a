//! Orders over the socket: create, list, get.
