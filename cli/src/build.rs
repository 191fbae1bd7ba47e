//! `osaurus-bridge build`: author's code + dependencies + SDK, packed into a copy of the shim.
//! Needs no compiler and no Rust: the shim is prebuilt. What differs per language is in `build/`.

mod description;
mod foreign;
mod interpreter;
mod native;
mod node;
mod program;
mod python;
mod schemas;
mod web;

pub use program::on_path;

use crate::failure::{Failure, OrFail};
use crate::parts::{self, Target};
use crate::project::documents::document;
use crate::project::{Project, Script, skill};
use osaurus_payload::{BridgeConfig, Mode, Payload};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

pub use interpreter::find as find_python;
pub use node::find as find_node;

/// Licences of the shim and of the engine, which are part of every plugin.
const NOTICE: &str = include_str!("../../host-shim/THIRD-PARTY.txt");

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
    /// Folder for the library, relative to the project [default: dist, or dist/TARGET for another machine]
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let started = Instant::now();
    let mut project = Project::read(&args.project)?;
    project.mode = args.mode.unwrap_or(project.mode);
    let target = args.target.map_or_else(Target::here, Ok)?;
    let out = args.out.clone().unwrap_or_else(|| default_out(target));
    let built = build(&project, target, &project.folder.join(out))?;
    let warnings = project.warnings();
    for warning in &warnings {
        eprintln!("warning: {warning}");
    }
    if args.json {
        println!("{}", built.to_json(&warnings));
    } else {
        built.print(&project, started);
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
}

impl Built {
    fn to_json(&self, warnings: &[&str]) -> serde_json::Value {
        serde_json::json!({
            "library": self.library, "bytes": self.bytes, "target": self.target.name(),
            "manifest": self.manifest, "warnings": warnings,
        })
    }

    fn print(&self, project: &Project, started: Instant) {
        let count = |key: &str| {
            self.manifest["capabilities"][key]
                .as_array()
                .map_or(0, Vec::len)
        };
        let shown = shown(&self.library);
        println!(
            "built {} {} in {:.1} s: tools {}, routes {}, {:.1} MB",
            project.id,
            project.version,
            started.elapsed().as_secs_f64(),
            count("tools"),
            count("routes"),
            self.bytes as f64 / 1e6,
        );
        println!("  {}", shown.display());
        if !Target::here().is_ok_and(|here| here == self.target) {
            println!(
                "  for {}; it does not run on this machine",
                self.target.name()
            );
        } else if let Some(tool) = self.manifest["capabilities"]["tools"][0]["id"].as_str() {
            println!(
                "next: osaurus-bridge invoke {} {tool} '{{...}}'",
                shown.display()
            );
        }
    }
}

/// What a language's part of the build hands over: settings and manifest, with the files in the stage.
struct Staged {
    config: BridgeConfig,
    manifest: serde_json::Value,
}

/// Builds a project's library for a target into the folder `out`, with the pages that it declares beside it.
pub fn build(project: &Project, target: Target, out: &Path) -> Result<Built, Failure> {
    let shim = parts::shim(target)?;
    check_skill(project)?;
    let stage =
        tempfile::tempdir().or_fail("cannot create a temporary folder", "free some disk space")?;
    let mut staged = match &project.script {
        Script::Python(script) => python::stage(project, script, target, stage.path())?,
        Script::Node(script) => node::stage(project, script, stage.path())?,
    };
    schemas::check(&staged.manifest)?;
    std::fs::write(stage.path().join("THIRD-PARTY.txt"), NOTICE)
        .or_fail("cannot write the licence notice", "free some disk space")?;
    native::check(stage.path(), target)?;
    if Target::here()? != target {
        // Interpreters that the author named are on this machine.
        (staged.config.python, staged.config.node) = (None, None);
    }
    web::copy(project, &staged.manifest, out)?;
    write_library(project, target, out, &shim, stage.path(), staged)
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
    let read = skill::read(&text);
    read.map(drop)
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
    target: Target,
    out: &Path,
    shim: &Path,
    root: &Path,
    Staged { config, manifest }: Staged,
) -> Result<Built, Failure> {
    let payload = Payload::from_folder(manifest.to_string(), config, root).or_fail(
        "cannot pack the plugin",
        "check that its files are readable",
    )?;
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
    make(out.to_path_buf())?;
    let library = out.join(format!("{}{}", project.id, target.library_suffix()));
    replace_file(&library, &bytes, 0o755)?;
    Ok(Built {
        library,
        bytes: bytes.len(),
        target,
        manifest,
    })
}

/// Writes beside and renames: a host that has the old library mapped keeps it whole.
pub fn replace_file(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    let partial = path.with_extension("partial");
    std::fs::write(&partial, bytes)
        .and_then(|()| std::fs::set_permissions(&partial, std::fs::Permissions::from_mode(mode)))
        .and_then(|()| std::fs::rename(&partial, path))
        .or_fail(
            format!("cannot write {}", path.display()),
            "check the folder's permissions and free space",
        )
}
