//! `osaurus-bridge abi diff OLD NEW`: what changed between two states of the ABI, and whom it
//! affects. Exits with 0 when nothing breaks that the ledger does not accept, with 1 when something
//! does, with 2 when that could not be found out.

use super::diff_report::{self, Report};
use super::{ledger, sides};
use crate::failure::Failure;
use osaurus_abi_spec::diff;
use std::path::PathBuf;
use std::process::ExitCode;

const NOT_COMPARED: u8 = 2;

/// Arguments of `abi diff`.
#[derive(clap::Args)]
pub struct Args {
    /// A spec folder, a C header, or a version such as v5 or v2d
    #[arg(required_unless_present = "rules")]
    old: Option<String>,
    /// The same, later
    #[arg(required_unless_present = "rules")]
    new: Option<String>,
    /// File of accepted breaks with their reasons (TOML)
    #[arg(long)]
    ledger: Option<PathBuf>,
    /// List the sorts of changes with their classes instead
    #[arg(long)]
    rules: bool,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> ExitCode {
    let (Some(old), Some(new), false) = (&args.old, &args.new, args.rules) else {
        diff_report::print_rules(args.json);
        return ExitCode::SUCCESS;
    };
    match compare(old, new, args) {
        Ok(report) => {
            report.print(args.json);
            ExitCode::from(u8::from(report.breaks()))
        }
        Err(failure) => {
            failure.print(args.json);
            ExitCode::from(NOT_COMPARED)
        }
    }
}

fn compare(old: &str, new: &str, args: &Args) -> Result<Report, Failure> {
    let (before, after) = sides::both(old, new)?;
    let changes = diff::diff(&before, &after);
    let reasons = ledger::reasons(args.ledger.as_deref(), &changes)?;
    Ok(Report {
        old: old.to_owned(),
        new: new.to_owned(),
        changes: changes.into_iter().zip(reasons).collect(),
    })
}
