//! `osaurus-bridge list`: what is installed, in which version, and whether hosts load it.

use super::folder::DataFolder;
use crate::failure::{Failure, OrFail};
use crate::terminal::{self, say};
use osaurus_reference_host::installed::{InstalledPlugin, installed_plugins};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;

/// Arguments of `list`.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    place: DataFolder,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let tools = args.place.tools()?;
    let plugins = read(&tools)?;
    if args.json {
        let plugins: Vec<Value> = plugins.iter().map(as_json).collect();
        terminal::data(json!({"folder": tools, "plugins": plugins}));
        return Ok(ExitCode::SUCCESS);
    }
    if plugins.is_empty() {
        say!("nothing is installed in {}", tools.display());
    }
    for plugin in &plugins {
        let version = plugin.version.as_deref().unwrap_or("-");
        say!("{} {version}: {}", plugin.id, state(plugin));
        let others = plugin.versions.iter().filter(|one| *one != version);
        let others: Vec<&str> = others.map(String::as_str).collect();
        if !others.is_empty() {
            say!("  also there: {}", others.join(", "));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The plugins in a folder.
pub fn read(tools: &Path) -> Result<Vec<InstalledPlugin>, Failure> {
    installed_plugins(tools).or_fail(
        format!("cannot read {}", tools.display()),
        "check its permissions",
    )
}

fn state(plugin: &InstalledPlugin) -> String {
    if plugin.quarantined {
        return "in quarantine, because a host ended while it was loaded".into();
    }
    match (
        &plugin.version,
        plugin.libraries.as_slice(),
        &plugin.problem,
    ) {
        (None, ..) => "no version is installed".into(),
        (_, [], _) => "no library is in it".into(),
        (_, _, Some(problem)) => problem.to_string(),
        (_, [_], None) => "ready".into(),
        (_, many, None) => format!("ready, with {} libraries where one is expected", many.len()),
    }
}

fn as_json(plugin: &InstalledPlugin) -> Value {
    json!({
        "plugin_id": plugin.id, "version": plugin.version, "versions": plugin.versions,
        "libraries": plugin.libraries, "state": state(plugin),
    })
}
