//! `make demo`: builds the Python example with the real program, loads the library in the reference host, runs it
//! through every group of the host API under two agents, embedded and in a worker, and prints what happened.

mod notes;
mod table;
mod website;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

/// What can go wrong here is for a person to read.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    // One process holds one Python, so each mode gets a process of its own.
    let outcome = match std::env::args().nth(1) {
        Some(library) => notes::run(Path::new(&library)),
        None => run_all(),
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
    let library = build()?;
    let mut good = true;
    for (mode, meaning) in [
        ("embedded", "Python runs in the host's process"),
        ("worker", "Python runs in a process of the plugin's own"),
    ] {
        println!("\n== {mode}: {meaning}\n");
        let status = Command::new(std::env::current_exe()?)
            .arg(&library)
            .env("OSAURUS_BRIDGE_MODE", mode)
            .status()?;
        good &= status.success();
    }
    println!(
        "\n{} in {:.1} s.",
        if good {
            "All of it worked"
        } else {
            "Something failed"
        },
        started.elapsed().as_secs_f64()
    );
    Ok(good)
}

fn build() -> Outcome<PathBuf> {
    let program = std::env::current_exe()?.with_file_name("osaurus-bridge");
    let output = Command::new(&program)
        .args(["build", "examples/python-notes", "--json"])
        .output()
        .map_err(|error| {
            format!(
                "cannot run {}: {error} (run `make build` first)",
                program.display()
            )
        })?;
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let Some(library) = report["library"].as_str() else {
        return Err(format!(
            "the example does not build: {}",
            String::from_utf8_lossy(&output.stdout)
        )
        .into());
    };
    let kilobytes = report["bytes"].as_u64().unwrap_or(0) / 1000;
    println!("built examples/python-notes into one library of {kilobytes} kB:\n  {library}");
    Ok(PathBuf::from(library))
}
