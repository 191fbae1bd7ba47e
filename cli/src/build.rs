//! `osaurus-bridge build`: author's code + dependencies + SDK, packed into a copy of the shim.
//! Needs no compiler and no Rust: the shim is prebuilt. What differs per language is in `build/`.

mod description;
mod interpreter;
mod node;
mod program;
mod python;
mod schemas;

use crate::failure::{Failure, OrFail};
use crate::paths;
use crate::project::{Project, Script};
use osaurus_payload::{BridgeConfig, Mode, Payload};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

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
    /// Folder for the library, relative to the project
    #[arg(long, default_value = "dist")]
    out: PathBuf,
}

/// Runs the command.
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let started = Instant::now();
    let mut project = Project::read(&args.project)?;
    project.mode = args.mode.unwrap_or(project.mode);
    let built = build(&project, &project.folder.join(&args.out))?;
    if args.json {
        println!("{}", built.to_json());
    } else {
        built.print(&project, started);
    }
    Ok(ExitCode::SUCCESS)
}

/// A finished library.
struct Built {
    library: PathBuf,
    bytes: usize,
    manifest: serde_json::Value,
}

impl Built {
    fn to_json(&self) -> serde_json::Value {
        serde_json::json!({"library": self.library, "bytes": self.bytes, "manifest": self.manifest})
    }

    fn print(&self, project: &Project, started: Instant) {
        let count = |key: &str| {
            self.manifest["capabilities"][key]
                .as_array()
                .map_or(0, Vec::len)
        };
        let shown = std::env::current_dir()
            .ok()
            .and_then(|here| self.library.strip_prefix(here).map(Path::to_path_buf).ok())
            .unwrap_or_else(|| self.library.clone());
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
        if let Some(tool) = self.manifest["capabilities"]["tools"][0]["id"].as_str() {
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

fn build(project: &Project, out: &Path) -> Result<Built, Failure> {
    let shim = paths::shim()?;
    let stage =
        tempfile::tempdir().or_fail("cannot create a temporary folder", "free some disk space")?;
    let staged = match &project.script {
        Script::Python(script) => python::stage(project, script, stage.path())?,
        Script::Node(script) => node::stage(project, script, stage.path())?,
    };
    schemas::check(&staged.manifest)?;
    std::fs::write(stage.path().join("THIRD-PARTY.txt"), NOTICE)
        .or_fail("cannot write the licence notice", "free some disk space")?;
    write_library(project, out, &shim, stage.path(), staged)
}

fn make(folder: PathBuf) -> Result<PathBuf, Failure> {
    std::fs::create_dir_all(&folder).or_fail(
        format!("cannot create {}", folder.display()),
        "check the disk",
    )?;
    Ok(folder)
}

fn write_library(
    project: &Project,
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
    let library = out.join(format!("{}{}", project.id, paths::LIBRARY_SUFFIX));
    replace_file(&library, &bytes)?;
    Ok(Built {
        library,
        bytes: bytes.len(),
        manifest,
    })
}

/// Writes beside and renames: a host that has the old library mapped keeps it whole.
fn replace_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    let partial = path.with_extension("partial");
    std::fs::write(&partial, bytes)
        .and_then(|()| std::fs::set_permissions(&partial, std::fs::Permissions::from_mode(0o755)))
        .and_then(|()| std::fs::rename(&partial, path))
        .or_fail(
            format!("cannot write {}", path.display()),
            "check the folder's permissions and free space",
        )
}
