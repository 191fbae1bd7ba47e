//! `osaurus-bench`: what calls cost, every figure beside its baseline from the same run.
//! Started by `script/bench`, pinned to one core and to two; takes the paths of what was built (see
//! [`Paths`]). Rows of a plugin run in fresh child processes: a process can hold only one
//! interpreter.

mod baselines;
mod check;
mod idle;
mod measure;
mod plugin_row;
mod rows;
mod samples;

use samples::Samples;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// What `script/bench` built and found, in the order of the command line.
pub struct Paths {
    /// The plugins in C, Python and TypeScript.
    native: PathBuf,
    python: PathBuf,
    node: PathBuf,
    /// Interpreters for workers and baselines.
    python_program: PathBuf,
    node_program: PathBuf,
    /// Starts a program where it finds a libnode.
    libnode_root: PathBuf,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match args.as_slice() {
        ["--row", name, library] => plugin_row::print(name, library.as_ref()),
        ["--idle", library] => idle::print(library.as_ref()),
        [mode, cores, rest @ ..] if rest.len() == 6 => {
            let [native, python, node, python_program, node_program, libnode_root] =
                [0, 1, 2, 3, 4, 5].map(|at| PathBuf::from(rest[at]));
            let paths = Paths {
                native,
                python,
                node,
                python_program,
                node_program,
                libnode_root,
            };
            run(mode, cores, &paths)
        }
        _ => Err("usage: osaurus-bench show|record|check CORES NATIVE.so PYTHON.so NODE.so PYTHON NODE LIBNODE-ROOT".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("osaurus-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The figures of earlier runs, by number of cores.
const COMMITTED: &str = "tests/bench/ratios.txt";

fn run(mode: &str, cores: &str, paths: &Paths) -> Outcome<()> {
    let samples = Samples::take(paths)?;
    samples.print(cores);
    let rows = rows::all(&samples)?;
    rows::print(&rows, cores);
    match mode {
        "show" => Ok(()),
        "record" => check::record(Path::new(COMMITTED), cores, &rows),
        "check" => check::compare(Path::new(COMMITTED), cores, &rows),
        other => Err(format!("unknown mode {other}: show, record or check").into()),
    }
}
