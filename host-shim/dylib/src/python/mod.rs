//! Embedded Python, first stage: finds an interpreter, starts it in this process, opens the engine
//! library. Called by the shim when a plugin's first call needs Python. Linked with no libpython;
//! what runs scripts is the engine library (`bridges/python/engine`), which meets this at run time
//! through `osaurus-engine-abi`.
mod claim;
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

pub use discover::{Interpreter, PYTHON_VARIABLE, at, find};
pub use library::ENGINE_VARIABLE;
pub use version::{Requirement, Version};

use crate::discovery::{BUNDLED, Search};
use crate::engine::{Engine, EngineContext, EngineFailure};
use crate::platform::cache_root;
use crate::start_lock::StartLock;
use claim::Claim;
use cpython::InProcess;
use embedded::Embedded;
use osaurus_payload::BridgeConfig;
use std::path::Path;

/// Finds the interpreter for a plugin, for either engine: the one that it brings, else one of the
/// machine.
///
/// # Errors
/// `Unavailable` with everything that was looked at.
pub fn discover(context: &EngineContext) -> Result<Interpreter, EngineFailure> {
    discover_that(context, &|_| Ok(()))
}

/// The same, with a shared library only where `opens` says that it can be opened.
fn discover_that(
    context: &EngineContext,
    opens: &discover::Opens<'_>,
) -> Result<Interpreter, EngineFailure> {
    match &context.bundled {
        Some(python) => bundled(python),
        None => search(&context.config, opens),
    }
}

fn bundled(python: &Path) -> Result<Interpreter, EngineFailure> {
    at(python, BUNDLED).map_err(|why| EngineFailure::of_bundled("Python", python, &why))
}

/// The same for a plugin that brings none.
///
/// # Errors
/// As [`discover`].
pub fn on_this_machine(config: &BridgeConfig) -> Result<Interpreter, EngineFailure> {
    search(config, &|_| Ok(()))
}

fn search(
    config: &BridgeConfig,
    opens: &discover::Opens<'_>,
) -> Result<Interpreter, EngineFailure> {
    let (setting, requires) = (config.python.as_deref(), config.requires_python.as_deref());
    let search = Search {
        tag: config.python_tag.as_deref(),
        ..Search::new(setting, requires, PYTHON_VARIABLE)
    };
    Ok(discover::find_that(&search, opens)?)
}

/// Starts the interpreter unless one runs already, takes it for this plugin, and imports the
/// plugin's script.
///
/// # Errors
/// `Unavailable` when the plugin cannot have a Python in this process (a worker may still do),
/// `Script` when the script is broken.
pub fn start(context: &EngineContext) -> Result<Box<dyn Engine>, EngineFailure> {
    // First: without one there is no reason to start an interpreter, which cannot be stopped again.
    let engine = library::find(context).map_err(unavailable)?;
    let lock = StartLock::acquire(&cache_root(), "python").map_err(unavailable)?;
    let python = match InProcess::find() {
        Some(python) => adopt(python, context)?,
        None => start_new(context)?,
    };
    let claim = Claim::take(python, context).map_err(unavailable)?;
    let engine = library::open(&engine).map_err(unavailable)?;
    drop(lock);
    let script = Embedded::load(engine, context, claim, describe(&python))?;
    Ok(Box::new(script))
}

fn describe(python: &InProcess) -> String {
    let version = python.version_text();
    let version = version.split_whitespace().next().unwrap_or("?");
    format!(
        "CPython {version}, embedded from {}",
        python.file().display()
    )
}

fn unavailable(why: String) -> EngineFailure {
    EngineFailure::Unavailable {
        looked_for: vec![why],
        fix:
            "Leave `mode` out to run the plugin in a process of its own, or install another Python."
                .into(),
    }
}

fn start_new(context: &EngineContext) -> Result<InProcess, EngineFailure> {
    // Where one cannot be opened, the next interpreter's may.
    let python = discover_that(context, &|library| init::open(library).map(drop))?;
    let Some(library) = &python.library else {
        return Err(unavailable(format!(
            "{}: {}",
            python.base.display(),
            python.not_embeddable.unwrap_or_default()
        )));
    };
    init::start(library, &python).map_err(unavailable)
}

/// Uses the Python that is in the process, when the plugin can have it: a second one would crash
/// the host.
fn adopt(python: InProcess, context: &EngineContext) -> Result<InProcess, EngineFailure> {
    if python.is_running() {
        claim::check(&python, context).map_err(unavailable)?;
    }
    init::refuse_unfit(&python).map_err(unavailable)?;
    let version = python.version().map_err(unavailable)?;
    let (requires, tag) = (&context.config.requires_python, &context.config.python_tag);
    let requirement =
        Requirement::parse(requires.as_deref(), tag.as_deref()).map_err(unavailable)?;
    let objection = requirement.objection(version);
    let objection = objection.or_else(|| requirement.objection_to_minor(version));
    let objection = objection.or_else(|| {
        (!version.is_embeddable())
            .then(|| format!("Python {version} is newer than the engine knows"))
    });
    if let Some(why) = objection {
        return Err(second_python(&python, &why));
    }
    if !python.is_running() {
        return start_present(python, version, context);
    }
    let has_its_own = context.config.python.is_some() || context.bundled.is_some();
    if has_its_own && !claim::is_ours(&python) {
        let why = "the plugin names a Python of its own";
        return Err(second_python(&python, why));
    }
    Ok(python)
}

/// Starts a Python whose library is in the process, as part of a host that has not started it.
fn start_present(
    python: InProcess,
    version: Version,
    context: &EngineContext,
) -> Result<InProcess, EngineFailure> {
    let chosen_python = discover(context)?;
    if !chosen_python.version.same_minor(version) {
        let why = format!("the plugin would run on {chosen_python}");
        return Err(second_python(&python, &why));
    }
    init::start_on_own_thread(python, &chosen_python).map_err(unavailable)?;
    Ok(python)
}

fn second_python(python: &InProcess, why: &str) -> EngineFailure {
    let version = python
        .version()
        .map_or_else(|_| "?".to_owned(), |v| v.to_string());
    unavailable(format!(
        "Python {version} from {} is in this process already, and a process can hold only one: \
         {why}",
        python.file().display()
    ))
}
