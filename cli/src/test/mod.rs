//! `osaurus-bridge test`: everything that says whether a plugin works. Builds it, runs the
//! project's own tests (in its language's process, and against the built library where they ask
//! for it), then `check`. Each is a process of its own; this module says in which order, and what
//! came of it.

pub mod host;
mod junit;
mod native;
mod own;

use crate::failure::{Failure, OrFail};
use crate::project::Project;
use crate::terminal::{note, say};
use native::Native;
use own::Tests;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

/// The variable that tells a project's tests which program runs the built library.
const PROGRAM: &str = "OSAURUS_BRIDGE";

/// Arguments of `test`.
#[derive(clap::Args)]
pub struct Args {
    /// The plugin's folder
    #[arg(default_value = ".")]
    project: PathBuf,
    /// How strict check is, 1 to 10 [default: 5, or the project file's]
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=10))]
    level: Option<u8>,
    /// Write one report of all as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Run the project's own tests alone
    #[arg(long)]
    no_check: bool,
}

/// What came of one part.
struct Outcome {
    name: &'static str,
    result: Result<(), String>,
    seconds: f64,
    /// Its own report, where it wrote one.
    report: Option<PathBuf>,
}

impl Outcome {
    fn line(&self) -> String {
        let (name, seconds) = (self.name, self.seconds);
        match &self.result {
            Ok(()) => format!("{name:<6} passed   {seconds:5.1} s"),
            Err(why) => format!("{name:<6} FAILED   {seconds:5.1} s  {why}"),
        }
    }
}

/// A project of either kind.
enum Tested {
    Script(Box<Project>),
    Native(Native),
}

impl Tested {
    fn read(folder: &Path) -> Result<Self, Failure> {
        match Native::find(folder) {
            Some(native) => Ok(Tested::Native(native)),
            None => Ok(Tested::Script(Box::new(Project::read(folder)?))),
        }
    }

    fn folder(&self) -> &Path {
        match self {
            Tested::Script(project) => &project.folder,
            Tested::Native(native) => &native.folder,
        }
    }

    fn build(&self) -> Result<Vec<Command>, Failure> {
        match self {
            Tested::Script(_) => Ok(vec![bridge(&["build", "."])?]),
            Tested::Native(native) => Ok(native.build()),
        }
    }

    fn tests(&self, report: &Path) -> Result<Option<Tests>, Failure> {
        match self {
            Tested::Script(project) => own::tests(project, report),
            Tested::Native(native) => Ok(native.tests(report)),
        }
    }

    fn library(&self) -> Result<PathBuf, Failure> {
        match self {
            Tested::Script(project) => {
                let name = format!("{}{}", project.id, crate::paths::LIBRARY_SUFFIX);
                Ok(project.folder.join("dist").join(name))
            }
            Tested::Native(native) => native.library(),
        }
    }
}

/// Runs the command. The exit code is 1 when a part failed.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let project = Tested::read(&args.project)?;
    let folder = project.folder();
    let reports = tempfile::tempdir().or_fail("cannot create a temporary folder", "")?;
    let mut outcomes = vec![part("build", None, project.build()?, folder)];
    if outcomes[0].result.is_ok() {
        match project.tests(&reports.path().join("tests.xml"))? {
            Some((command, report)) => outcomes.push(part("tests", report, vec![command], folder)),
            None => {
                note!("the project has no tests of its own; new projects show how they look")
            }
        }
        if !args.no_check {
            outcomes.push(check(args, &project, reports.path())?);
        }
    }
    if let Some(file) = &args.junit {
        junit::write(file, &outcomes)?;
    }
    say!("");
    for outcome in &outcomes {
        say!("{}", outcome.line());
    }
    let passed = outcomes.iter().all(|outcome| outcome.result.is_ok());
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn check(args: &Args, project: &Tested, reports: &Path) -> Result<Outcome, Failure> {
    let report = reports.join("check.xml");
    let mut command = bridge(&["check", "--only-failed", "--junit"])?;
    command.arg(&report).arg(project.library()?);
    if let Some(level) = args.level {
        command.args(["--level", &level.to_string()]);
    }
    Ok(part("check", Some(report), vec![command], project.folder()))
}

/// This program, with another command.
fn bridge(arguments: &[&str]) -> Result<Command, Failure> {
    let program = std::env::current_exe().or_fail("cannot find this program", "")?;
    let mut command = Command::new(program);
    command.args(arguments);
    Ok(command)
}

/// Runs a part in the project's folder, with this terminal.
fn part(
    name: &'static str,
    report: Option<PathBuf>,
    commands: Vec<Command>,
    folder: &Path,
) -> Outcome {
    let started = Instant::now();
    let result = commands
        .into_iter()
        .try_for_each(|command| run_in(folder, command));
    Outcome {
        name,
        result,
        seconds: started.elapsed().as_secs_f64(),
        report,
    }
}

fn run_in(folder: &Path, mut command: Command) -> Result<(), String> {
    command.current_dir(folder);
    if let Ok(program) = std::env::current_exe() {
        command.env(PROGRAM, program);
    }
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(status.to_string()),
        Err(error) => {
            let program = command.get_program();
            Err(format!("{} does not start: {error}", program.display()))
        }
    }
}
