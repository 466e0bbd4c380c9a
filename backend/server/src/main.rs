//! The program `postoffice-server`. Everything is in the library; see `postoffice_server::cli`.

use std::process::ExitCode;

use clap::Parser;
use postoffice_server::cli::{Cli, run};

fn main() -> ExitCode {
    run(Cli::parse())
}
