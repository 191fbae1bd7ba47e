//! `osaurus-bridge inspect`: what a plugin library holds. Scripted plugins are read as a file, nothing of them
//! runs (the interpreter that would run it is asked for its version); for a native one the manifest can only be had by loading it, which is done in a child process.

use crate::failure::{Failure, OrFail};
use crate::library;
use clap::ValueEnum;
use osaurus_payload::{BridgeConfig, Mode, PayloadHead, Role};
use osaurus_reference_host::StubTable;
use osaurus_shim::engine::EngineFailure;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

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
    /// Print the manifest as `osaurus manifest extract` gets it, which runs the library: its entry, init, get_manifest
    /// and destroy
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "today", value_name = "TOOL")]
    extract: Option<Extractor>,
    /// Load the library here and print its manifest (what `inspect` does in a child process)
    #[arg(long, hide = true)]
    load: bool,
    /// Extract the manifest here (what `--extract` does in a child process)
    #[arg(long, hide = true, value_enum)]
    extract_here: Option<Extractor>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let file = library::find(args.file.as_deref())?;
    if args.load {
        println!("{}", load_manifest(&file)?);
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(extractor) = args.extract_here {
        print!("{}", extract_manifest(&file, extractor)?);
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(extractor) = args.extract {
        let tool = extractor.to_possible_value();
        let tool = tool.map_or(String::new(), |tool| tool.get_name().to_string());
        let manifest = in_child(&["--extract-here", &tool], &file, READS_NOTHING)?;
        println!("{}", String::from_utf8_lossy(&manifest));
        return Ok(ExitCode::SUCCESS);
    }
    let report = report(&file)?;
    if args.json {
        println!("{report}");
    } else {
        print(&report);
    }
    Ok(ExitCode::SUCCESS)
}

fn report(file: &Path) -> Result<Value, Failure> {
    let payload = osaurus_payload::read_from_file(file).or_fail(
        format!("cannot read a plugin from {}", file.display()),
        "name a plugin library, for example dist/dev.example.notes.so",
    )?;
    let bytes = std::fs::metadata(file).map(|m| m.len()).unwrap_or(0);
    match payload {
        Some(bytes_of_payload) => scripted(file, bytes, &bytes_of_payload),
        None => native(file, bytes),
    }
}

fn scripted(file: &Path, bytes: u64, payload: &[u8]) -> Result<Value, Failure> {
    let head = PayloadHead::parse(payload).or_fail(
        format!("the payload of {} is damaged", file.display()),
        "build the plugin again",
    )?;
    let manifest: Value = serde_json::from_str(&head.manifest).or_fail(
        "the manifest in the payload is not JSON",
        "build the plugin again",
    )?;
    let config = &head.config;
    Ok(json!({
        "file": file, "bytes": bytes, "kind": "scripted",
        "language": config.language, "mode": config.mode, "entry": config.entry,
        "requires": requires(config), "python_tag": config.python_tag, "engine": engine(config), "runtime": runtime(config),
        "built_with": config.built_with, "payload_bytes": payload.len(),
        "abi": "plugin table of version 2; runs on hosts of version 1 to 6",
        "manifest": manifest,
    }))
}

fn native(file: &Path, bytes: u64) -> Result<Value, Failure> {
    let answer = in_child(&["--load"], file, "")?;
    let manifest: Value =
        serde_json::from_slice(&answer).or_fail("the child's answer is not JSON", "")?;
    Ok(json!({
        "file": file, "bytes": bytes, "kind": "native", "manifest": manifest,
    }))
}

/// What this command prints with a hidden flag, in a process of its own, because the library may end it. `after_crash`
/// is the next step if it does.
fn in_child(flags: &[&str], file: &Path, after_crash: &str) -> Result<Vec<u8>, Failure> {
    let program = std::env::current_exe().or_fail("cannot find this program's own file", "")?;
    let output = Command::new(program)
        .arg("inspect")
        .args(flags)
        .arg(file)
        .output()
        .or_fail("cannot start a child process", "")?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let reason = text.trim().strip_prefix("error: ").unwrap_or(text.trim());
    let (reason, fix) = if reason.is_empty() {
        ("the process that loaded it ended", after_crash)
    } else {
        (reason, "")
    };
    let (file, status) = (file.display(), output.status);
    Err(Failure::new(
        format!("{file} does not load ({status}): {reason}"),
        fix,
    ))
}

/// In the host of Osaurus' release tool: six functions, for the time of the entry.
fn extract_manifest(file: &Path, extractor: Extractor) -> Result<String, Failure> {
    let path = std::path::absolute(file).or_fail("cannot find the current folder", "")?;
    osaurus_reference_host::extract_manifest(&path, extractor.table())
        .or_fail(format!("{}", file.display()), "")
}

fn load_manifest(file: &Path) -> Result<Value, Failure> {
    let data = tempfile::tempdir().or_fail("cannot create a temporary folder", "")?;
    let host = osaurus_reference_host::Host::builder()
        .data_dir(data.path())
        .key_place(osaurus_reference_host::KeyPlace::File)
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

fn engine(config: &BridgeConfig) -> &'static str {
    match (config.language.as_str(), config.mode) {
        (_, Mode::Worker) => "a worker process",
        ("node", Mode::Embedded) => "embedded Node, in the host's process",
        (_, Mode::Embedded) => {
            "embedded CPython, in the host's process; a worker process where another plugin has it"
        }
    }
}

/// What would run the plugin on this machine, and who named it. What the plugin brings is not unpacked for this.
fn runtime(config: &BridgeConfig) -> String {
    if let Some(shared) = config.shared(Role::Interpreter) {
        let language = if config.language == "node" {
            "Node"
        } else {
            "Python"
        };
        return format!(
            "{language} {}, bundled: {:.1} MB, {:.1} MB unpacked",
            shared.version,
            shared.len as f64 / 1e6,
            shared.unpacked as f64 / 1e6
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
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    println!(
        "{} {}",
        text(&manifest["plugin_id"]),
        text(&manifest["version"])
    );
    if let Some(description) = manifest["description"].as_str() {
        println!("  {description}");
    }
    let row = |name: &str, value: String| println!("  {name:<16} {value}");
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
            row(title, format!("{:<20} {first_line}", text(&item[name])));
        }
    }
}
