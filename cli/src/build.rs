//! `osaurus-bridge build`: author's code + dependencies + SDK + engine, packed into a copy of the shim.
//! Needs no compiler and no Rust; the shim and the engine are prebuilt.

use crate::failure::{Failure, OrFail};
use crate::project::Project;
use crate::{paths, progress, python};
use include_dir::{Dir, include_dir};
use osaurus_payload::{BridgeConfig, CONFIG_FORMAT, Mode, Payload};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Instant, SystemTime};

/// The Python SDK that goes into every Python plugin, in the version that belongs to this program's shim.
static PYTHON_SDK: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../bridges/python/package/src");

/// Folder names that never belong into a plugin.
const NEVER_PACKED: [&str; 9] = [
    "__pycache__",
    "dist",
    "build",
    "venv",
    "node_modules",
    "tests",
    "test",
    "target",
    "web",
];

/// Arguments of `build`.
#[derive(clap::Args)]
pub struct Args {
    /// The plugin's folder
    #[arg(default_value = ".")]
    project: PathBuf,
    /// Print one JSON object instead of text
    #[arg(long)]
    pub json: bool,
    /// Override the mode of [tool.osaurus]
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

fn build(project: &Project, out: &Path) -> Result<Built, Failure> {
    let shim = paths::shim()?;
    let engine = paths::python_engine()?;
    let interpreter = python::interpreter(project)?;
    let stage =
        tempfile::tempdir().or_fail("cannot create a temporary folder", "free some disk space")?;
    let root = stage.path();
    copy_source(project, &root.join("src"))?;
    PYTHON_SDK
        .extract(make(root.join("sdk"))?)
        .or_fail("cannot unpack the SDK", "free some disk space")?;
    progress::during("installing dependencies", || {
        python::install_dependencies(&interpreter, project, &make(root.join("deps"))?)
    })?;
    let roots = ["src", "deps", "sdk"].map(|name| root.join(name));
    let description = progress::during("reading the plugin", || {
        python::describe(&interpreter, project, &roots)
    })?;
    let engine_name = copy_engine(&engine, root)?;
    let config = bridge_config(project, &description, engine_name);
    write_library(project, out, &shim, root, config, description.manifest)
}

fn make(folder: PathBuf) -> Result<PathBuf, Failure> {
    std::fs::create_dir_all(&folder).or_fail(
        format!("cannot create {}", folder.display()),
        "check the disk",
    )?;
    Ok(folder)
}

fn copy_engine(engine: &Path, root: &Path) -> Result<String, Failure> {
    // Never named .dylib: Osaurus takes every file with that ending for a plugin.
    let name = "engine/osaurus_python_engine.bin";
    make(root.join("engine"))?;
    std::fs::copy(engine, root.join(name)).or_fail("cannot copy the engine", "check the disk")?;
    Ok(name.to_owned())
}

fn bridge_config(
    project: &Project,
    description: &python::Description,
    engine: String,
) -> BridgeConfig {
    BridgeConfig {
        format: CONFIG_FORMAT,
        plugin_id: project.id.clone(),
        version: project.version.clone(),
        language: "python".into(),
        entry: project.entry.clone(),
        roots: ["src", "deps", "sdk"].map(String::from).to_vec(),
        requires_python: project.requires_python.clone(),
        python: project
            .python
            .as_ref()
            .map(|path| path.display().to_string()),
        mode: project.mode,
        tools: description.tools.clone(),
        routes: description.routes.clone(),
        handlers: description.handlers.clone(),
        engine: Some(engine),
        built_with: env!("CARGO_PKG_VERSION").into(),
    }
}

fn write_library(
    project: &Project,
    out: &Path,
    shim: &Path,
    root: &Path,
    config: BridgeConfig,
    manifest: serde_json::Value,
) -> Result<Built, Failure> {
    let payload = Payload::from_folder(manifest.to_string(), config, root).or_fail(
        "cannot pack the plugin",
        "check that its files are readable",
    )?;
    let shim_bytes = std::fs::read(shim).or_fail(
        format!("cannot read {}", shim.display()),
        "reinstall osaurus-bridge",
    )?;
    let packed = payload
        .to_bytes()
        .or_fail("cannot pack the plugin's settings", "check pyproject.toml")?;
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

fn copy_source(project: &Project, target: &Path) -> Result<(), Failure> {
    copy_tree(project, &project.source, target, 0)
}

fn copy_tree(project: &Project, from: &Path, to: &Path, depth: usize) -> Result<(), Failure> {
    make(to.to_path_buf())?;
    let entries = std::fs::read_dir(from).or_fail(
        format!("cannot read {}", from.display()),
        "check its permissions",
    )?;
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_left_out(project, &name, depth) {
            continue;
        }
        let (path, target) = (entry.path(), to.join(&name));
        if path.is_dir() {
            copy_tree(project, &path, &target, depth + 1)?;
        } else {
            copy_file(&path, &target)?;
        }
    }
    Ok(())
}

/// Copies with a fixed time stamp, so that the same source gives the same library.
fn copy_file(from: &Path, to: &Path) -> Result<(), Failure> {
    std::fs::copy(from, to)
        .and_then(|_| {
            std::fs::File::options()
                .write(true)
                .open(to)?
                .set_modified(SystemTime::UNIX_EPOCH)
        })
        .or_fail(
            format!("cannot copy {}", from.display()),
            "check that it is readable",
        )
}

fn is_left_out(project: &Project, name: &str, depth: usize) -> bool {
    name.starts_with('.')
        || name == "__pycache__"
        || (depth == 0 && (NEVER_PACKED.contains(&name) || name.ends_with(".egg-info")))
        || project.exclude.iter().any(|excluded| excluded == name)
}
