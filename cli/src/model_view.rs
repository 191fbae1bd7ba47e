//! `osaurus-bridge model-view`: what a model gets to see of plugins' tools in a chat: which are in
//! its schema, what the prompt says of the others, and how large the schemas are beside the limits.
//! The reference host knows; this prints it.

use crate::failure::{Failure, OrFail};
use crate::library;
use crate::supervised::{self, OnSignal, Worker};
use crate::terminal::{self, say};
use osaurus_reference_host::{Agent, AgentId, GroupView, Host, ModelView, Profile, ToolView};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `model-view`.
#[derive(clap::Args)]
pub struct Args {
    /// The plugin libraries, which are loaded in the reference host [default: the one in dist/]
    files: Vec<PathBuf>,
    /// The tools that the user picked for the agent, by name; without it the agent loads tools on
    /// demand
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        conflicts_with = "default_agent"
    )]
    pick: Option<Vec<String>>,
    /// Ask for the Default agent, which gets no plugin tools
    #[arg(long)]
    default_agent: bool,
    /// The model's name: small models get a short prompt [default: the built-in model]
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// The tokens of the model's context
    #[arg(long, value_name = "TOKENS")]
    context: Option<u64>,
    /// Which host: actual, documented, osaurus-exact or june-2026
    #[arg(long, default_value = "actual", value_parser = Profile::parse)]
    profile: Profile,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let files = files(args)?;
    if !supervised::is_worker() {
        return supervised::run(OnSignal::End);
    }
    let view = view(args, &files)?;
    if args.json {
        let text = serde_json::to_string(&view).or_fail("the view cannot be written", "")?;
        terminal::data(text);
    } else {
        print(&view);
    }
    Ok(ExitCode::SUCCESS)
}

fn files(args: &Args) -> Result<Vec<PathBuf>, Failure> {
    if args.files.is_empty() {
        return Ok(vec![library::find(None)?]);
    }
    let files = args.files.iter().map(|file| library::find(Some(file)));
    files.collect()
}

fn view(args: &Args, files: &[PathBuf]) -> Result<ModelView, Failure> {
    let data = tempfile::tempdir().or_fail("cannot create a temporary folder", "")?;
    let agent = Agent {
        tools: args.pick.clone(),
        ..Agent::named("you")
    };
    let id = match args.default_agent {
        true => AgentId::DEFAULT,
        false => agent.id,
    };
    let builder = Host::builder()
        .data_dir(data.path())
        .temporary_data()
        .profile(args.profile)
        .agents([agent]);
    let host = Worker::get()
        .watch(builder)
        .build()
        .or_fail("the reference host does not start", "")?;
    for file in files {
        host.load(file).or_fail(format!("{}", file.display()), "")?;
    }
    check_picked(args.pick.as_deref().unwrap_or_default(), &host)?;
    let view = host.model_view(id, args.model.as_deref(), args.context);
    host.shutdown();
    Ok(view)
}

/// A picked name that no plugin has is a typing error.
fn check_picked(picked: &[String], host: &Host) -> Result<(), Failure> {
    let plugins = host.plugins();
    let tools = plugins.iter().flat_map(|plugin| plugin.manifest().tools());
    let names: Vec<String> = tools.map(|tool| tool.id.clone()).collect();
    match picked.iter().find(|name| !names.contains(name)) {
        None => Ok(()),
        Some(name) => Err(Failure::new(
            format!("no plugin has a tool {name:?}"),
            format!("pick from: {}", list(&names, "there are no tools")),
        )),
    }
}

fn print(view: &ModelView) {
    say!("{}, model {}", mode(view), view.model);
    say!("  {:<16} {}", "first turn", list(&view.schema, "no tools"));
    for plugin in &view.plugins {
        print_plugin(plugin);
    }
    if let Some(section) = &view.section {
        say!("  in the prompt");
        section.lines().for_each(|line| say!("    {line}"));
    }
}

fn mode(view: &ModelView) -> &'static str {
    match (view.prompt, view.mode) {
        ("none", _) => "The model's context is too small for tools",
        (_, "manual") => "An agent whose tools were picked",
        (_, "never") => "The Default agent, which gets no plugin tools",
        (_, "documented") => "Any agent, by the documents",
        ("short", _) => "An agent that loads tools on demand; the prompt is short",
        _ => "An agent that loads tools on demand",
    }
}

fn list(names: &[String], none: &str) -> String {
    match names {
        [] => none.into(),
        names => names.join(", "),
    }
}

fn print_plugin(plugin: &GroupView) {
    say!("{}", plugin.plugin);
    say!("  {:<16} {}", "loaded together", form(plugin));
    if !plugin.skills.is_empty() {
        say!("  {:<16} {}", "skills", plugin.skills.join(", "));
    }
    say!("  {:<30} {:>9}  first line", "tool", "schema");
    plugin.tools.iter().for_each(print_tool);
}

fn form(plugin: &GroupView) -> String {
    let (full, bare, limit) = (plugin.full_chars, plugin.skeleton_chars, plugin.limit);
    let form = match plugin.form {
        "full" => format!("full schemas: {full} of {limit} characters"),
        "skeletons" => format!(
            "schemas without descriptions: the full ones have {full} characters, {limit} may be \
             shown, {bare} are left"
        ),
        _ => format!(
            "names alone: even without descriptions the schemas have {bare} characters, {limit} \
             may be shown"
        ),
    };
    match plugin.left_out {
        0 => form,
        more => format!("{form}; {more} tools beyond the first 70 are not loaded"),
    }
}

fn print_tool(tool: &ToolView) {
    say!(
        "  {:<30} {:>9}  {}",
        terminal::line(&tool.name),
        tool.schema_chars,
        terminal::line(&tool.first_line)
    );
    for remark in &tool.remarks {
        say!("  {:<30} {:>9}  ! {remark}", "", "");
    }
}
