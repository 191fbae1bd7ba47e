//! Finds the engine library and opens it: from the payload, or what someone named. Called by
//! `python::start`, which opens it with an interpreter running. Plugins that carry the same engine
//! have one file of it in the cache, and so one asyncio loop: the loader knows files.
use super::embedded;
use crate::engine::EngineContext;
use crate::environment;
use crate::loader::Library;
use crate::platform::{LIBRARY_EXTENSION, own_image};
use osaurus_engine_abi::{ENGINE_ENTRY_SYMBOL, EngineApi};
use std::ffi::CString;
use std::path::{Path, PathBuf};

/// Environment variable with an engine library, for plugins that carry none.
pub const ENGINE_VARIABLE: &str = "OSAURUS_BRIDGE_PYTHON_ENGINE";

const NONE: &str = "the plugin carries no Python engine, because it was built for a worker; build it with \
                    mode = \"embedded\" in [tool.osaurus], or name an engine library in OSAURUS_BRIDGE_PYTHON_ENGINE";

/// Opens the engine library that [`find`] has found.
///
/// # Errors
/// What the loader said, or what the library is instead.
pub fn open(path: &Path) -> Result<&'static EngineApi, String> {
    let library = Library::open(path, false).map_err(|why| {
        format!(
            "the Python engine {} cannot be opened: {why}",
            path.display()
        )
    })?;
    let name = CString::new(ENGINE_ENTRY_SYMBOL).map_err(|error| error.to_string())?;
    let entry = library.symbol(&name).ok_or_else(|| {
        format!(
            "{} is not an engine library: {ENGINE_ENTRY_SYMBOL} is missing",
            path.display()
        )
    })?;
    // SAFETY: the symbol of that name in a library that is never closed.
    unsafe { embedded::connect(entry) }
}

/// The engine library for a plugin: the one that it carries, else the one that someone named, else
/// the one beside it.
///
/// # Errors
/// A sentence with what to do.
pub fn find(context: &EngineContext) -> Result<PathBuf, String> {
    if let Some(carried) = &context.engine {
        return Ok(carried.clone());
    }
    let named = environment::path(ENGINE_VARIABLE);
    named.or_else(beside).ok_or_else(|| NONE.into())
}

/// As cargo puts it.
fn beside() -> Option<PathBuf> {
    let name = format!("libosaurus_python_engine.{LIBRARY_EXTENSION}");
    let path = own_image()?.path().parent()?.join(name);
    path.is_file().then_some(path)
}
