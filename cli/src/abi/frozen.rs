//! `osaurus-bridge abi frozen`: the tables that shipped never change. `--check` says where a spec
//! differs from them and what to do; `--dump` prints the file that freezes a version.

use super::sides::spec_in;
use crate::failure::{Failure, OrFail};
use crate::terminal::{self, say};
use osaurus_abi_spec::{frozen, shipped};
use std::path::PathBuf;
use std::process::ExitCode;

/// Places shown of each failure.
const SHOWN: usize = 12;

/// Arguments of `abi frozen`.
#[derive(clap::Args)]
pub struct Args {
    /// Fail when a version of the spec is not what shipped
    #[arg(long, required_unless_present = "dump", conflicts_with = "dump")]
    check: bool,
    /// Print the file that freezes this version
    #[arg(long, value_name = "VERSION")]
    dump: Option<u32>,
    /// Folder of the spec [default: the spec that this program was built with]
    #[arg(long)]
    spec: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let spec = spec_in(args.spec.as_deref())?;
    match args.dump {
        Some(version) => dump(&spec, version),
        None => check(&spec, args),
    }
}

fn dump(spec: &osaurus_abi_spec::Spec, version: u32) -> Result<ExitCode, Failure> {
    let snapshot = frozen::snapshot(spec, version).ok_or_else(|| {
        Failure::new(
            format!("the spec has no version {version}"),
            "name one that it has",
        )
    })?;
    let text = frozen::to_text(&snapshot).or_fail("cannot write the snapshot", "")?;
    terminal::report(&text);
    Ok(ExitCode::SUCCESS)
}

fn check(spec: &osaurus_abi_spec::Spec, args: &Args) -> Result<ExitCode, Failure> {
    let drift = shipped::drift(spec);
    if !drift.is_empty() {
        return Err(drifted(&drift, args));
    }
    if let [version, ..] = shipped::unfrozen(spec)[..] {
        return Err(Failure::new(
            format!("version {version} of the spec is not frozen"),
            format!(
                "when it ships: osaurus-bridge abi frozen --dump {version} > abi-spec/frozen/v{version}.json, and add \
                 the file's hash to abi-spec/frozen/SHA256SUMS"
            ),
        ));
    }
    say!("Every version is what shipped.");
    Ok(ExitCode::SUCCESS)
}

/// The failure of a spec that is not what shipped.
fn drifted(drift: &[shipped::Drift], args: &Args) -> Failure {
    let mut lines: Vec<String> = drift.iter().take(SHOWN).map(ToString::to_string).collect();
    if drift.len() > SHOWN {
        lines.push(format!("and {} more places", drift.len() - SHOWN));
    }
    let (version, spec) = (drift[0].version, args.spec.as_deref());
    let spec = spec.map_or("abi-spec/spec".into(), |spec| spec.display().to_string());
    Failure::new(
        format!("the spec is not what shipped:\n{}", lines.join("\n")),
        format!(
            "put the spec back: what shipped never changes, and what is new goes to the end of a table with a version of \
             its own (osaurus-bridge abi next). Whom it hits: osaurus-bridge abi diff v{version} {spec}"
        ),
    )
}
