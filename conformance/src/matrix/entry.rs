//! A plugin on the grid, as data: the library, what it was built for, and how the process around it
//! is started.

use osaurus_abi_spec::Spec;
use osaurus_abi_spec::model::{Entry as Symbol, Since};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A probe of the behaviour table, built for one version.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Language, and engine where it has several: `C`, `Python embedded`.
    pub name: String,
    /// The version it was built for, `1` to `6`: it knows no later function.
    pub built_for: String,
    /// The revision that it takes hosts of version 2 for.
    #[serde(default = "last_revision")]
    pub version_2_is: String,
    /// Its own word on the oldest host that it runs on; on older ones it answers `unavailable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_host: Option<String>,
    /// Whether it exports the version 1 symbol, too.
    #[serde(default = "yes")]
    pub v1_symbol: bool,
    /// The library.
    pub library: PathBuf,
    /// Program and arguments in front of the host's program: for a plugin that needs another root.
    #[serde(default)]
    pub launcher: Vec<String>,
    /// Environment of the host's process.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

fn last_revision() -> String {
    "2e".into()
}

fn yes() -> bool {
    true
}

impl Entry {
    /// A probe that knows everything up to this version, takes hosts of version 2 for the last
    /// revision, and exports both symbols.
    pub fn new(name: &str, built_for: u32, library: PathBuf) -> Entry {
        Entry {
            name: name.into(),
            built_for: built_for.to_string(),
            version_2_is: last_revision(),
            oldest_host: None,
            v1_symbol: true,
            library,
            launcher: Vec::new(),
            env: BTreeMap::new(),
        }
    }

    /// What people call it: language, then what it was built for or targets.
    pub fn label(&self) -> String {
        let target = match &self.oldest_host {
            Some(oldest) => format!("for hosts from v{oldest}"),
            None => format!("built for v{}", self.built_for),
        };
        let first = if self.oldest_host.is_none() && self.version_2_is != last_revision() {
            format!(", hosts from v{}", self.version_2_is)
        } else {
            String::new()
        };
        let bare = if self.v1_symbol {
            ""
        } else {
            ", v2 symbol only"
        };
        format!("{} {target}{first}{bare}", self.name)
    }

    /// Whether it exports the symbol.
    pub(crate) fn exports(&self, symbol: &Symbol) -> bool {
        let built_for = level(&self.built_for);
        let left_out = symbol.since.version == 1 && !self.v1_symbol;
        built_for.includes(&symbol.since) && !left_out
    }
}

/// A level of the ABI that [`read_list`] has checked.
pub(crate) fn level(text: &str) -> Since {
    text.parse().unwrap_or_else(|_| Since::version(1))
}

/// All levels that a host of a spec can have, as in `2a`.
pub(crate) fn hosts(spec: &Spec) -> Vec<String> {
    spec.levels().iter().map(written).collect()
}

/// The level that is written so. A draft has one more than those that [`level`] knows.
pub(crate) fn host_level(spec: &Spec, text: &str) -> Since {
    let levels = spec.levels();
    let known_level = levels.into_iter().find(|level| written(level) == text);
    known_level.unwrap_or_else(|| level(text))
}

fn written(level: &Since) -> String {
    level.to_string().trim_start_matches('v').to_owned()
}

/// Why a list of plugins cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// The file.
    #[error("cannot read the list of plugins {path}: {reason}; `make matrix` builds them and \
             writes it", path = path.display())]
    Unreadable {
        /// The list.
        path: PathBuf,
        /// What the system or the parser said.
        reason: String,
    },
    /// A version in it.
    #[error("{plugin}: {reason}")]
    Version {
        /// The plugin's name.
        plugin: String,
        /// What is wrong.
        reason: String,
    },
    /// A library in it.
    #[error("{plugin}: there is no library {library}; `make matrix` builds it", library = library.display())]
    Library {
        /// The plugin's name.
        plugin: String,
        /// The missing file.
        library: PathBuf,
    },
}

/// Reads a list of plugins, a JSON array of [`Entry`], and checks it.
///
/// # Errors
/// When the file cannot be read, or an entry names an unknown version or a missing library.
pub fn read_list(path: &Path) -> Result<Vec<Entry>, EntryError> {
    let unreadable = |reason: String| EntryError::Unreadable {
        path: path.to_path_buf(),
        reason,
    };
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let entries: Vec<Entry> =
        serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    entries.iter().try_for_each(check)?;
    Ok(entries)
}

fn check(entry: &Entry) -> Result<(), EntryError> {
    let plugin = entry.name.clone();
    let versions = [
        Some(&entry.built_for),
        Some(&entry.version_2_is),
        entry.oldest_host.as_ref(),
    ];
    for version in versions.into_iter().flatten() {
        if let Err(error) = version.parse::<Since>() {
            let reason = error.to_string();
            return Err(EntryError::Version { plugin, reason });
        }
    }
    if !entry.library.is_file() {
        let library = entry.library.clone();
        return Err(EntryError::Library { plugin, library });
    }
    Ok(())
}
