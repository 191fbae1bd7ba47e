//! `osaurus-bridge build`: author's code + dependencies + SDK, packed into a copy of the shim.
//! Needs no compiler and no Rust: the shim is prebuilt. What differs per language is in `build/`.

mod bundled;
mod description;
mod digest;
mod foreign;
mod inputs;
mod native;
mod node;
mod program;
mod python;
mod schemas;
mod store;
mod tree;
mod twins;
mod web;

use crate::terminal::{self, note, say};
pub use program::on_path;

use crate::failure::{Failure, OrFail};
use crate::parts::{self, Target};
use crate::project::documents::document;
use crate::project::{Project, Script, lifecycle, skill};
use osaurus_payload::{BridgeConfig, Mode, Payload, Role, Shared, SharedArchive};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

pub use node::find as find_node;
pub use python::python_path;

/// Licences of the shim and of the engine, which are part of every plugin.
const NOTICE: &str = include_str!("../../../host-shim/THIRD-PARTY.txt");

/// Seconds that a plugin may take to load.
const LOAD_TIMEOUT: u64 = 60;

/// Arguments of `build`.
#[derive(clap::Args)]
pub struct Args {
    /// The plugin's folder
    #[arg(default_value = ".")]
    project: PathBuf,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
    /// Override the project's mode
    #[arg(long)]
    mode: Option<Mode>,
    /// What to build for [default: this machine]
    #[arg(long, value_enum)]
    target: Option<Target>,
    /// Folder for the library, relative to the project [default: dist, or dist/TARGET for another
    /// machine]
    #[arg(long)]
    out: Option<PathBuf>,
    /// Seconds that the plugin may take to load before the build stops it
    #[arg(long, default_value_t = LOAD_TIMEOUT, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    load_timeout: u64,
    /// Look for newer dependencies, instead of taking those that were installed before for the same
    /// project file
    #[arg(long)]
    upgrade: bool,
}

/// How a build is done, beside what the project says.
struct Options {
    /// What it is for.
    target: Target,
    /// Where the library goes, absolute.
    out: PathBuf,
    /// How long the plugin may take to load.
    load_timeout: Duration,
    /// Whether the index is asked again for dependencies.
    upgrade: bool,
    /// Whether it stays here, where a debugger finds the author's files by their whole paths.
    debugged: bool,
}

impl Options {
    fn usual(target: Target, out: &Path) -> Self {
        Self {
            target,
            out: out.to_owned(),
            load_timeout: Duration::from_secs(LOAD_TIMEOUT),
            upgrade: false,
            debugged: false,
        }
    }

    fn library(&self, project: &Project) -> PathBuf {
        self.out
            .join(format!("{}{}", project.id, self.target.library_suffix()))
    }
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let started = Instant::now();
    let mut project = Project::read(&args.project)?;
    project.mode = args.mode.unwrap_or(project.mode);
    let target = args.target.map_or_else(Target::here, Ok)?;
    let out = args.out.clone().unwrap_or_else(|| default_out(target));
    let options = Options {
        target,
        out: project.folder.join(out),
        load_timeout: Duration::from_secs(args.load_timeout),
        upgrade: args.upgrade,
        debugged: false,
    };
    let library = build_with(&project, &options)?;
    library.remarks.print();
    if args.json {
        terminal::data(library.to_json());
    } else {
        library.print(&project, started);
    }
    Ok(ExitCode::SUCCESS)
}

/// This machine's library is at hand in `dist`; libraries for others have a folder each.
pub fn default_out(target: Target) -> PathBuf {
    match Target::here() {
        Ok(here) if here == target => "dist".into(),
        _ => Path::new("dist").join(target.name()),
    }
}

/// A finished library.
pub struct Built {
    /// Its file.
    pub library: PathBuf,
    /// Its size.
    pub bytes: usize,
    /// What it is for.
    pub target: Target,
    /// Its manifest.
    pub manifest: serde_json::Value,
    /// The interpreter in it.
    pub interpreter: Option<Shared>,
    /// What the author should know.
    pub remarks: Remarks,
}

/// What a build says beside its result.
#[derive(Default)]
pub struct Remarks {
    /// Files that were not packed, and why.
    pub left_out: Vec<String>,
    /// What may not work, or not as it is meant.
    pub warnings: Vec<String>,
}

impl Remarks {
    /// For people, on standard error.
    pub fn print(&self) {
        for file in &self.left_out {
            note!("left out {file}");
        }
        for warning in &self.warnings {
            note!("warning: {warning}");
        }
    }
}

impl Built {
    /// What the interpreter is that the plugin brings, and what it weighs.
    pub fn describe_interpreter(&self, project: &Project) -> Option<String> {
        let language = match &project.script {
            Script::Python(_) => "Python",
            Script::Node(_) => "Node",
        };
        let interpreter = self.interpreter.as_ref()?;
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        Some(format!(
            "brings {language} {}: {:.1} MB of it, and {:.1} MB on the user's disk",
            interpreter.version,
            megabytes(interpreter.len),
            megabytes(interpreter.unpacked)
        ))
    }

    fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "library": self.library, "bytes": self.bytes, "target": self.target.name(),
            "manifest": self.manifest, "interpreter": self.interpreter, "warnings": self.remarks.warnings,
        })
    }

    fn print(&self, project: &Project, started: Instant) {
        let count = |key: &str| {
            self.manifest["capabilities"][key]
                .as_array()
                .map_or(0, Vec::len)
        };
        let path = shown(&self.library);
        say!(
            "built {} {} in {:.1} s: tools {}, routes {}, {:.1} MB",
            project.id,
            project.version,
            started.elapsed().as_secs_f64(),
            count("tools"),
            count("routes"),
            self.bytes as f64 / 1e6,
        );
        say!("  {}", path.display());
        if let Some(interpreter) = self.describe_interpreter(project) {
            say!("  {interpreter}");
        }
        if !Target::here().is_ok_and(|here| here == self.target) {
            say!(
                "  for {}; it does not run on this machine",
                self.target.name()
            );
        } else if let Some(tool) = self.manifest["capabilities"]["tools"][0]["id"].as_str() {
            say!(
                "next: osaurus-bridge invoke {} {tool} '{{...}}'",
                path.display()
            );
        }
    }
}

/// What a language's part of the build hands over.
struct Staged {
    content: Content,
    remarks: Remarks,
}

/// What goes into the library.
enum Content {
    /// Settings, manifest and what plugins share, and the files in the stage.
    New(Box<BridgeConfig>, serde_json::Value, Vec<SharedArchive>),
    /// What an earlier build has made from the same.
    Unchanged(Box<Payload>),
}

/// Builds a project's library for a target into the folder `out`, with the pages that it declares
/// beside it.
pub fn build(project: &Project, target: Target, out: &Path) -> Result<Built, Failure> {
    build_with(project, &Options::usual(target, out))
}

/// The same for a debugger on this machine.
pub fn build_debugged(project: &Project, target: Target, out: &Path) -> Result<Built, Failure> {
    let options = Options {
        debugged: true,
        ..Options::usual(target, out)
    };
    build_with(project, &options)
}

fn build_with(project: &Project, options: &Options) -> Result<Built, Failure> {
    let shim = parts::shim(options.target)?;
    check_skill(project)?;
    lifecycle::check(project)?;
    let stage =
        tempfile::tempdir().or_fail("cannot create a temporary folder", "free some disk space")?;
    std::fs::write(stage.path().join("THIRD-PARTY.txt"), NOTICE)
        .or_fail("cannot write the licence notice", "free some disk space")?;
    let staged = match &project.script {
        Script::Python(script) => python::stage(project, script, options, stage.path())?,
        Script::Node(script) => node::stage(project, script, options, stage.path())?,
    };
    let mut remarks = staged.remarks;
    let of_project = project.warnings().into_iter().map(String::from);
    remarks.warnings.extend(of_project);
    let payload = match staged.content {
        Content::Unchanged(payload) => *payload,
        Content::New(config, manifest, shared) => {
            pack(stage.path(), *config, &manifest, options.target)?.with_shared(shared)
        }
    };
    write_library(project, options, &shim, &payload, remarks)
}

fn pack(
    stage: &Path,
    mut config: BridgeConfig,
    manifest: &serde_json::Value,
    target: Target,
) -> Result<Payload, Failure> {
    schemas::check(manifest)?;
    native::check(stage, target)?;
    if Target::here()? != target {
        // Interpreters that the author named are on this machine.
        (config.python, config.node) = (None, None);
    }
    twins::refuse(stage)?;
    Payload::from_folder(manifest.to_string(), config, stage).or_fail(
        "cannot pack the plugin",
        "check that its files are readable",
    )
}

/// A skill that the host could not read would be left out without a word.
fn check_skill(project: &Project) -> Result<(), Failure> {
    let Some(path) = document(&project.folder, "SKILL.md") else {
        return Ok(());
    };
    let text = std::fs::read_to_string(&path).or_fail(
        format!("cannot read {}", path.display()),
        "write it in UTF-8",
    )?;
    let skill = skill::read(&text);
    skill
        .map(drop)
        .map_err(|why| Failure::new(why, "correct SKILL.md, or remove it"))
}

/// A path as a person would type it here.
pub fn shown(path: &Path) -> PathBuf {
    std::env::current_dir()
        .ok()
        .and_then(|here| path.strip_prefix(here).map(Path::to_path_buf).ok())
        .unwrap_or_else(|| path.to_path_buf())
}

/// Makes a folder with those above it.
pub fn make(folder: PathBuf) -> Result<PathBuf, Failure> {
    std::fs::create_dir_all(&folder).or_fail(
        format!("cannot create {}", folder.display()),
        "check the disk",
    )?;
    Ok(folder)
}

fn write_library(
    project: &Project,
    options: &Options,
    shim: &Path,
    payload: &Payload,
    remarks: Remarks,
) -> Result<Built, Failure> {
    let shim_bytes = std::fs::read(shim).or_fail(
        format!("cannot read {}", shim.display()),
        "reinstall osaurus-bridge",
    )?;
    let packed = payload.to_bytes().or_fail(
        "cannot pack the plugin's settings",
        "check the project file",
    )?;
    let bytes = osaurus_payload::inject(&shim_bytes, &packed).or_fail(
        format!("cannot put the plugin into {}", shim.display()),
        "reinstall osaurus-bridge",
    )?;
    let manifest: serde_json::Value =
        serde_json::from_str(&payload.manifest).or_fail("the manifest is not JSON", "")?;
    make(options.out.clone())?;
    web::copy(project, &manifest, &options.out)?;
    let library = options.library(project);
    replace_file(&library, &bytes, 0o755)?;
    Ok(Built {
        library,
        bytes: bytes.len(),
        target: options.target,
        manifest,
        interpreter: payload.config.shared(Role::Interpreter).cloned(),
        remarks,
    })
}

/// A host that has the old library mapped keeps it whole. Builds at the same moment do not meet,
/// and a link in the place of the new file is replaced, not followed.
pub fn replace_file(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Failure> {
    osaurus_payload::durable::write(path, bytes, mode).or_fail(
        format!("cannot write {}", path.display()),
        "check the folder's permissions and free space",
    )
}
