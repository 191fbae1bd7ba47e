//! `osaurus-bridge abi`: questions about the ABI itself. One module per command.

mod compiler;
mod diff;
mod diff_report;
mod frozen;
mod ledger;
mod members;
mod next;
mod report;
mod sides;
mod verify;

use crate::failure::Failure;
pub use sides::spec_in;
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
    /// Say what changed between two states of the ABI, and whom it affects
    Diff(diff::Args),
    /// Compare the ABI spec with the tables that shipped
    Frozen(frozen::Args),
    /// Draft the next version: add functions, check, generate, and run plugins of every version
    /// with it
    Next(next::Args),
}

impl Args {
    /// Whether failures should be JSON too.
    pub fn json(&self) -> bool {
        match &self.command {
            Command::Verify(args) => args.json,
            Command::Diff(args) => args.json,
            Command::Frozen(_) => false,
            Command::Next(args) => args.json,
        }
    }
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    match &args.command {
        Command::Verify(args) => Ok(verify::run(args)),
        Command::Diff(args) => Ok(diff::run(args)),
        Command::Frozen(args) => frozen::run(args),
        Command::Next(args) => next::run(args),
    }
}
