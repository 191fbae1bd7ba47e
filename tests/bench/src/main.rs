//! `osaurus-bench`: what calls cost, every figure beside its baseline from the same run.
//! Started by `script/bench`, pinned to one core; takes the paths of what was built (see
//! [`Paths`]). Rows of a plugin run in fresh child processes: a process can hold only one
//! interpreter.

mod baselines;
mod measure;
mod plugin_row;
mod table;

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use table::{Row, print_table};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// What `script/bench` built and found, in the order of the command line.
struct Paths {
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
        [
            native,
            python,
            node,
            python_program,
            node_program,
            libnode_root,
        ] => run(&Paths {
            native: native.into(),
            python: python.into(),
            node: node.into(),
            python_program: python_program.into(),
            node_program: node_program.into(),
            libnode_root: libnode_root.into(),
        }),
        _ => {
            Err("usage: osaurus-bench NATIVE.so PYTHON.so NODE.so PYTHON NODE LIBNODE-ROOT".into())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("osaurus-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// How a row's plugin runs.
#[derive(Clone, Copy)]
enum Engine {
    Native,
    PythonEmbedded,
    PythonWorker,
    NodeEmbedded,
    NodeWorker,
}

use Engine::{Native, NodeEmbedded, NodeWorker, PythonEmbedded, PythonWorker};

fn run(paths: &Paths) -> Outcome<()> {
    let row = |name, engine, measured| row(paths, name, engine, measured);
    let starts = |name, engine, measured| median_of_children(paths, name, engine, measured);
    print_table(
        "tool call",
        &[
            row("C plugin", Native, "echo")?,
            row("Python embedded def", PythonEmbedded, "echo")?,
            row("Python embedded async def", PythonEmbedded, "echo_async")?,
            row("Python worker def", PythonWorker, "echo")?,
            row("Python worker async def", PythonWorker, "echo_async")?,
            Row::new("bare Python pipe loop", baselines::python_pipe(paths)?),
            Row::new("Python MCP SDK over stdio", baselines::python_mcp(paths)?),
            row("Node embedded", NodeEmbedded, "echo")?,
            row("Node worker", NodeWorker, "echo")?,
            Row::new("bare Node pipe loop", baselines::node_pipe(paths)?),
            Row::new("TypeScript MCP SDK over stdio", baselines::node_mcp(paths)?),
        ],
    );
    print_table(
        "tool call with a string of 64 KB",
        &[
            row("Node embedded, as argument", NodeEmbedded, "long")?,
            row("Node worker, as argument", NodeWorker, "long")?,
            row("Node embedded, and as result", NodeEmbedded, "long_echo")?,
            row("Node worker, and as result", NodeWorker, "long_echo")?,
        ],
    );
    print_table(
        "host call",
        &[
            row("C plugin", Native, "host")?,
            row("Python embedded def", PythonEmbedded, "host")?,
            row("Python embedded async def", PythonEmbedded, "host_async")?,
            row("Python worker def", PythonWorker, "host")?,
            row("Node embedded, awaited", NodeEmbedded, "host")?,
            row("Node worker, awaited", NodeWorker, "host")?,
        ],
    );
    print_table(
        "load to manifest",
        &[
            starts("C plugin", Native, "load")?,
            starts("Python plugin", PythonWorker, "load")?,
            starts("TypeScript plugin", NodeWorker, "load")?,
        ],
    );
    print_table(
        "first call",
        &[
            starts("Python embedded def", PythonEmbedded, "first")?,
            starts("Python worker def", PythonWorker, "first")?,
            starts("Node embedded", NodeEmbedded, "first")?,
            starts("Node worker", NodeWorker, "first")?,
            Row::new("bare node, start and end", baselines::node_start(paths)?),
        ],
    );
    println!("memory, MB resident after 1000 calls");
    for (name, engine) in [
        ("Node embedded, host and all", NodeEmbedded),
        ("Node worker", NodeWorker),
    ] {
        println!("  {name:<32} {:>10.1}", row(name, engine, "memory")?.us);
    }
    println!(
        "  {:<32} {:>10.1}",
        "bare node",
        baselines::node_memory(paths)?
    );
    Ok(())
}

/// One measurement in a fresh process.
fn row(paths: &Paths, name: &'static str, engine: Engine, measured: &str) -> Outcome<Row> {
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
        .args(["--row", measured])
        .arg(library)
        .env("OSAURUS_BRIDGE_MODE", mode)
        .env("OSAURUS_BRIDGE_PYTHON", &paths.python_program)
        .env("OSAURUS_BRIDGE_NODE", &paths.node_program)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    match text.trim().parse() {
        Ok(us) => Ok(Row::new(name, us)),
        Err(_) => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            Err(format!("{name}, {measured}: {text} {stderr}").into())
        }
    }
}

fn median_of_children(
    paths: &Paths,
    name: &'static str,
    engine: Engine,
    measured: &str,
) -> Outcome<Row> {
    let mut samples = (0..9)
        .map(|_| row(paths, name, engine, measured).map(|row| row.us))
        .collect::<Outcome<Vec<f64>>>()?;
    samples.sort_by(f64::total_cmp);
    Ok(Row::new(name, samples[samples.len() / 2]))
}
