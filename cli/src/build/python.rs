//! The Python part of a build: the author's modules, dependencies, SDK and engine.

mod dependencies;
mod description;
mod inputs;
mod interpreter;
mod lock;
mod requirements;
mod store;
mod tied;

pub use dependencies::lacks_pip;
pub use interpreter::path as python_path;
pub use tied::{first_native_file, refuse_native};

use super::description::Description;
use super::tree::{self, Rules};
use super::{Content, Options, Staged, foreign, make};
use crate::failure::{Failure, OrFail};
use crate::parts::{self, Target};
use crate::progress;
use crate::project::Project;
use crate::project::python::PythonProject;
use description::Loading;
use include_dir::{Dir, include_dir};
use osaurus_payload::{BridgeConfig, CONFIG_FORMAT};
use requirements::Requirements;
use std::path::Path;
use tied::Tied;

/// The Python SDK that goes into every Python plugin, in the version that belongs to this program's shim.
static PYTHON_SDK: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../bridges/python/package/src");

/// The import roots, in order: the author's modules, their dependencies, the SDK.
const ROOTS: [&str; 3] = ["src", "deps", "sdk"];

/// Folders at the top of the source folder that are not packed, and why.
const NEVER_PACKED: [(&str, &str); 9] = [
    ("dist", "built libraries are in dist"),
    ("build", "other tools build in a folder of this name"),
    ("target", "other tools build in a folder of this name"),
    ("venv", "environments have this name"),
    (
        "node_modules",
        "packages for Node are in a folder of this name",
    ),
    ("tests", "tests are in a folder of this name"),
    ("test", "tests are in a folder of this name"),
    ("web", "the pages of a package are in a folder of this name"),
    ("*.egg-info", "setuptools writes it"),
];

/// Fills the stage.
pub fn stage(
    project: &Project,
    script: &PythonProject,
    options: &Options,
    root: &Path,
) -> Result<Staged, Failure> {
    let engine = parts::python_engine(options.target)?;
    let python = interpreter::find(project, script)?;
    let rules = Rules {
        at_the_top: &NEVER_PACKED,
        exclude: &script.exclude,
        out: &options.out,
    };
    let requirements = Requirements::of(project, script)?;
    let left_out = tree::copy(&rules, &script.source, &root.join("src"))?;
    PYTHON_SDK
        .extract(make(root.join("sdk"))?)
        .or_fail("cannot unpack the SDK", "free some disk space")?;
    let engine = copy_engine(&engine, root)?;
    let inputs = inputs::hash(project, &python, &requirements, options.target, root)?;
    let unchanged = inputs::unchanged(project, options, &inputs);
    if let Some(payload) = unchanged.filter(|_| !options.upgrade) {
        return Ok(Staged {
            content: Content::Unchanged(payload),
            notes: left_out.notes,
        });
    }
    let deps = make(root.join("deps"))?;
    progress::during("installing dependencies", || {
        dependencies::install(&python, &requirements, options.upgrade, &deps)
    })?;
    if !script.allow_native {
        refuse_native(&deps)?;
    }
    let loading = Loading {
        project,
        script,
        python: &python,
        stage: root,
        left_out: &left_out.why,
        limit: options.load_timeout,
    };
    let description = progress::during("reading the plugin", || loading.describe())?;
    if Target::here()? != options.target {
        progress::during("installing dependencies for the target", || {
            foreign::install(&python.executable, script, options.target, &deps)
        })?;
    }
    let tied = Tied::of(root, &python)?;
    let config = BridgeConfig {
        requires_python: both(&script.requires_python, &tied.requires),
        python_tag: tied.tag,
        engine: Some(engine),
        inputs: requirements.name_their_contents().then_some(inputs),
        ..bridge_config(project, script, &description)
    };
    Ok(Staged {
        content: Content::New(config, description.manifest),
        notes: left_out.notes,
    })
}

/// Two specifiers as one.
fn both(one: &Option<String>, other: &Option<String>) -> Option<String> {
    let parts: Vec<&str> = one.iter().chain(other).map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join(","))
}

fn copy_engine(engine: &Path, root: &Path) -> Result<String, Failure> {
    // Never named .dylib: Osaurus takes every file with that ending for a plugin.
    let name = "engine/osaurus_python_engine.bin";
    make(root.join("engine"))?;
    tree::copy_file(engine, &root.join(name))?;
    Ok(name.to_owned())
}

fn bridge_config(
    project: &Project,
    script: &PythonProject,
    description: &Description,
) -> BridgeConfig {
    BridgeConfig {
        format: CONFIG_FORMAT,
        plugin_id: project.id.clone(),
        version: project.version.clone(),
        language: "python".into(),
        entry: script.entry.clone(),
        roots: ROOTS.map(String::from).to_vec(),
        python: script
            .python
            .as_ref()
            .map(|path| path.display().to_string()),
        oldest_host: project.oldest_host.clone(),
        mode: project.mode,
        tools: description.tools.clone(),
        routes: description.routes.clone(),
        handlers: description.handlers.clone(),
        built_with: env!("CARGO_PKG_VERSION").into(),
        ..BridgeConfig::default()
    }
}
