//! `osaurus-bridge new`: a folder with a small plugin that builds and runs at once. This module has
//! the command; what is in the folder is in `scaffold`.

mod from_mcp;
pub mod language;
mod local_server;
mod names;
pub mod record;
pub mod scaffold;
pub mod vendor;

use crate::failure::{Failure, OrFail};
use crate::project;
use crate::terminal::say;
use language::Language;
use scaffold::Scaffold;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vendor::Files;

/// What a new project has.
const HELP: &str = "\
What is in the folder:
  the plugin, with one tool, and tests of it that pass at once
  README.md, and SKILL.md, which tells models when to use the plugin
  AGENTS.md, a guide to the API for coding assistants
  .github/workflows/test.yml, which tests and packs the plugin on Linux and macOS
  vendor, the SDK; osaurus-bridge upgrade brings a newer one
  with --web: web, a page with an example call of the plugin's route";

/// Arguments of `new`.
#[derive(clap::Args)]
#[command(after_help = HELP)]
pub struct Args {
    /// Name of the plugin and its folder, for example notes
    name: String,
    /// Language to write it in
    #[arg(long, value_enum, required_unless_present = "from_mcp")]
    lang: Option<Language>,
    /// Plugin id [default: dev.example.NAME]
    #[arg(long)]
    id: Option<String>,
    /// Add a web page, the route that it calls, and a test of the route
    #[arg(long, conflicts_with = "from_mcp")]
    web: bool,
    /// Take over an MCP server: MODULE:SERVER of Python, in this folder or on PyPI, npm:PACKAGE, or
    /// a command in one argument
    #[arg(long, value_name = "TARGET")]
    from_mcp: Option<String>,
    /// Name on PyPI of the server's package [default: that of its module, with dashes]
    #[arg(long, requires = "from_mcp", value_name = "NAME")]
    package: Option<String>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let folder = PathBuf::from(&args.name);
    let (scaffold, modules) = scaffold(args, &folder)?;
    let files = scaffold.files()?;
    write_all(&folder, &files)?;
    local_server::copy(&modules, &folder)?;
    record::Record::of(scaffold.clone(), &files).write(&folder)?;
    let (display, build) = (folder.display(), scaffold.language.build());
    let library = scaffold.library();
    let then = match scaffold.server {
        Some(_) => format!("inspect {library}"),
        None => format!("invoke {library} greet '{{\"name\": \"you\"}}'"),
    };
    let copied = modules
        .iter()
        .map(|module| format!("\ncopied {} into it", module.display()));
    let copied: String = copied.collect();
    say!("created {display}{copied}\nnext: cd {display} && {build} && osaurus-bridge {then}");
    Ok(ExitCode::SUCCESS)
}

/// What the command line asks for, checked, and modules to copy. Nothing is written before.
fn scaffold(args: &Args, folder: &Path) -> Result<(Scaffold, Vec<PathBuf>), Failure> {
    let name = names::check(folder, &rest(args))?;
    let id = args
        .id
        .clone()
        .unwrap_or_else(|| format!("dev.example.{}", name.to_lowercase()));
    project::check_id(&id)?;
    if let Some(language) = args.lang {
        names::check_for(language, &name)?;
    }
    if folder.exists() {
        return Err(Failure::new(
            format!("{} exists already and was left as it is", folder.display()),
            "choose another name, or remove that folder",
        ));
    }
    let (language, server, modules) = match (&args.from_mcp, args.lang) {
        (Some(target), language) => {
            let target = from_mcp::server(target, args.package.as_deref(), language)?;
            (target.language, Some(target.server), target.modules)
        }
        (None, Some(language)) => (language, None, Vec::new()),
        (None, None) => unreachable!("clap asks for --lang without --from-mcp"),
    };
    let scaffold = Scaffold {
        name,
        id,
        language,
        web: args.web,
        server,
    };
    Ok((scaffold, modules))
}

/// The command line after the name.
fn rest(args: &Args) -> String {
    match (&args.from_mcp, args.lang) {
        (Some(target), _) => format!("--from-mcp {target:?}"),
        (None, language) => format!(
            "--lang {}",
            language.map(Language::name).unwrap_or_default()
        ),
    }
}

fn write_all(folder: &Path, files: &Files) -> Result<(), Failure> {
    files
        .iter()
        .try_for_each(|(path, bytes)| write(&folder.join(path), bytes))
}

/// Writes a file, and the folders that it is in.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).or_fail(
        format!("cannot create {}", folder.display()),
        "check its permissions",
    )?;
    std::fs::write(path, bytes).or_fail(
        format!("cannot write {}", path.display()),
        "check its permissions",
    )
}
