//! `osaurus-bridge inspect`: what a plugin library holds. It is read as a file: nothing of it runs,
//! nor does what it names. The manifest of a native library is in its code; with `--load` and
//! `--extract` that runs, in a process with limits.

use crate::failure::{Failure, OrFail};
use crate::terminal::say;
use crate::{library, terminal};
use clap::ValueEnum;
use osaurus_bounded::{Finished, Limits, Memory};
use osaurus_conformance::confine::Reach;
use osaurus_payload::{BridgeConfig, Mode, PayloadHead, PayloadInFile, Role};
use osaurus_reference_host::StubTable;
use osaurus_shim::engine::EngineFailure;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

/// What a library that is loaded for its manifest may print.
const MAX_OUTPUT: usize = 64 << 20;
/// And the address space that it may take.
const MAX_MEMORY: u64 = 8 << 30;

/// The advice for a plugin that crashes under `--extract`.
const READS_NOTHING: &str = "keep the host's pointer and read nothing through it in entry, init, get_manifest and destroy: \
                             osaurus manifest extract has six functions, and promises its table for the time of the entry alone";

/// Which tool's host `--extract` is.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Extractor {
    /// The tool as it is: 168 bytes, NULL in the slots after `log`
    Today,
    /// The tool of March 2026: 56 bytes, gone after the entry
    #[value(name = "march-2026")]
    March2026,
}

impl Extractor {
    fn table(self) -> StubTable {
        match self {
            Extractor::Today => StubTable::Today,
            Extractor::March2026 => StubTable::March2026,
        }
    }
}

/// Arguments of `inspect`.
#[derive(clap::Args)]
pub struct Args {
    /// The plugin library [default: the one in dist/]
    file: Option<PathBuf>,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
    /// Print the manifest as `osaurus manifest extract` gets it, which runs the library: its entry,
    /// init, get_manifest and destroy
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "today", value_name = "TOOL")]
    extract: Option<Extractor>,
    /// Run what the file holds or names: load a native library for its manifest, ask the
    /// interpreter that a plugin names for its version. In a process of its own, with limits of
    /// time, memory and output
    #[arg(long)]
    load: bool,
    /// How long loading may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    load_timeout: u64,
    /// Load the library here and print its manifest (what `--load` does in a child process)
    #[arg(long, hide = true)]
    load_here: bool,
    /// Extract the manifest here (what `--extract` does in a child process)
    #[arg(long, hide = true, value_enum)]
    extract_here: Option<Extractor>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let file = library::find(args.file.as_deref())?;
    if args.load_here {
        terminal::data(load_manifest(&file)?);
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(extractor) = args.extract_here {
        terminal::report(&extract_manifest(&file, extractor)?);
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(extractor) = args.extract {
        let tool = extractor.to_possible_value();
        let tool = tool.map_or(String::new(), |tool| tool.get_name().to_string());
        let flags = ["--extract-here", &tool];
        let manifest = in_child(&flags, &file, args.load_timeout, READS_NOTHING)?;
        terminal::data(String::from_utf8_lossy(&manifest));
        return Ok(ExitCode::SUCCESS);
    }
    let report = report(&file, args.load.then_some(args.load_timeout))?;
    if args.json {
        terminal::data(&report);
    } else {
        print(&report);
    }
    Ok(ExitCode::SUCCESS)
}

fn report(file: &Path, load: Option<u64>) -> Result<Value, Failure> {
    let cannot = || format!("cannot read a plugin from {}", file.display());
    let fix = "name a plugin library, for example dist/dev.example.notes.so";
    let payload = PayloadInFile::in_library(file).or_fail(cannot(), fix)?;
    osaurus_reference_host::check_whole(file).or_fail(cannot(), "build it or copy it again")?;
    let bytes = std::fs::metadata(file).map(|m| m.len()).unwrap_or(0);
    match payload {
        Some(payload) => scripted(file, bytes, &payload, load.is_some()),
        None => native(file, bytes, load),
    }
}

fn scripted(
    file: &Path,
    bytes: u64,
    payload: &PayloadInFile,
    load: bool,
) -> Result<Value, Failure> {
    let damaged = || format!("the payload of {} is damaged", file.display());
    let fix = "build the plugin again";
    let head: PayloadHead = payload.verify().or_fail(damaged(), fix)?;
    let manifest: Value = serde_json::from_str(&head.manifest)
        .or_fail("the manifest in the payload is not JSON", fix)?;
    let config = &head.config;
    Ok(json!({
        "file": file, "bytes": bytes, "kind": "scripted",
        "language": config.language, "mode": config.mode, "entry": config.entry,
        "requires": requires(config), "python_tag": config.python_tag, "engine": engine(config),
        "runtime": runtime(config, load),
        "built_with": config.built_with, "payload_bytes": head.total_len(),
        "abi": "plugin table of version 2; runs on hosts of version 1 to 6",
        "manifest": manifest,
    }))
}

fn native(file: &Path, bytes: u64, load: Option<u64>) -> Result<Value, Failure> {
    let manifest: Value = match load {
        None => Value::Null,
        Some(seconds) => {
            let answer = in_child(&["--load-here"], file, seconds, "")?;
            serde_json::from_slice(&answer).or_fail("the child's answer is not JSON", "")?
        }
    };
    Ok(json!({
        "file": file, "bytes": bytes, "kind": "native", "manifest": manifest,
    }))
}

/// What this command prints with a hidden flag, in a process of its own, because the library may
/// end it, hang, or take what it gets. `after_crash` is the next step if it does.
fn in_child(
    flags: &[&str],
    file: &Path,
    seconds: u64,
    after_crash: &str,
) -> Result<Vec<u8>, Failure> {
    let program = std::env::current_exe().or_fail("cannot find this program's own file", "")?;
    let mut command = Command::new(program);
    command.arg("inspect").args(flags).arg(file);
    let limits = Limits {
        time: Duration::from_secs(seconds),
        output: MAX_OUTPUT,
        memory: Memory::AddressSpace(MAX_MEMORY),
    };
    let finished =
        osaurus_bounded::run(&mut command, limits).or_fail("cannot start a child process", "")?;
    match finished.status {
        Some(status) if status.success() => Ok(finished.stdout),
        _ => Err(does_not_load(file, &finished, seconds, after_crash)),
    }
}

fn does_not_load(file: &Path, finished: &Finished, seconds: u64, after_crash: &str) -> Failure {
    let file = file.display();
    let Some(status) = finished.status else {
        return Failure::new(
            format!(
                "{file} does not load: its entry, init or get_manifest took longer than {seconds} s"
            ),
            "answer get_manifest at once, and start what takes long at the first call",
        );
    };
    let text = String::from_utf8_lossy(&finished.stderr);
    let reason = text.trim().strip_prefix("error: ").unwrap_or(text.trim());
    let (reason, fix) = if reason.is_empty() {
        ("the process that loaded it ended", after_crash)
    } else {
        (reason, "")
    };
    Failure::new(format!("{file} does not load ({status}): {reason}"), fix)
}

/// In the host of Osaurus' release tool: six functions, for the time of the entry.
fn extract_manifest(file: &Path, extractor: Extractor) -> Result<String, Failure> {
    let path = std::path::absolute(file).or_fail("cannot find the current folder", "")?;
    confine(&path, None)?;
    osaurus_reference_host::extract_manifest(&path, extractor.table())
        .or_fail(format!("{}", file.display()), "")
}

/// Before the library is loaded: it reads none of the user's files, and writes to one folder at
/// most.
fn confine(library: &Path, writable: Option<&Path>) -> Result<(), Failure> {
    let reach = Reach::for_library(library, &osaurus_shim::environment::homes());
    let reach = writable.into_iter().fold(reach, Reach::writing);
    let result = reach.enforce();
    result
        .map(drop)
        .or_fail("this process cannot be confined", "")
}

fn load_manifest(file: &Path) -> Result<Value, Failure> {
    let data = tempfile::tempdir().or_fail("cannot create a temporary folder", "")?;
    confine(file, Some(data.path()))?;
    let host = osaurus_reference_host::Host::builder()
        .data_dir(data.path())
        .temporary_data()
        .build()
        .or_fail("the reference host does not start", "")?;
    let plugin = host.load(file).or_fail(format!("{}", file.display()), "")?;
    let manifest = plugin.manifest().json().clone();
    host.shutdown();
    Ok(manifest)
}

fn requires(config: &BridgeConfig) -> String {
    let text = |range: &Option<String>, oldest: &str| range.clone().unwrap_or(oldest.to_owned());
    match config.language.as_str() {
        "node" => format!("Node {}", text(&config.requires_node, ">=20")),
        _ => match &config.python_tag {
            Some(tag) => format!(
                "Python {}, {tag} alone: its packages hold native code",
                text(&config.requires_python, ">=3.10")
            ),
            None => format!("Python {}", text(&config.requires_python, ">=3.10")),
        },
    }
}

fn engine(config: &BridgeConfig) -> String {
    let how = match (config.language.as_str(), config.mode) {
        (_, Mode::Worker) => "a worker process",
        ("node", Mode::Embedded) => "embedded Node, in the host's process",
        (_, Mode::Embedded) => {
            "embedded CPython, in the host's process; a worker process where another plugin has it"
        }
    };
    let mut text = how.to_owned();
    if config.prewarm {
        text += "; started before the first call";
    }
    if let Some(limit) = config.idle_timeout_ms {
        text += &format!("; ended after {} s without a call", limit as f64 / 1e3);
    }
    text
}

/// What would run the plugin on this machine, and who named it. What the plugin brings is not
/// unpacked for this. The user's own interpreters are asked for their version; one that the file
/// names is a program of the file's.
fn runtime(config: &BridgeConfig, load: bool) -> String {
    let is_node = config.language == "node";
    if let Some(shared) = config.shared(Role::Interpreter) {
        let language = if is_node { "Node" } else { "Python" };
        return format!(
            "{language} {}, bundled: {:.1} MB, {:.1} MB unpacked",
            shared.version,
            shared.len as f64 / 1e6,
            shared.unpacked as f64 / 1e6
        );
    }
    let named = if is_node {
        &config.node
    } else {
        &config.python
    };
    if let Some(named) = named.as_ref().filter(|named| !named.is_empty() && !load) {
        return format!(
            "{named} (the plugin's setting; not started, --load asks it for its version)"
        );
    }
    let described = match config.language.as_str() {
        "node" => osaurus_shim::node::on_this_machine(config).map(|node| node.to_string()),
        _ => osaurus_shim::python::on_this_machine(config).map(|python| {
            let path = python.executable.display();
            format!("Python {}, {path} ({})", python.version, python.origin)
        }),
    };
    described.unwrap_or_else(|failure| match failure {
        EngineFailure::Unavailable { looked_for, fix } => {
            format!(
                "none on this machine fits: {}. {fix}",
                looked_for.join("; ")
            )
        }
        other => format!("{other:?}"),
    })
}

fn print(report: &Value) {
    let manifest = &report["manifest"];
    let text = |value: &Value| terminal::line(value.as_str().unwrap_or("-")).into_owned();
    if manifest.is_null() {
        return print_unread(report);
    }
    say!(
        "{} {}",
        text(&manifest["plugin_id"]),
        text(&manifest["version"])
    );
    if let Some(description) = manifest["description"].as_str() {
        say!("  {}", terminal::line(description));
    }
    let row = |name: &str, value: String| say!("  {name:<16} {value}");
    row("kind", text(&report["kind"]));
    row(
        "size",
        format!(
            "{:.1} MB",
            report["bytes"].as_u64().unwrap_or(0) as f64 / 1e6
        ),
    );
    if report["kind"] == "scripted" {
        row("language", text(&report["language"]));
        row("entry", text(&report["entry"]));
        row(
            "payload",
            format!(
                "{:.1} MB",
                report["payload_bytes"].as_u64().unwrap_or(0) as f64 / 1e6
            ),
        );
        row("engine", text(&report["engine"]));
        row("requires", text(&report["requires"]));
        row("runtime", text(&report["runtime"]));
        row("abi", text(&report["abi"]));
        row(
            "built with",
            format!("osaurus-bridge {}", text(&report["built_with"])),
        );
    }
    for (title, key, name, detail) in [
        ("tools", "tools", "id", "description"),
        ("routes", "routes", "path", "description"),
    ] {
        for (index, item) in manifest["capabilities"][key]
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
        {
            let title = if index == 0 { title } else { "" };
            let first_line = item[detail]
                .as_str()
                .unwrap_or("")
                .lines()
                .next()
                .unwrap_or("")
                .to_owned();
            row(
                title,
                format!("{:<20} {}", text(&item[name]), terminal::line(&first_line)),
            );
        }
    }
}

/// A native library that was not loaded.
fn print_unread(report: &Value) {
    let file = report["file"].as_str().unwrap_or("-");
    let size = report["bytes"].as_u64().unwrap_or(0) as f64 / 1e6;
    say!("{}", terminal::line(file));
    say!("  {:<16} native", "kind");
    say!("  {:<16} {size:.1} MB", "size");
    say!(
        "  {:<16} in the library's code, which was not run; to run it: osaurus-bridge inspect \
         --load {}",
        "manifest",
        terminal::line(file)
    );
}
