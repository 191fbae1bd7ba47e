//! Finds the engine library and opens it: from the payload, or what a developer built.
//! Called by `python::start` with an interpreter running. Plugins with the same engine share one copy of it, and so
//! one asyncio loop: the loader knows files, so equal payload files are copied to one place named by their contents.
use super::embedded;
use crate::cached_file;
use crate::engine::EngineContext;
use crate::loader::Library;
use crate::platform::{LIBRARY_EXTENSION, cache_root, own_image};
use osaurus_engine_abi::{ENGINE_ENTRY_SYMBOL, EngineApi};
use sha2::{Digest, Sha256};
use std::ffi::CString;
use std::path::{Path, PathBuf};

/// Environment variable with an engine library, for its developers.
pub const ENGINE_VARIABLE: &str = "OSAURUS_BRIDGE_PYTHON_ENGINE";

/// Opens the engine library of a plugin.
///
/// # Errors
/// A sentence with the places that were tried.
pub fn open(context: &EngineContext) -> Result<&'static EngineApi, String> {
    let path = find(context)?;
    let library = Library::open(&path, false).map_err(|why| {
        format!(
            "the Python engine {} cannot be opened: {why}",
            path.display()
        )
    })?;
    let name = CString::new(ENGINE_ENTRY_SYMBOL).map_err(|error| error.to_string())?;
    let entry = library.symbol(&name).ok_or_else(|| {
        format!(
            "{} is no engine library: {ENGINE_ENTRY_SYMBOL} is missing",
            path.display()
        )
    })?;
    // SAFETY: the symbol of that name in a library that is never closed.
    unsafe { embedded::connect(entry) }
}

fn find(context: &EngineContext) -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os(ENGINE_VARIABLE).filter(|path| !path.is_empty()) {
        return Ok(path.into());
    }
    let packed = context
        .config
        .engine
        .as_ref()
        .map(|path| context.root.join(path));
    if let Some(path) = packed.as_ref().filter(|path| path.is_file()) {
        return shared_copy(path, &cache_root()).map_err(|error| {
            format!(
                "the Python engine {} cannot be copied: {error}",
                path.display()
            )
        });
    }
    let name = format!("libosaurus_python_engine.{LIBRARY_EXTENSION}");
    let beside = own_image().and_then(|image| Some(image.path().parent()?.join(name)));
    if let Some(path) = beside.as_ref().filter(|path| path.is_file()) {
        return Ok(path.clone());
    }
    let tried = packed
        .into_iter()
        .chain(beside)
        .map(|path| path.display().to_string());
    Err(format!(
        "the plugin carries no Python engine (looked at {}); build it again with `osaurus-bridge build`",
        tried.collect::<Vec<_>>().join(", ")
    ))
}

fn shared_copy(engine: &Path, cache: &Path) -> std::io::Result<PathBuf> {
    let bytes = std::fs::read(engine)?;
    let digest: String = Sha256::digest(&bytes)
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let folder = cache.join(osaurus_payload::contents::ENGINES);
    let copy = folder.join(format!("python-{digest}.{LIBRARY_EXTENSION}"));
    let complete = std::fs::metadata(&copy).is_ok_and(|meta| meta.len() == bytes.len() as u64);
    if !complete {
        cached_file::write(&copy, &bytes)?;
    }
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_engines_of_two_plugins_become_one_file() {
        let dir = tempfile::tempdir().unwrap();
        let [a, b, c] = ["a", "b", "c"].map(|name| dir.path().join(name));
        std::fs::write(&a, "engine one").unwrap();
        std::fs::write(&b, "engine one").unwrap();
        std::fs::write(&c, "engine two").unwrap();
        let copies = [&a, &b, &c].map(|file| shared_copy(file, dir.path()).unwrap());
        assert_eq!(copies[0], copies[1]);
        assert_ne!(copies[0], copies[2]);
        std::fs::write(&copies[0], "torn").unwrap();
        shared_copy(&a, dir.path()).unwrap();
        assert_eq!(std::fs::read(&copies[0]).unwrap(), b"engine one");
    }
}
