//! Everything that is measured, in rounds: each round measures all of it once, so that a figure and
//! its baseline are taken under the same load. Used by `main`; `rows` compares the figures.

use crate::measure::{least, milliseconds_of};
use crate::{Outcome, Paths, baselines};
use std::path::Path;
use std::process::Command;

/// Rounds; the spread is over these.
const ROUNDS: usize = 5;
/// How a measured plugin runs.
#[derive(Clone, Copy)]
enum Engine {
    Native,
    PythonEmbedded,
    PythonWorker,
    NodeEmbedded,
    NodeWorker,
}

use Engine::{Native, NodeEmbedded, NodeWorker, PythonEmbedded, PythonWorker};

/// Where a figure comes from.
#[derive(Clone, Copy)]
enum Source {
    /// A row of `plugin_row`, in a process of its own.
    Plugin(Engine, &'static str),
    /// One of `idle`, in a process of its own.
    Idle(Engine, usize),
    /// Something that is not ours, or a command.
    Other(fn(&Paths) -> Outcome<f64>),
}

use Source::{Idle, Other, Plugin};

/// Name, unit and source of every figure. `rows` knows them by their names.
const MEASURED: &[(&str, &str, Source)] = &[
    ("C plugin", "us", Plugin(Native, "echo")),
    ("Python embedded def", "us", Plugin(PythonEmbedded, "echo")),
    (
        "Python embedded async def",
        "us",
        Plugin(PythonEmbedded, "echo_async"),
    ),
    ("Python worker def", "us", Plugin(PythonWorker, "echo")),
    (
        "Python worker async def",
        "us",
        Plugin(PythonWorker, "echo_async"),
    ),
    ("bare Python pipe loop", "us", Other(baselines::python_pipe)),
    (
        "Python MCP SDK over stdio",
        "us",
        Other(baselines::python_mcp),
    ),
    ("Node embedded", "us", Plugin(NodeEmbedded, "echo")),
    ("Node worker", "us", Plugin(NodeWorker, "echo")),
    ("bare Node pipe loop", "us", Other(baselines::node_pipe)),
    (
        "TypeScript MCP SDK over stdio",
        "us",
        Other(baselines::node_mcp),
    ),
    (
        "Python worker def, eight threads",
        "us",
        Plugin(PythonWorker, "eight_threads"),
    ),
    (
        "Python embedded def, eight threads",
        "us",
        Plugin(PythonEmbedded, "eight_threads"),
    ),
    ("Node worker, 64 KB in", "us", Plugin(NodeWorker, "long")),
    (
        "Node worker, 64 KB in and out",
        "us",
        Plugin(NodeWorker, "long_echo"),
    ),
    ("host call, C plugin", "us", Plugin(Native, "host")),
    (
        "host call, Python embedded def",
        "us",
        Plugin(PythonEmbedded, "host"),
    ),
    (
        "host call, Python embedded async def",
        "us",
        Plugin(PythonEmbedded, "host_async"),
    ),
    (
        "host call, Python worker def",
        "us",
        Plugin(PythonWorker, "host"),
    ),
    (
        "host call, Python worker async def",
        "us",
        Plugin(PythonWorker, "host_async"),
    ),
    ("host call, Node worker", "us", Plugin(NodeWorker, "host")),
    (
        "pipe round trip to Python",
        "us",
        Other(baselines::python_echo),
    ),
    (
        "stream, Python embedded",
        "chunks/s",
        Plugin(PythonEmbedded, "stream"),
    ),
    (
        "stream, Python worker",
        "chunks/s",
        Plugin(PythonWorker, "stream"),
    ),
    (
        "first call, Python embedded",
        "ms",
        Plugin(PythonEmbedded, "first"),
    ),
    (
        "first call, Python worker",
        "ms",
        Plugin(PythonWorker, "first"),
    ),
    (
        "bare Python, start and end",
        "ms",
        Other(baselines::python_start),
    ),
    ("first call, Node worker", "ms", Plugin(NodeWorker, "first")),
    (
        "bare Node, start and end",
        "ms",
        Other(baselines::node_start),
    ),
    ("20 idle C plugins, loaded in", "ms", Idle(Native, 0)),
    (
        "20 idle Python plugins, loaded in",
        "ms",
        Idle(PythonWorker, 0),
    ),
    (
        "20 idle Python plugins, anonymous",
        "MB",
        Idle(PythonWorker, 1),
    ),
    (
        "20 idle Python plugins, resident",
        "MB",
        Idle(PythonWorker, 2),
    ),
    (
        "memory of a Node worker",
        "MB",
        Plugin(NodeWorker, "memory"),
    ),
    ("memory of a bare Node", "MB", Other(baselines::node_memory)),
    ("code of all targets", "ms", Other(generate)),
    ("build with nothing changed", "ms", Other(build_again)),
    ("check of a small plugin", "s", Other(check_small)),
    ("check of one with numpy, pydantic", "s", Other(check_large)),
];

/// The figures of all rounds.
pub struct Samples(Vec<Vec<f64>>);

impl Samples {
    /// Measures everything.
    pub fn take(paths: &Paths) -> Outcome<Self> {
        let mut samples = vec![Vec::new(); MEASURED.len()];
        for _ in 0..ROUNDS {
            for (of_one, (name, _, source)) in samples.iter_mut().zip(MEASURED) {
                let figure = figure(paths, *source);
                of_one.push(figure.map_err(|error| format!("{name}: {error}"))?);
            }
        }
        Ok(Self(samples))
    }

    /// The figures of one name, a round each.
    pub fn of(&self, name: &str) -> Outcome<&[f64]> {
        let at = MEASURED.iter().position(|(known, _, _)| *known == name);
        let at = at.ok_or_else(|| format!("nothing is measured as {name:?}"))?;
        Ok(&self.0[at])
    }

    /// Prints all of them.
    pub fn print(&self, cores: &str) {
        println!("measured, cores {cores}: median of {ROUNDS} rounds, least and most");
        for (figures, (name, unit, _)) in self.0.iter().zip(MEASURED) {
            println!("  {name:<40} {} {unit}", Spread::of(figures));
        }
        println!();
    }
}

/// Median, least and most of some figures.
pub struct Spread {
    least: f64,
    /// The one in the middle.
    pub median: f64,
    most: f64,
}

impl Spread {
    /// Of at least one figure.
    pub fn of(figures: &[f64]) -> Self {
        let mut sorted = figures.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |place: usize| sorted.get(place).copied().unwrap_or(f64::NAN);
        Self {
            least: at(0),
            median: at(sorted.len() / 2),
            most: at(sorted.len().saturating_sub(1)),
        }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = if self.median < 100.0 { 2 } else { 0 };
        let [median, least, most] = [self.median, self.least, self.most];
        write!(
            f,
            "{median:>10.digits$} ({least:.digits$} to {most:.digits$})"
        )
    }
}

fn figure(paths: &Paths, source: Source) -> Outcome<f64> {
    match source {
        Plugin(engine, "first") => least(|| printed(paths, engine, &["--row", "first"], 0)),
        Plugin(engine, row) => printed(paths, engine, &["--row", row], 0),
        Idle(engine, column) => least(|| printed(paths, engine, &["--idle"], column)),
        Other(measure) => measure(paths),
    }
}

/// A figure that this program prints in a process of its own.
fn printed(paths: &Paths, engine: Engine, args: &[&str], column: usize) -> Outcome<f64> {
    let text = child(paths, engine, args)?;
    let figure = text.split_whitespace().nth(column).unwrap_or_default();
    Ok(figure.parse().map_err(|_| text.clone())?)
}

/// What this program prints in a process of its own.
fn child(paths: &Paths, engine: Engine, args: &[&str]) -> Outcome<String> {
    let program = std::env::current_exe()?;
    let mut command = match engine {
        NodeEmbedded => {
            let mut command = Command::new(&paths.libnode_root);
            command.args(["run", "--"]).arg(program);
            command
        }
        _ => Command::new(program),
    };
    let (library, mode) = match engine {
        Native => (&paths.native, "worker"),
        PythonEmbedded => (&paths.python, "embedded"),
        PythonWorker => (&paths.python, "worker"),
        NodeEmbedded => (&paths.node, "embedded"),
        NodeWorker => (&paths.node, "worker"),
    };
    let output = command
        .args(args)
        .arg(library)
        .env("OSAURUS_BRIDGE_MODE", mode)
        .env("OSAURUS_BRIDGE_PYTHON", &paths.python_program)
        .env("OSAURUS_BRIDGE_NODE", &paths.node_program)
        .output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(String::from_utf8_lossy(&output.stderr).into())
}

fn generate(_: &Paths) -> Outcome<f64> {
    let program = "target/release/osaurus-bridge";
    least(|| milliseconds_of(Command::new(program).args(["gen", "--check"])))
}

fn build_again(_: &Paths) -> Outcome<f64> {
    let program = "target/release/osaurus-bridge";
    least(|| milliseconds_of(Command::new(program).args(["build", "tests/bench/node"])))
}

fn check_small(paths: &Paths) -> Outcome<f64> {
    check(paths, &paths.python)
}

/// `script/bench` builds it.
fn check_large(paths: &Paths) -> Outcome<f64> {
    let library = format!("dev.bench.heavy{}", std::env::consts::DLL_SUFFIX);
    check(paths, &Path::new("tests/bench/heavy/dist").join(library))
}

/// Seconds, at the level that is taken when none is given.
fn check(paths: &Paths, library: &Path) -> Outcome<f64> {
    let mut command = Command::new("target/release/osaurus-bridge");
    let command = command.arg("check").arg(library);
    let command = command.env("OSAURUS_BRIDGE_PYTHON", &paths.python_program);
    Ok(milliseconds_of(command)? / 1e3)
}
