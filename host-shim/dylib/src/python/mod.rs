//! Embedded Python, first stage: finds an interpreter, starts it in this process, opens the engine library.
//! Called by the shim when a plugin's first call needs Python. Linked with no libpython; what runs scripts is the
//! engine library (`bridges/python/engine`), which meets this at run time through `osaurus-engine-abi`.
mod cpython;
mod discover;
mod embedded;
mod init;
mod layout;
mod library;
mod places;
mod probe;
mod table;
mod venv;
mod version;
mod watchdog;

pub use discover::{Interpreter, PYTHON_VARIABLE, find};
pub use version::{Requirement, Version};

use crate::discovery::Search;
use crate::engine::{Engine, EngineContext, EngineFailure};
use crate::platform::cache_root;
use crate::start_lock::StartLock;
use cpython::InProcess;
use embedded::Embedded;
use osaurus_payload::BridgeConfig;
use std::path::{Path, PathBuf};

/// Finds the interpreter for a plugin, for either engine.
///
/// # Errors
/// `Unavailable` with everything that was looked at.
pub fn discover(config: &BridgeConfig) -> Result<Interpreter, EngineFailure> {
    let (setting, requires) = (config.python.as_deref(), config.requires_python.as_deref());
    Ok(find(&Search::new(setting, requires, PYTHON_VARIABLE))?)
}

/// Starts the interpreter unless one runs already, and imports the plugin's script.
///
/// # Errors
/// `Unavailable` when no Python can be embedded here (a worker may still do), `Script` when the script is broken.
pub fn start(context: &EngineContext) -> Result<Box<dyn Engine>, EngineFailure> {
    let lock = StartLock::acquire(&cache_root(), "python").map_err(unavailable)?;
    let chosen = match InProcess::find() {
        Some(python) => adopt(python, context)?,
        None => start_new(context)?,
    };
    let engine = library::open(context).map_err(unavailable)?;
    drop(lock);
    let settings = settings_with_roots(context, chosen.site_packages.as_deref())?;
    let description = chosen.describe();
    let script = Embedded::load(engine, context, &settings, description)?;
    Ok(Box::new(script))
}

/// The interpreter that will run the script.
struct Chosen {
    python: InProcess,
    site_packages: Option<PathBuf>,
}

impl Chosen {
    fn describe(&self) -> String {
        let version = self.python.version_text();
        let version = version.split_whitespace().next().unwrap_or("?").to_owned();
        format!(
            "CPython {version}, embedded from {}",
            self.python.file().display()
        )
    }
}

fn unavailable(why: String) -> EngineFailure {
    EngineFailure::Unavailable {
        looked_for: vec![why],
        fix: "Set mode = \"worker\" to run the plugin in a process of its own, or install another Python.".into(),
    }
}

fn start_new(context: &EngineContext) -> Result<Chosen, EngineFailure> {
    let found = discover(&context.config)?;
    let Some(library) = &found.library else {
        return Err(unavailable(format!(
            "{}: {}",
            found.base.display(),
            found.not_embeddable.unwrap_or_default()
        )));
    };
    let python = init::start(library, &found.base).map_err(unavailable)?;
    Ok(Chosen {
        python,
        site_packages: found.site_packages,
    })
}

/// Uses the Python that is in the process, when it fits: a second one would crash the host.
fn adopt(python: InProcess, context: &EngineContext) -> Result<Chosen, EngineFailure> {
    init::refuse_free_threaded(&python).map_err(unavailable)?;
    let version = python.version().map_err(unavailable)?;
    let requirement =
        Requirement::parse(context.config.requires_python.as_deref()).map_err(unavailable)?;
    let objection = requirement.objection(version).or_else(|| {
        (!version.is_embeddable())
            .then(|| format!("Python {version} is newer than the engine knows"))
    });
    if let Some(why) = objection {
        return Err(second_python(&python, &why));
    }
    let mut site_packages = None;
    if context.config.python.is_some() || !python.is_running() {
        let found = discover(&context.config)?;
        if !found.version.same_minor(version) {
            let why = format!(
                "the plugin is set to Python {} ({})",
                found.version,
                found.executable.display()
            );
            return Err(second_python(&python, &why));
        }
        if !python.is_running() {
            init::start_on_own_thread(python, &found.base).map_err(unavailable)?;
        }
        site_packages = found.site_packages;
    }
    Ok(Chosen {
        python,
        site_packages,
    })
}

fn second_python(python: &InProcess, why: &str) -> EngineFailure {
    let version = python
        .version()
        .map_or_else(|_| "?".to_owned(), |v| v.to_string());
    EngineFailure::Unavailable {
        looked_for: vec![format!(
            "Python {version} from {} is in this process already, and a process can hold only one version: {why}",
            python.file().display()
        )],
        fix: "Set mode = \"worker\" (or leave it at \"auto\") to run this plugin in a process of its own.".into(),
    }
}

/// The settings for the engine: the environment's packages are one more import root of this plugin alone.
fn settings_with_roots(
    context: &EngineContext,
    site_packages: Option<&Path>,
) -> Result<String, EngineFailure> {
    let Some(folder) = site_packages else {
        return Ok(context.settings_json.clone());
    };
    let broken = |error: serde_json::Error| {
        unavailable(format!("the plugin's settings are not readable: {error}"))
    };
    let mut settings: serde_json::Value =
        serde_json::from_str(&context.settings_json).map_err(broken)?;
    if let Some(roots) = settings
        .get_mut("roots")
        .and_then(serde_json::Value::as_array_mut)
    {
        roots.push(folder.to_string_lossy().into_owned().into());
    }
    serde_json::to_string(&settings).map_err(broken)
}
