//! The Python part of a build: the author's modules, dependencies, SDK and engine.

use super::description::Description;
use super::{Staged, foreign, interpreter, make};
use crate::failure::{Failure, OrFail};
use crate::parts::{self, Target};
use crate::progress;
use crate::project::Project;
use crate::project::python::PythonProject;
use include_dir::{Dir, include_dir};
use osaurus_payload::{BridgeConfig, CONFIG_FORMAT};
use std::path::Path;
use std::time::SystemTime;

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

/// Fills the stage.
pub fn stage(
    project: &Project,
    script: &PythonProject,
    target: Target,
    root: &Path,
) -> Result<Staged, Failure> {
    let engine = parts::python_engine(target)?;
    let python = interpreter::find(project, script)?;
    copy_tree(script, &script.source, &root.join("src"), 0)?;
    PYTHON_SDK
        .extract(make(root.join("sdk"))?)
        .or_fail("cannot unpack the SDK", "free some disk space")?;
    progress::during("installing dependencies", || {
        interpreter::install_dependencies(&python, script, &make(root.join("deps"))?)
    })?;
    let roots = ["src", "deps", "sdk"].map(|name| root.join(name));
    let description = progress::during("reading the plugin", || {
        interpreter::describe(&python, project, script, &roots)
    })?;
    if Target::here()? != target {
        progress::during("installing dependencies for the target", || {
            foreign::install(&python, script, target, &root.join("deps"))
        })?;
    }
    let engine = copy_engine(&engine, root)?;
    Ok(Staged {
        config: bridge_config(project, script, &description, engine),
        manifest: description.manifest,
    })
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
    script: &PythonProject,
    description: &Description,
    engine: String,
) -> BridgeConfig {
    BridgeConfig {
        format: CONFIG_FORMAT,
        plugin_id: project.id.clone(),
        version: project.version.clone(),
        language: "python".into(),
        entry: script.entry.clone(),
        roots: ["src", "deps", "sdk"].map(String::from).to_vec(),
        requires_python: script.requires_python.clone(),
        python: script
            .python
            .as_ref()
            .map(|path| path.display().to_string()),
        oldest_host: project.oldest_host.clone(),
        mode: project.mode,
        tools: description.tools.clone(),
        routes: description.routes.clone(),
        handlers: description.handlers.clone(),
        engine: Some(engine),
        built_with: env!("CARGO_PKG_VERSION").into(),
        ..BridgeConfig::default()
    }
}

fn copy_tree(script: &PythonProject, from: &Path, to: &Path, depth: usize) -> Result<(), Failure> {
    make(to.to_path_buf())?;
    let entries = std::fs::read_dir(from).or_fail(
        format!("cannot read {}", from.display()),
        "check its permissions",
    )?;
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_left_out(script, &name, depth) {
            continue;
        }
        let (path, target) = (entry.path(), to.join(&name));
        if path.is_dir() {
            copy_tree(script, &path, &target, depth + 1)?;
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

fn is_left_out(script: &PythonProject, name: &str, depth: usize) -> bool {
    name.starts_with('.')
        || name == "__pycache__"
        || (depth == 0 && (NEVER_PACKED.contains(&name) || name.ends_with(".egg-info")))
        || script.exclude.iter().any(|excluded| excluded == name)
}
