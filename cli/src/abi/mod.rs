//! `osaurus-bridge abi`: questions about the ABI itself. One module per command.

mod compiler;
mod members;
mod report;
mod verify;

use crate::failure::Failure;
use std::process::ExitCode;

/// Arguments of `abi`.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Check that a C header has the tables of an ABI version
    Verify(verify::Args),
}

impl Args {
    /// Whether failures should be JSON too.
    pub fn json(&self) -> bool {
        match &self.command {
            Command::Verify(args) => args.json,
        }
    }
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    match &args.command {
        Command::Verify(args) => Ok(verify::run(args)),
    }
}
