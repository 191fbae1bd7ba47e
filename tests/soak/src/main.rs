//! `osaurus-soak [SCALE] [--leak]`: a million calls and ten thousand loads of a real plugin, with
//! memory figures. SCALE 0.01 does a hundredth of it. `--leak` makes the plugin keep things, to
//! show that it is noticed. Exits 1 when memory is not flat; `verdict` says what that means. Each
//! phase runs in a process of its own.

mod memory;
mod phases;
mod report;
mod verdict;

use memory::Sample;
use osaurus_bridge_tests::project::Project;
use osaurus_bridge_tests::{nodes, python_engine, pythons};
use phases::{Language, PHASES, Phase};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

const PYTHON: &str = include_str!("../plugin/main.py");
const TYPESCRIPT: &str = include_str!("../plugin/main.ts");

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["--phase", name, library, count] => count
            .parse()
            .map_err(|_| format!("{count} is not a number of rounds"))
            .and_then(|count| phases::run(name, Path::new(library), count).map(|()| true)),
        _ => settings(&arguments).and_then(|(scale, leak)| soak(scale, leak)),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(text) => {
            eprintln!("osaurus-soak: {text}");
            ExitCode::FAILURE
        }
    }
}

fn settings(arguments: &[&str]) -> Result<(f64, bool), String> {
    let usage = "usage: osaurus-soak [SCALE] [--leak], where SCALE is above 0 and at most 1";
    let mut settings = (1.0, false);
    for argument in arguments {
        match (*argument, argument.parse::<f64>()) {
            ("--leak", _) => settings.1 = true,
            (_, Ok(scale)) if scale > 0.0 && scale <= 1.0 => settings.0 = scale,
            _ => return Err(usage.into()),
        }
    }
    Ok(settings)
}

/// All phases; true when memory was flat in each.
fn soak(scale: f64, leak: bool) -> Result<bool, String> {
    let python = pythons::newest();
    let main = if leak {
        PYTHON.replace("LEAK = False", "LEAK = True")
    } else {
        PYTHON.to_owned()
    };
    let projects = [
        Project::python("soak", &main),
        Project::typescript("soak", TYPESCRIPT),
    ];
    let [in_python, in_typescript] = projects.each_ref().map(|p| p.build(&python.executable));
    println!(
        "Python {} at {}\n",
        python.version,
        python.executable.display()
    );
    let mut results = Vec::new();
    for phase in &PHASES {
        let count = (phase.count as f64 * scale).ceil().max(10.0) as u64;
        report::begin(phase, count);
        let began = Instant::now();
        let library = match phase.language {
            Language::Python => &in_python,
            Language::TypeScript => &in_typescript,
        };
        let samples = run_child(phase, library, count, &python.executable)?;
        results.push(report::end(phase, &samples, began.elapsed()));
    }
    Ok(report::summary(&results))
}

/// This program, where it finds a libnode if the phase needs one.
fn program_for(phase: &Phase) -> Result<Command, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    if (phase.language, phase.mode) != (Language::TypeScript, "embedded") {
        return Ok(Command::new(program));
    }
    let mut command = Command::new(nodes::trixie_root());
    command.args(["run", "--"]).arg(program);
    Ok(command)
}

/// Runs a phase in a fresh process, printing its samples as they come.
fn run_child(
    phase: &Phase,
    library: &Path,
    count: u64,
    python: &Path,
) -> Result<Vec<Sample>, String> {
    let mut child = program_for(phase)?
        .args(["--phase", phase.name])
        .arg(library)
        .arg(count.to_string())
        .env("OSAURUS_BRIDGE_MODE", phase.mode)
        .envs([python_engine()])
        .env("OSAURUS_BRIDGE_PYTHON", python)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut samples = Vec::new();
    for line in BufReader::new(child.stdout.take().ok_or("no stdout")?).lines() {
        let line = line.map_err(|error| error.to_string())?;
        let sample = serde_json::from_str(&line).map_err(|_| format!("unexpected: {line}"))?;
        report::sample(&sample);
        samples.push(sample);
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if status.success() && samples.len() == 10 {
        return Ok(samples);
    }
    Err(format!(
        "the phase {} ended with {status} after {} of 10 samples",
        phase.name,
        samples.len()
    ))
}
