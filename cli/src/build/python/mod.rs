//! The Python part of a build: the author's modules, dependencies and the SDK; engine and
//! interpreter where they travel.

mod dependencies;
mod description;
mod interpreter;
mod lock;
mod requirement_lines;
mod requirements;
mod tied;

pub use dependencies::{List, lacks_pip, lists};
pub use interpreter::path as python_path;
pub use requirements::Requirements;
pub use tied::{first_native_file, refuse_native};

use super::bundled::{self, Bundled};
use super::description::Description;
use super::tree::{self, Rules};
use super::{Content, Options, Remarks, Staged, foreign, inputs, make};
use crate::failure::{Failure, OrFail};
use crate::parts::{self, Target};
use crate::progress;
use crate::project::Project;
use crate::project::python::PythonProject;
use description::Loading;
use include_dir::{Dir, include_dir};
use osaurus_payload::{BridgeConfig, CONFIG_FORMAT, Mode, Role, SharedArchive};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tied::Tied;

/// The Python SDK that goes into every Python plugin, in the version that belongs to this program's
/// shim.
static PYTHON_SDK: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../bridges/python/package/src");

/// The engine's file, on every system.
const ENGINE: &str = "osaurus_python_engine.bin";

const VERSION: &str = env!("CARGO_PKG_VERSION");

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
    let bundled = bundle(project, script, options)?;
    let python = interpreter::of_build(project, script, bundled.as_ref())?;
    let engine = engine(project.mode, options.target)?;
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
    let beside = bundled.as_ref().map(|one| one.folder().to_owned());
    let packed = [root.to_owned()]
        .into_iter()
        .chain(engine.clone())
        .chain(beside);
    let mut remarks = Remarks {
        left_out: left_out.notes,
        ..Remarks::default()
    };
    let of_language = [
        python.version.to_string(),
        dependencies::key(&python, &requirements),
        script.settings.to_string(),
    ];
    let named = script.python.as_deref().unwrap_or(Path::new(""));
    let of_language = of_language.iter().map(String::as_bytes);
    let of_language = of_language.chain([named.as_os_str().as_encoded_bytes()]);
    let inputs = inputs::hash(project, options, of_language, packed)?;
    let unchanged = inputs::unchanged(project, options, &inputs);
    if let Some(payload) = unchanged.filter(|_| !options.upgrade) {
        return Ok(Staged {
            content: Content::Unchanged(Box::new(payload)),
            remarks,
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
        python: &interpreter::of_plugin(&python, bundled.as_ref())?,
        stage: root,
        left_out: &left_out.why,
        limit: options.load_timeout,
    };
    let description = progress::during("reading the plugin", || loading.describe())?;
    if Target::here()? != options.target {
        progress::during("installing dependencies for the target", || {
            foreign::install(
                &python.executable,
                script,
                &requirements,
                options.target,
                &deps,
            )
        })?;
    }
    let tied = Tied::of(root, &python)?;
    // Warnings come again in each build until their reason is gone, so a build with some is not
    // taken as it is.
    let is_final = requirements.name_their_contents() && description.warnings.is_empty();
    remarks.warnings = description.warnings.clone();
    let config = BridgeConfig {
        requires_python: both(&script.requires_python, &tied.requires),
        python_tag: tied.tag,
        inputs: is_final.then_some(inputs),
        ..bridge_config(project, script, &description)
    };
    let shared = shared(engine.as_deref(), bundled.as_ref())?;
    Ok(Staged {
        content: Content::New(Box::new(config), description.manifest, shared),
        remarks,
    })
}

/// The interpreter that the plugin brings.
fn bundle(
    project: &Project,
    script: &PythonProject,
    options: &Options,
) -> Result<Option<Bundled>, Failure> {
    let from = project.bundle.as_ref().map(|bundle| bundle.from.as_deref());
    let prepare = |from| bundled::python(project, script, from, options.target);
    from.map(|from| progress::during("preparing Python", || prepare(from)))
        .transpose()
}

/// The engine's library; a worker needs none.
fn engine(mode: Mode, target: Target) -> Result<Option<PathBuf>, Failure> {
    match mode {
        Mode::Worker => Ok(None),
        Mode::Embedded => parts::python_engine(target).map(Some),
    }
}

/// What the plugin shares with others, packed.
fn shared(engine: Option<&Path>, bundled: Option<&Bundled>) -> Result<Vec<SharedArchive>, Failure> {
    let engine = engine.map(pack_engine);
    let bundled = bundled.map(|one| progress::during("packing Python", || one.pack()));
    bundled.into_iter().chain(engine).collect()
}

/// The same bytes with every plugin, wherever the program is installed.
fn pack_engine(engine: &Path) -> Result<SharedArchive, Failure> {
    let folder =
        tempfile::tempdir().or_fail("cannot create a temporary folder", "free some disk space")?;
    let copy = folder.path().join(ENGINE);
    tree::copy_file(engine, &copy)?;
    std::fs::set_permissions(&copy, Permissions::from_mode(0o755))
        .or_fail("cannot copy the Python engine", "check the disk")?;
    SharedArchive::of_folder(Role::PythonEngine, ENGINE, VERSION, folder.path())
        .or_fail("cannot pack the Python engine", "reinstall osaurus-bridge")
}

/// Two specifiers as one.
fn both(one: &Option<String>, other: &Option<String>) -> Option<String> {
    let parts: Vec<&str> = one.iter().chain(other).map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join(","))
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
        prewarm: project.lifecycle.prewarm,
        idle_timeout_ms: project.lifecycle.idle_timeout_ms(),
        tools: description.tools.clone(),
        routes: description.routes.clone(),
        handlers: description.handlers.clone(),
        built_with: VERSION.into(),
        ..BridgeConfig::default()
    }
}
