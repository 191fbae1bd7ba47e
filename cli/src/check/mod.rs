//! `osaurus-bridge check`: checks a plugin against the rules and says what breaks, where, why, and
//! how to fix it.

mod script;

use crate::confinement::Confinement;
use crate::failure::{Failure, OrFail};
use crate::library;
use indicatif::{ProgressBar, ProgressStyle};
use osaurus_conformance::check::report::{json, junit, list, terminal};
use osaurus_conformance::check::{
    self, CheckError, Options, Project, Report, Selection, catalogue,
};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `check`.
#[derive(clap::Args)]
pub struct Args {
    /// The plugin library [default: the one in dist/]
    file: Option<PathBuf>,
    /// How strict to be, 1 (would crash or not load) to 10 (perfection) [default: 5, or the project
    /// file's]
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=10))]
    level: Option<u8>,
    /// Only these rules or groups, whatever their level: result-null, strings, entry-*
    #[arg(long, value_delimiter = ',', value_name = "RULES")]
    include: Vec<String>,
    /// Not these
    #[arg(long, value_delimiter = ',', value_name = "RULES")]
    exclude: Vec<String>,
    /// Leave out what passed and what was skipped; the report of --junit has all
    #[arg(long)]
    only_failed: bool,
    /// How many rules at a time [default: the number of processors]
    #[arg(short, long, value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Make the same random choices as the check that printed this seed
    #[arg(long, visible_alias = "seed", value_name = "SEED")]
    reproduce: Option<u64>,
    /// The project file [default: osaurus-check.toml here, beside the library, or in the folder
    /// above it]
    #[arg(long, value_name = "FILE")]
    project: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
    /// Also write the report as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Print all rules and check nothing
    #[arg(long, conflicts_with = "file")]
    list: bool,
    #[command(flatten)]
    confinement: Confinement,
}

/// Runs the command. The exit code is 1 when a rule is broken.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    if args.list {
        return print_rules(args);
    }
    let file = library::find(args.file.as_deref())?;
    let report = check(args, &file)?;
    if let Some(path) = &args.junit {
        let text = junit::render(&report);
        std::fs::write(path, text).or_fail(format!("cannot write {}", path.display()), "")?;
    }
    print(args, &report);
    Ok(if report.is_success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn check(args: &Args, file: &Path) -> Result<Report, Failure> {
    let project = project(args.project.as_deref(), file)?;
    let options = Options {
        library: file.to_path_buf(),
        selection: Selection {
            level: args.level.or(project.level).unwrap_or(5),
            include: args.include.clone(),
            exclude: args.exclude.clone(),
        },
        project,
        jobs: jobs(args),
        // A short seed is easier to type again.
        seed: args
            .reproduce
            .unwrap_or_else(|| RandomState::new().hash_one(0) % 1_000_000_000),
        script: script::of(file),
        sandbox: args.confinement.sandbox()?,
    };
    let bar = progress(&options);
    let report = check::run(&options, |result| {
        bar.set_message(result.rule.clone());
        bar.inc(1);
    });
    bar.finish_and_clear();
    report.map_err(failure)
}

fn failure(error: CheckError) -> Failure {
    let fix = match &error {
        CheckError::NoLibrary(_) => "osaurus-bridge build writes the library to dist/".to_string(),
        CheckError::UnknownRule(name) => hint(name),
        _ => "is there room in the temporary folder?".to_string(),
    };
    Failure::new(error.to_string(), fix)
}

fn hint(name: &str) -> String {
    match list::similar(catalogue(), name).as_slice() {
        [] => "osaurus-bridge check --list shows all rules".to_string(),
        similar => format!(
            "{}; osaurus-bridge check --list shows all rules",
            similar.join(", ")
        ),
    }
}

fn jobs(args: &Args) -> usize {
    let processors = || std::thread::available_parallelism().map_or(2, usize::from);
    args.jobs.map_or_else(processors, usize::from)
}

/// A bar on stderr; silent where there is no terminal.
fn progress(options: &Options) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let rules = catalogue()
        .iter()
        .filter(|rule| options.selection.wants(rule));
    let bar = ProgressBar::new(rules.count() as u64);
    if let Ok(style) = ProgressStyle::with_template("{pos}/{len} {bar:30} {msg}") {
        bar.set_style(style);
    }
    bar
}

/// The project file that is named, or the first that is where one may be expected.
pub fn project(named: Option<&Path>, file: &Path) -> Result<Project, Failure> {
    let beside = std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf());
    let folders = [
        Some(Path::new(".")),
        beside.parent(),
        beside.parent().and_then(Path::parent),
    ];
    let usual = folders.into_iter().flatten();
    let mut usual = usual.map(|folder| folder.join(check::PROJECT_FILE));
    let Some(path) = named
        .map(Path::to_path_buf)
        .or_else(|| usual.find(|path| path.is_file()))
    else {
        return Ok(Project::default());
    };
    let text = std::fs::read_to_string(&path).or_fail(
        format!("cannot read {}", path.display()),
        "give --project the path of a file",
    )?;
    Project::parse(&text).or_fail(path.display(), "docs/check.md shows such a file")
}

fn print(args: &Args, report: &Report) {
    if args.json {
        crate::terminal::data(format_args!("{:#}", json::render(report, args.only_failed)));
        return;
    }
    let style = terminal::Style {
        colour: crate::terminal::has_colours(),
        only_failed: args.only_failed,
    };
    crate::terminal::report(&terminal::render(report, style));
}

fn print_rules(args: &Args) -> Result<ExitCode, Failure> {
    if args.json {
        let text =
            serde_json::to_string_pretty(catalogue()).or_fail("cannot print the rules", "")?;
        crate::terminal::data(text);
    } else {
        crate::terminal::report(&list::all(catalogue()));
    }
    Ok(ExitCode::SUCCESS)
}
