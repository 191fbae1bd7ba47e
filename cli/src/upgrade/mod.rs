//! `osaurus-bridge upgrade`: brings a project that `new` made to this version. What its author wrote
//! or changed is never overwritten: where both sides changed a file, the new one is put beside it.

mod pins;
mod plan;

use crate::failure::Failure;
use crate::new::record::{self, Record};
use crate::terminal::say;
use plan::{Change, Plan};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `upgrade`.
#[derive(clap::Args)]
pub struct Args {
    /// The plugin's folder
    #[arg(default_value = ".")]
    project: PathBuf,
    /// Change nothing; say what would change, and exit with 1 if anything would
    #[arg(long)]
    check: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let record = read(&args.project)?;
    let plan = plan::plan(&args.project, &record)?;
    let (from, to) = (&record.version, record::this_version());
    if plan.is_empty() && *from == to {
        say!("up to date with osaurus-bridge {to}");
        return Ok(ExitCode::SUCCESS);
    }
    let verb = match args.check {
        true => "would upgrade",
        false => "upgraded",
    };
    match *from == to {
        true => say!("{verb} to the files of this osaurus-bridge {to}"),
        false => say!("{verb} from osaurus-bridge {from} to {to}"),
    }
    report(&plan);
    if args.check {
        return Ok(ExitCode::FAILURE);
    }
    plan.apply(&args.project)?;
    Record::of(record.scaffold, &plan.template).write(&args.project)?;
    say!("next: look at the changes, then osaurus-bridge test");
    Ok(ExitCode::SUCCESS)
}

/// The record of a project that this program can upgrade.
fn read(folder: &Path) -> Result<Record, Failure> {
    let place = folder
        .canonicalize()
        .unwrap_or_else(|_| folder.to_path_buf());
    let Some(record) = Record::read(folder)? else {
        return Err(Failure::new(
            format!(
                "{} has no {}, so it is not known what to upgrade from",
                place.display(),
                record::FILE
            ),
            "run this in the folder of a project that osaurus-bridge new made",
        ));
    };
    let this = record::this_version();
    if record.version > this {
        return Err(Failure::new(
            format!(
                "the project is of osaurus-bridge {}, and this is {this}",
                record.version
            ),
            "install that version or a newer one",
        ));
    }
    Ok(record)
}

/// A line for each change; one for all files of the SDK that change in the same way.
fn report(plan: &Plan) {
    for (word, are) in [
        ("add", Change::is_added as fn(&Change) -> bool),
        ("replace", Change::is_replaced),
        ("remove", Change::is_removed),
    ] {
        let of_kind = plan.changes.iter().filter(|(_, change)| are(change));
        let (vendored, own): (Vec<_>, Vec<_>) =
            of_kind.partition(|(path, _)| path.starts_with("vendor/"));
        match vendored.as_slice() {
            [] => {}
            [(path, _)] => say!("  {word:<8} {path}"),
            many => say!("  {word:<8} vendor: {} files", many.len()),
        }
        for (path, _) in own {
            say!("  {word:<8} {path}");
        }
    }
    for (path, change) in &plan.changes {
        match change {
            Change::Beside(_) => say!(
                "  keep     {path}, which you changed; the new one is {path}.new: take from it what \
                 you want, then remove it"
            ),
            Change::Pinned { lines, .. } => {
                for line in lines {
                    say!("  pin      {path}: {line}");
                }
            }
            Change::Add(_) | Change::Replace(_) | Change::Remove => {}
        }
    }
    for hint in &plan.hints {
        say!("  yours    {hint}");
    }
}
