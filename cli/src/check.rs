//! `osaurus-bridge check`: holds a plugin against the rules and says what breaks, where, why, and how to fix it.

use crate::failure::{Failure, OrFail};
use osaurus_conformance::check::{self, Options, Project, Selection, report};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `check`.
#[derive(clap::Args)]
pub struct Args {
    /// The plugin library
    file: PathBuf,
    /// How strict to be, 1 to 10
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=10))]
    level: u8,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
    /// Only these rules or groups (`strings`, `entry-*`), whatever their level
    #[arg(long, value_delimiter = ',')]
    include: Vec<String>,
    /// Not these
    #[arg(long, value_delimiter = ',')]
    exclude: Vec<String>,
    /// How many rules at a time [default: the number of processors]
    #[arg(short)]
    jobs: Option<usize>,
}

/// Runs the command. The exit code is 1 when a rule is broken.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let program = std::env::current_exe().or_fail("cannot find this program", "")?;
    let options = Options {
        library: args.file.clone(),
        selection: Selection {
            level: args.level,
            include: args.include.clone(),
            exclude: args.exclude.clone(),
        },
        project: Project::default(),
        jobs: args
            .jobs
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(2, usize::from)),
        seed: 1,
        program: (program, vec!["check-rule".into()]),
    };
    let report = check::run(&options, |_| ()).or_fail("cannot check", "")?;
    if args.json {
        println!(
            "{}",
            serde_json::to_string_pretty(&report).or_fail("cannot print", "")?
        );
    } else {
        print!("{}", report::terminal::render(&report));
    }
    Ok(if report.is_success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Serves as the process of one rule.
pub fn serve_rule(job: &std::path::Path) -> Result<ExitCode, Failure> {
    match check::serve_rule(job) {
        Ok(never) => match never {},
        Err(error) => Err(Failure::new(format!("cannot run the rule: {error}"), "")),
    }
}
