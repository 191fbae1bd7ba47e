//! `osaurus-bridge invoke`: loads a plugin in the reference host, calls one tool, prints the envelope.

use crate::failure::{Failure, OrFail};
use crate::host_options::{self, HostOptions};
use crate::{json_input, progress};
use osaurus_payload::Mode;
use osaurus_reference_host::{AgentId, Host};
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
    #[command(flatten)]
    host: HostOptions,
    /// Run the plugin's script embedded or in a worker, whatever it was built for
    #[arg(long, conflicts_with = "isolate")]
    mode: Option<Mode>,
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
    let host = host_options::build(args.host.builder()?)?;
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
