//! The program `postoffice-sms-sender`. Everything is in the library; see `postoffice_sms_sender::cli`.

use std::process::ExitCode;

use clap::Parser;
use postoffice_sms_sender::cli::{Cli, run};

fn main() -> ExitCode {
    run(&Cli::parse())
}
