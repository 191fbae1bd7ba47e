//! `make demo`: builds the Python and the TypeScript example with the real program, loads both
//! libraries in one reference host, runs them through every group of the host API under two agents,
//! in each mode, and prints what happened.

mod feeds;
mod notes;
mod steps;
mod table;
mod together;
mod website;

use osaurus_reference_host::{AgentId, Host};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;
use table::Table;

/// What can go wrong here is for a person to read.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// `OSAURUS_BRIDGE_MODE`, and what it means.
const MODES: [(&str, &str); 2] = [
    (
        "worker",
        "as users have it, each plugin in a process of its own",
    ),
    ("embedded", "both run in the host's process"),
];

fn main() -> ExitCode {
    osaurus_reference_host::leave_sigpipe_at_its_default();
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    // One process holds one Python, so each mode gets a process of its own.
    let outcome = match &arguments[..] {
        [notes, feeds] => run(notes, feeds),
        _ => run_all(),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run_all() -> Outcome<bool> {
    let started = Instant::now();
    let libraries = ["examples/python-notes", "examples/typescript-feeds"].map(build);
    let [notes, feeds] = libraries;
    let (notes, feeds) = (notes?, feeds?);
    let mut good = true;
    for (mode, meaning) in MODES {
        if mode == "embedded" && !has_libnode(&feeds)? {
            println!(
                "\nembedded: left out, this machine has no libnode (a Node as a shared library)"
            );
            continue;
        }
        println!("\n== {mode}: {meaning}\n");
        let status = Command::new(std::env::current_exe()?)
            .args([&notes, &feeds])
            .env("OSAURUS_BRIDGE_MODE", mode)
            .env("OSAURUS_BRIDGE_PYTHON_ENGINE", engine()?)
            .status()?;
        good &= status.success();
    }
    let end = if good {
        "All of it worked"
    } else {
        "Something failed"
    };
    println!("\n{end} in {:.1} s.", started.elapsed().as_secs_f64());
    Ok(good)
}

fn bridge() -> Outcome<Command> {
    Ok(Command::new(
        std::env::current_exe()?.with_file_name("osaurus-bridge"),
    ))
}

/// For the Python plugin in the host's process: built for a worker, it carries none.
fn engine() -> Outcome<PathBuf> {
    let (before, after) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let name = format!("{before}osaurus_python_engine{after}");
    Ok(std::env::current_exe()?.with_file_name(name))
}

fn build(project: &str) -> Outcome<PathBuf> {
    let output = bridge()?
        .args(["build", project, "--json"])
        .output()
        .map_err(|error| format!("cannot run osaurus-bridge: {error} (run `make demo`)"))?;
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let Some(library) = report["library"].as_str() else {
        let output_text = [output.stdout, output.stderr].concat();
        return Err(format!(
            "{project} does not build: {}",
            String::from_utf8_lossy(&output_text)
        )
        .into());
    };
    let kilobytes = report["bytes"].as_u64().unwrap_or(0) / 1000;
    println!("built {project} into one library of {kilobytes} kB:\n  {library}");
    Ok(PathBuf::from(library))
}

/// Whether Node can be in the host's process on this machine: the plugin's own answer says what it
/// looked for.
fn has_libnode(library: &Path) -> Outcome<bool> {
    let output = bridge()?
        .args(["invoke", "--json", "--mode", "embedded"])
        .arg(library)
        .arg("list_feeds")
        .output()?;
    Ok(!String::from_utf8_lossy(&output.stdout).contains("searched for libnode"))
}

/// Runs all steps in this process. True when every one went well.
fn run(notes: &Path, feeds: &Path) -> Outcome<bool> {
    let site = website::start()?;
    let host = Host::builder()
        .agents(["ada", "ben"])
        .model_script("examples/demo/model.toml")
        .map_host("news.example.com", &site.address.to_string())
        .map_host("hub.example.com", &site.address.to_string())
        .build()?;
    let agents = ["ada", "ben"].map(AgentId::named);
    // The first word about a tunnel only says where it starts.
    host.set_tunnel(agents[0], None);
    host.set_tunnel(agents[0], Some("https://ada.tunnel.example.com"));
    let mut table = Table::new(&host);
    let notes = host.load(notes)?;
    table.section("notes, in Python", &[notes.id()]);
    notes::steps(&mut table, &host, &notes, agents);
    let feeds = host.load(feeds)?;
    table.section("feeds, in TypeScript", &[feeds.id()]);
    feeds::steps(&mut table, &host, &feeds, &site, agents);
    table.section("both at once", &[notes.id(), feeds.id()]);
    together::steps(&mut table, &host, [&notes, &feeds], agents);
    let good = table.close();
    host.shutdown();
    Ok(good)
}
