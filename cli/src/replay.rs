//! `osaurus-bridge replay FILE SESSION`: plays a recorded session against a plugin and says what it
//! does otherwise. Exits with 0 when it does the same, with 1 when it does not, with 2 when that
//! could not be found out.

use crate::confinement::Confinement;
use crate::failure::Failure;
use crate::progress;
use crate::terminal::{self, say};
use osaurus_conformance::replay::{self, Replay, Verdict};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

const NOT_PLAYED: u8 = 2;

/// Arguments of `replay`.
#[derive(clap::Args)]
pub struct Args {
    /// The plugin library
    file: PathBuf,
    /// The session that `record` wrote
    session: PathBuf,
    /// Ids and times that the plugin makes up must be the recorded ones too
    #[arg(long)]
    exact: bool,
    /// Seconds that the plugin may do nothing that was recorded
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    confinement: Confinement,
}

/// Runs the command.
pub fn run(args: &Args) -> ExitCode {
    match verdict(args) {
        Ok(verdict) => {
            print(args, &verdict);
            ExitCode::from(u8::from(!matches!(verdict, Verdict::Same { .. })))
        }
        Err(failure) => {
            failure.print(args.json);
            ExitCode::from(NOT_PLAYED)
        }
    }
}

fn verdict(args: &Args) -> Result<Verdict, Failure> {
    let replay = Replay {
        sandbox: args.confinement.sandbox()?,
        library: &args.file,
        session: &args.session,
        exact: args.exact,
        limit: Duration::from_secs(args.limit),
    };
    let outcome = progress::during("the session is played", || replay::replay(&replay));
    outcome.map_err(|error| Failure::new(error.to_string(), ""))
}

fn print(args: &Args, verdict: &Verdict) {
    let session = args.session.display();
    match verdict {
        _ if args.json => terminal::data(as_json(verdict)),
        Verdict::Same { calls, host_calls } => say!(
            "same: the plugin answered {calls} calls and made {host_calls} host calls as in \
             {session}"
        ),
        Verdict::Different(difference) => say!("different: {session} {difference}"),
        Verdict::Failed { what } => say!("{what}"),
    }
}

fn as_json(verdict: &Verdict) -> Value {
    serde_json::to_value(verdict).unwrap_or_else(|error| json!({"error": error.to_string()}))
}
