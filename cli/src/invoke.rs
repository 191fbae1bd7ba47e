//! `osaurus-bridge invoke`: loads a plugin in the reference host, calls one tool, prints the envelope.

use crate::failure::{Failure, OrFail};
use crate::isolate::Isolate;
use crate::{json_input, progress};
use osaurus_payload::Mode;
use osaurus_reference_host::{AgentId, Host, Profile};
use serde_json::Value;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `invoke`.
#[derive(clap::Args)]
pub struct Args {
    /// The plugin library
    file: PathBuf,
    /// The tool's id
    tool: String,
    /// The arguments: JSON text, @file, or - for standard input
    #[arg(default_value = "{}")]
    arguments: String,
    /// The agent on whose behalf the tool is called: a UUID, or any name
    #[arg(long, default_value = "you")]
    agent: String,
    /// ABI version that the host advertises, 1 to 6
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=6))]
    abi: u32,
    /// Run tools in a helper process, where a crash or a hang ends one call only; models, tasks and files cannot be
    /// reached from there, as in Osaurus
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "all", conflicts_with = "mode")]
    isolate: Option<Isolate>,
    /// Run the plugin's script embedded or in a worker, whatever it was built for
    #[arg(long)]
    mode: Option<Mode>,
    /// Folder that keeps databases and settings between calls [default: a temporary one]
    #[arg(long)]
    data: Option<PathBuf>,
    /// OpenAI-compatible server for inference [default: a built-in deterministic model]
    #[arg(long)]
    model_url: Option<String>,
    /// Script for the built-in model (docs/model-script.md)
    #[arg(long, conflicts_with = "model_url")]
    model_script: Option<PathBuf>,
    /// Which known differences the host shows: actual, documented or osaurus-exact
    #[arg(long, default_value = "actual", value_parser = Profile::parse)]
    profile: Profile,
    /// Print the envelope alone, without the host's log on stderr
    #[arg(long)]
    pub json: bool,
}

/// Runs the command. The exit code is 1 when the tool failed.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let arguments = json_input::read(&args.arguments)?;
    if let Some(mode) = args.mode {
        // SAFETY: no other thread of this program has been started yet.
        unsafe { std::env::set_var("OSAURUS_BRIDGE_MODE", mode.as_str()) };
    }
    let temporary =
        tempfile::tempdir().or_fail("cannot create a temporary folder", "use --data DIR")?;
    let host = start_host(args, args.data.as_deref().unwrap_or(temporary.path()))?;
    let plugin = host.load(&args.file).or_fail(
        format!("{} does not load", args.file.display()),
        "osaurus-bridge inspect says what the file holds",
    )?;
    check_tool(plugin.manifest().json(), &args.tool)?;
    let agent = AgentId::parse_or_name(&args.agent);
    let answer = progress::during(&format!("{} is running", args.tool), || {
        plugin.invoke(&args.tool, &arguments, Some(agent))
    });
    host.shutdown();
    print(args, &host, &answer);
    let failed =
        serde_json::from_str::<Value>(&answer).is_ok_and(|envelope| envelope["ok"] == false);
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn start_host(args: &Args, data: &std::path::Path) -> Result<Host, Failure> {
    let mut builder = Host::builder()
        .abi(args.abi)
        .profile(args.profile)
        .data_dir(data);
    if let Some(isolate) = args.isolate {
        builder = isolate.set_up(builder, args.abi)?;
    }
    if let Some(url) = &args.model_url {
        builder = builder.model_url(url);
    }
    if let Some(script) = &args.model_script {
        builder = builder.model_script(script);
    }
    builder.build().or_fail(
        "the reference host does not start",
        "check --data, --model-url and --model-script",
    )
}

fn check_tool(manifest: &Value, tool: &str) -> Result<(), Failure> {
    let tools = manifest["capabilities"]["tools"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let ids: Vec<&str> = tools.iter().filter_map(|t| t["id"].as_str()).collect();
    if ids.contains(&tool) {
        return Ok(());
    }
    let known = if ids.is_empty() {
        "it has none".into()
    } else {
        format!("it has {}", ids.join(", "))
    };
    Err(Failure::new(
        format!("the plugin has no tool {tool:?}; {known}"),
        "give one of these names",
    ))
}

fn print(args: &Args, host: &Host, answer: &str) {
    if args.json {
        println!("{answer}");
        return;
    }
    for line in host.log_lines() {
        eprintln!("{line}");
    }
    match serde_json::from_str::<Value>(answer) {
        Ok(envelope) => println!("{envelope:#}"),
        Err(_) => println!("{answer}"),
    }
}
