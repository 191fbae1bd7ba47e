//! `osaurus-bridge doctor`: what this machine builds and runs plugins with, why, and what is wrong
//! with it. Looks and asks; changes nothing but the cache's folder, which it makes when it is
//! missing.

mod faults;
mod osaurus;
mod program;
mod question;
mod runtimes;
mod show;

use crate::cache::Usage;
use crate::failure::{Failure, OrFail};
use crate::project::Project;
use crate::terminal;
use osaurus::Osaurus;
use osaurus_shim::platform::cache_root;
use program::Program;
use runtimes::Runtimes;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `doctor`.
#[derive(clap::Args)]
pub struct Args {
    /// A plugin's folder: its settings count, and its packages are looked at
    #[arg(default_value = ".")]
    project: PathBuf,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
    /// Print what would run the plugin in this very environment (what `doctor` does in a child
    /// process)
    #[arg(long, hide = true)]
    here: bool,
}

/// All that was found out.
struct Report {
    project: Option<Project>,
    program: Program,
    runtimes: Runtimes,
    osaurus: Osaurus,
    cache: Usage,
}

/// Runs the command. Exits with 1 when something keeps plugins from being built or run.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let project = project(args)?;
    if args.here {
        terminal::data(runtimes::here(project.as_ref()));
        return Ok(ExitCode::SUCCESS);
    }
    let report = Report {
        program: Program::look(),
        runtimes: Runtimes::find(project.as_ref(), &args.project)?,
        osaurus: Osaurus::look(),
        cache: Usage::of(&cache_root()),
        project,
    };
    let findings = faults::find(&report);
    if args.json {
        terminal::data(report.to_json(&findings));
    } else {
        show::print(&report, &findings);
    }
    let broken = findings.iter().any(|finding| finding.is_error);
    Ok(if broken {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// The plugin in the folder. The current folder need not be one.
fn project(args: &Args) -> Result<Option<Project>, Failure> {
    let folder = &args.project;
    let has = |name: &str| folder.join(name).is_file();
    if !folder.is_dir() {
        return Err(Failure::new(
            format!("there is no folder {}", folder.display()),
            "name a plugin's folder, or run this in any folder without one",
        ));
    }
    let is_project = has("pyproject.toml") || has("package.json");
    // What is wrong with the settings is the build's to say.
    Ok(is_project.then(|| Project::read(folder).ok()).flatten())
}

impl Report {
    fn to_json(&self, findings: &[faults::Finding]) -> Value {
        json!({
            "program": self.program.to_json(), "python": self.runtimes.python.to_json(),
            "node": self.runtimes.node.to_json(), "osaurus": self.osaurus.to_json(), "cache": self.cache.to_json(),
            "project": self.project.as_ref().map(|project| &project.folder),
            "findings": findings.iter().map(faults::Finding::to_json).collect::<Vec<_>>(),
        })
    }
}

/// An empty folder for what is only looked at for a moment.
fn scratch() -> Result<tempfile::TempDir, Failure> {
    tempfile::tempdir().or_fail("cannot create a temporary folder", "free some disk space")
}
