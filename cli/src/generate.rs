//! `osaurus-bridge gen`: bindings and documents from the ABI spec, and the check that committed
//! ones are fresh.

use crate::documents;
use crate::failure::{Failure, OrFail};
use crate::terminal::say;
use osaurus_abi_spec::model::{Since, Spec};
use osaurus_codegen::{Files, Options, Target};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `gen`.
#[derive(clap::Args)]
pub struct Args {
    /// What to generate; nothing means every file that the source tree commits
    #[arg(value_parser = parse_target)]
    target: Option<Target>,
    /// ABI version, 1 to 6; for the C header also 2a to 2e
    #[arg(long, default_value = "6")]
    abi: Since,
    /// Folder to write to
    #[arg(long, short, default_value = ".")]
    out: PathBuf,
    /// Write nothing; fail when a committed file differs from what would be generated
    #[arg(long)]
    check: bool,
}

fn parse_target(word: &str) -> Result<Target, String> {
    Target::from_word(word)
        .ok_or_else(|| format!("unknown target; known: {}", Target::WORDS.join(", ")))
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let spec = documents::spec()?;
    match args.target {
        _ if args.check => check(&committed(&spec)?, &args.out),
        None => write_committed(&committed(&spec)?, &args.out),
        Some(target) => write_one(&spec, target, args),
    }
}

/// Every file that the source tree commits.
fn committed(spec: &Spec) -> Result<Files, Failure> {
    let mut files = osaurus_codegen::committed(spec).or_fail("cannot generate", "")?;
    let pages = documents::pages(spec)?.into_iter();
    files.extend(pages.map(|(page, text)| (format!("docs/{page}"), text)));
    Ok(files)
}

fn check(files: &Files, root: &Path) -> Result<ExitCode, Failure> {
    let stale = osaurus_codegen::stale_files(files, root).or_fail(
        "cannot generate",
        "report this with the spec that caused it",
    )?;
    if stale.is_empty() {
        say!("Every generated file is up to date.");
        return Ok(ExitCode::SUCCESS);
    }
    let list: Vec<String> = stale.iter().map(ToString::to_string).collect();
    Err(Failure::new(
        format!("generated files are out of date:\n{}", list.join("\n")),
        "",
    ))
}

fn write_committed(files: &Files, root: &Path) -> Result<ExitCode, Failure> {
    if !root.join("codegen").is_dir() {
        return Err(Failure::new(
            format!(
                "{} is not osaurus-bridge's source folder, so it has no files to refresh",
                root.display()
            ),
            format!(
                "name a target: osaurus-bridge gen {} --out DIR",
                Target::WORDS[0]
            ),
        ));
    }
    let files = osaurus_codegen::write_committed(files, root)
        .or_fail("cannot write the generated files", "")?;
    for path in files {
        say!("wrote {}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn write_one(spec: &Spec, target: Target, args: &Args) -> Result<ExitCode, Failure> {
    let files = osaurus_codegen::generate(
        spec,
        target,
        Options {
            level: args.abi.clone(),
        },
    )
    .or_fail("cannot generate", "try another --abi")?;
    for (path, text) in files {
        let path = args.out.join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).or_fail(
                format!("cannot create {}", folder.display()),
                "choose another --out",
            )?;
        }
        std::fs::write(&path, text).or_fail(
            format!("cannot write {}", path.display()),
            "choose another --out",
        )?;
        say!("wrote {}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}
