//! `osaurus-bridge matrix`: any plugins in hosts of every ABI version, or a list of probes checked
//! against the spec. What is run and what is expected is `osaurus_conformance::matrix`; here are
//! the arguments and where results go.

use crate::abi::spec_in;
use crate::confinement::Confinement;
use crate::failure::{Failure, OrFail};
use crate::progress;
use crate::terminal;
use osaurus_conformance::matrix::{self, Calls, Runner, View};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `matrix`.
#[derive(clap::Args)]
pub struct Args {
    /// Plugin libraries
    #[arg(required_unless_present = "list")]
    files: Vec<PathBuf>,
    /// A tool to call in every host, with its arguments: `greet={"name": "Ada"}`; may be repeated
    /// [default: every tool, with sample arguments as `check` makes them]
    #[arg(long, value_name = "TOOL=JSON", value_parser = tool_call)]
    call: Vec<(String, String)>,
    /// Call no tool
    #[arg(long, conflicts_with = "call")]
    no_call: bool,
    /// The project file with arguments for tools [default: osaurus-check.toml here, beside the
    /// library, or above it]
    #[arg(long, value_name = "FILE")]
    project: Option<PathBuf>,
    /// Probes of the behaviour table instead of files: a JSON list as `make matrix` writes it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["files", "call", "no_call"])]
    list: Option<PathBuf>,
    /// Folder of the spec whose hosts are tried, such as a draft of `abi next` [default: this
    /// program's own]
    #[arg(long, value_name = "FOLDER")]
    spec: Option<PathBuf>,
    /// Print one JSON object instead of a grid
    #[arg(long)]
    pub json: bool,
    /// Also write the grid as a page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// How many processes run at once (default: one per core)
    #[arg(long, short = 'j', value_name = "N")]
    jobs: Option<usize>,
    #[command(flatten)]
    confinement: Confinement,
}

fn tool_call(text: &str) -> Result<(String, String), String> {
    let (tool, arguments) = text.split_once('=').unwrap_or((text, "{}"));
    match serde_json::from_str::<serde_json::Value>(arguments) {
        Ok(value) if value.is_object() => Ok((tool.to_owned(), arguments.to_owned())),
        Ok(_) => Err(format!(
            "the arguments of {tool} are not a JSON object: {arguments}"
        )),
        Err(error) => Err(format!("the arguments of {tool} are not JSON: {error}")),
    }
}

/// Runs the command. The exit code is 1 when something failed.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let spec = spec_in(args.spec.as_deref())?;
    let mut runner = Runner::new(args.confinement.sandbox()?);
    runner.at_once = args.jobs.unwrap_or(runner.at_once);
    let draft = args.spec.as_ref().map(std::path::absolute).transpose();
    runner.draft = draft.or_fail("cannot find the current folder", "")?;
    let bar = progress::counter("processes");
    let tell = |ended: usize, all: usize| bar.update(ended, all);
    match &args.list {
        Some(list) => {
            let plugins = matrix::read_list(list).or_fail("the matrix cannot run", "")?;
            let grid = runner
                .grid(&spec, &plugins, tell)
                .or_fail("the matrix stopped", "")?;
            bar.end();
            show(
                args,
                &grid,
                &View::from(&grid),
                grid.differences().is_empty(),
            )
        }
        None => {
            let files = absolute(&args.files)?;
            let looks = runner.looks(&spec, &files, &calls(args, &files)?, tell);
            let looks = looks.or_fail("the matrix stopped", "")?;
            bar.end();
            let good = !looks.looks.iter().any(|look| look.is_failure());
            show(args, &looks, &View::from(&looks), good)
        }
    }
}

/// Which tools to call. Several plugins share a project file, which says of each tool what it says.
fn calls(args: &Args, files: &[PathBuf]) -> Result<Calls, Failure> {
    if args.no_call {
        return Ok(Calls::Nothing);
    }
    if !args.call.is_empty() {
        return Ok(Calls::These(args.call.clone()));
    }
    let beside = files.first().map_or(Path::new("."), PathBuf::as_path);
    let project = crate::check::project(args.project.as_deref(), beside)?;
    Ok(Calls::Samples(Box::new(project)))
}

fn absolute(files: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let find = |file: &PathBuf| {
        file.canonicalize().or_fail(
            format!("cannot open {}", file.display()),
            "name a plugin library, for example dist/dev.example.notes.so",
        )
    };
    files.iter().map(find).collect()
}

fn show(args: &Args, data: &impl Serialize, view: &View, good: bool) -> Result<ExitCode, Failure> {
    if let Some(path) = &args.html {
        let page = matrix::page(view).or_fail("the page cannot be made", "")?;
        let what = format!("cannot write {}", path.display());
        std::fs::write(path, page).or_fail(what, "choose a file that you can write")?;
    }
    if args.json {
        let text =
            serde_json::to_string(data).or_fail("the result cannot be written as JSON", "")?;
        terminal::data(text);
    } else {
        print(view);
    }
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Prints a view, in colours on a terminal.
pub fn print(view: &View) {
    let colours = terminal::has_colours();
    terminal::report(&matrix::terminal(view, colours));
}
