//! The script that a library carries, as far as its text tells something to the rules of `check`.
//! Used by `check`.

use osaurus_conformance::check::Script;
use osaurus_payload::{BridgeConfig, Payload, read_from_file};
use osaurus_shim::platform::cache_root;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Files that are read, and bytes of each.
const MOST_FILES: usize = 500;
const MOST_BYTES: u64 = 4 << 20;

/// What the text of the library's script says; None for a native library, and for one that cannot
/// be read.
pub fn of(library: &Path) -> Option<Script> {
    let bytes = read_from_file(library).ok()??;
    let payload = Payload::parse(&bytes).ok()?;
    let files = payload.unpack_to_cache(&cache_root()).ok()?;
    let sources = sources(files.folder(), &payload.config);
    let manifest: Value = serde_json::from_str(&payload.manifest).unwrap_or_default();
    Some(Script::of(&sources, &settings(&manifest)))
}

/// The keys of the declared settings.
fn settings(manifest: &Value) -> Vec<String> {
    let sections = manifest["capabilities"]["config"]["sections"].as_array();
    let fields = sections.into_iter().flatten();
    let fields = fields.filter_map(|section| section["fields"].as_array());
    let keys = fields.flatten().filter_map(|field| field["key"].as_str());
    keys.map(str::to_owned).collect()
}

/// The author's files with their names: for Node the bundle, for Python the modules.
fn sources(folder: &Path, config: &BridgeConfig) -> Vec<(String, String)> {
    let mut paths = match config.language.as_str() {
        "python" => modules(folder, config),
        _ => vec![folder.join(&config.entry)],
    };
    paths.truncate(MOST_FILES);
    let text_of = |path: PathBuf| {
        let is_small = path.metadata().is_ok_and(|data| data.len() <= MOST_BYTES);
        let text = is_small.then(|| std::fs::read_to_string(&path).ok())??;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Some((name.into_owned(), text))
    };
    paths.into_iter().filter_map(text_of).collect()
}

/// Those below the first root: the others are dependencies.
fn modules(folder: &Path, config: &BridgeConfig) -> Vec<PathBuf> {
    let own = config.roots.first().map_or(".", String::as_str);
    let mut folders = vec![folder.join(own)];
    let mut modules = Vec::new();
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let is_module = path.extension().is_some_and(|end| end == "py");
            if path.is_dir() && modules.len() + folders.len() < MOST_FILES {
                folders.push(path);
            } else if is_module {
                modules.push(path);
            }
        }
    }
    modules
}
