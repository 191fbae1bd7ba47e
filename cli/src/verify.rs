//! `osaurus-bridge verify`: whether Osaurus would install an archive or a folder, by the rules of
//! its installer, its loader and the registry. Reads the files; nothing in them runs.

use crate::failure::{Failure, OrFail};
use crate::package::code_signature::Signer;
use crate::package::examine::{self, Examined, Opened};
use crate::package::problem::Problem;
use crate::parts::Target;
use crate::terminal::say;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `verify`.
#[derive(clap::Args)]
pub struct Args {
    /// An archive (.zip), or a folder with the files of one
    package: PathBuf,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

/// Runs the command. Exits with 1 when the package would not be installed or not loaded.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let stage =
        tempfile::tempdir().or_fail("cannot create a temporary folder", "free some disk space")?;
    let opened = examine::open(&args.package, stage.path());
    let examined = opened.as_ref().map(examine::examine);
    let (found, problems) = match (&opened, examined) {
        (Ok(opened), Ok(Ok(examined))) => (Some(describe(opened, &examined)), examined.problems),
        (Err(problem), _) => (None, vec![problem.clone()]),
        (Ok(opened), Ok(Err(problem))) => (Some(identity(opened)), vec![problem]),
        (Ok(_), Err(problem)) => (None, vec![problem.clone()]),
    };
    let good = !problems.iter().any(|problem| problem.fatal);
    if args.json {
        say!(
            "{}",
            json!({"ok": good, "package": found, "problems": problems})
        );
    } else {
        print(args, found.as_ref(), &problems, good);
    }
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn identity(opened: &Opened) -> Value {
    let identity = &opened.identity;
    json!({"plugin_id": identity.id, "version": identity.version.to_string()})
}

fn describe(opened: &Opened, examined: &Examined) -> Value {
    let layout = &examined.layout;
    let skills: Vec<String> = layout
        .skills
        .iter()
        .map(|(file, _)| file.display().to_string())
        .collect();
    let targets: Vec<&str> = examined.targets.iter().copied().map(Target::name).collect();
    let signer = examined.signer.map(|signer| match signer {
        Signer::AdHoc => "ad hoc",
        Signer::Certificate => "with a certificate",
    });
    let mut value = identity(opened);
    let more = json!({
        "library": layout.library, "targets": targets, "signed": signer, "web": layout.web, "skills": skills,
        "readme": layout.readme, "changelog": layout.changelog,
        "sha256": opened.archive.as_ref().map(|(sum, _)| sum), "bytes": opened.archive.as_ref().map(|(_, size)| size),
    });
    if let (Value::Object(all), Value::Object(more)) = (&mut value, more) {
        all.extend(more);
    }
    value
}

fn print(args: &Args, found: Option<&Value>, problems: &[Problem], good: bool) {
    if let Some(found) = found {
        let text = |key: &str| found[key].as_str().unwrap_or("-").to_string();
        say!("{} {}", text("plugin_id"), text("version"));
        for key in [
            "library",
            "targets",
            "signed",
            "web",
            "skills",
            "readme",
            "changelog",
            "sha256",
        ] {
            match &found[key] {
                Value::String(value) => say!("  {key:<10} {value}"),
                Value::Array(values) if !values.is_empty() => {
                    let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
                    say!("  {key:<10} {}", values.join(", "));
                }
                _ => {}
            }
        }
    }
    for problem in problems {
        say!("{}", problem.line());
    }
    if let Some(problem) = problems.first() {
        say!("more about a rule: osaurus-bridge explain {}", problem.rule);
    }
    let package = args.package.display();
    match good {
        true => say!("ok: {package} can be installed"),
        false => say!("{package} cannot be installed as it is"),
    }
}
