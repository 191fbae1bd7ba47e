//! Where the specification's text comes from: embedded in the crate, a folder, or given by the
//! caller.

use std::fs;
use std::path::{Path, PathBuf};

use crate::diagnostics::{LoadError, SYNTAX};
use crate::model::Spec;
use crate::{check, parse};

macro_rules! embedded {
    ($($file:literal),* $(,)?) => { &[$(($file, include_str!(concat!("../spec/", $file)))),*] };
}

/// The files of `spec/`, sorted by name as [`load_dir`] sorts them.
static EMBEDDED: &[(&str, &str)] = embedded![
    "constants.toml",
    "entries.toml",
    "errors.toml",
    "exceptions.toml",
    "host.toml",
    "limits.toml",
    "plugin.toml",
    "quirks.toml",
    "records/db.toml",
    "records/errors.toml",
    "records/http_files.toml",
    "records/inference.toml",
    "records/manifest.toml",
    "records/routes.toml",
    "records/tasks.toml",
    "records/tools.toml",
    "versions.toml",
    "worker.toml",
];

/// Loads the specification that is part of this crate.
///
/// # Errors
/// Only if the crate was built from a broken specification; the test suite excludes that.
pub fn load() -> Result<Spec, LoadError> {
    load_sources(embedded())
}

/// The files of the specification that is part of this crate.
pub fn embedded() -> Vec<(String, String)> {
    let sources = EMBEDDED.iter();
    sources
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

impl Spec {
    /// The specification that is part of this crate; the same as [`load`].
    ///
    /// # Errors
    /// As [`load`].
    pub fn load_embedded() -> Result<Self, LoadError> {
        load()
    }
}

/// Loads all `.toml` files below a folder, in the order of their relative names.
///
/// # Errors
/// [`LoadError::Unreadable`] if a file cannot be read, else all broken rules at once.
pub fn load_dir(folder: &Path) -> Result<Spec, LoadError> {
    load_sources(read_dir(folder)?)
}

/// All `.toml` files below a folder, in the order of their relative names.
///
/// # Errors
/// [`LoadError::Unreadable`].
pub fn read_dir(folder: &Path) -> Result<Vec<(String, String)>, LoadError> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    let mut sources = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).map_err(|source| unreadable(&path, source))?;
        let name = path.strip_prefix(folder).unwrap_or(&path);
        sources.push((name.to_string_lossy().replace('\\', "/"), text));
    }
    sources.sort();
    Ok(sources)
}

/// Loads a specification from named strings; their order is the order of what they declare.
///
/// # Errors
/// All broken rules at once, sorted by file and line.
pub fn load_sources(sources: Vec<(String, String)>) -> Result<Spec, LoadError> {
    let parsed = parse::parse(&sources);
    let mut diagnostics = parsed.diagnostics;
    // A file that is not TOML declares nothing: every mention of what is in it would be reported
    // too.
    if diagnostics.iter().all(|d| d.rule != &SYNTAX) {
        diagnostics.extend(check::check(&parsed.spec, &parsed.index));
    }
    let order = |file: &str| sources.iter().position(|(name, _)| name == file);
    diagnostics.sort_by_key(|d| (order(&d.file), d.line));
    if diagnostics.is_empty() {
        Ok(parsed.spec)
    } else {
        Err(LoadError::Invalid(diagnostics))
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), LoadError> {
    let entries = fs::read_dir(folder).map_err(|source| unreadable(folder, source))?;
    for entry in entries {
        let path = entry.map_err(|source| unreadable(folder, source))?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|ext| ext == "toml") {
            files.push(path);
        }
    }
    Ok(())
}

fn unreadable(path: &Path, source: std::io::Error) -> LoadError {
    LoadError::Unreadable {
        path: path.to_owned(),
        source,
    }
}
