//! What can go wrong when a host is built, a plugin loaded or called. Messages about loading follow
//! Osaurus' own.

use crate::install::receipt::VerifyError;
use std::path::PathBuf;
use std::time::Duration;

/// Why a host could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The ABI version asked for does not exist.
    #[error("unknown ABI version {0:?}: expected 1 to 6, or a revision 2a to 2e of version 2")]
    UnknownAbi(String),
    /// A drafted version does not continue the newest one.
    #[error(
        "version {version} with a host table of {host_size} bytes cannot be a draft: expected a \
         version after {}, and the newest \
         table ({} bytes) or more, in whole slots, up to 4096 bytes",
        osaurus_abi::ABI_VERSION_LATEST,
        osaurus_abi::host_table_size(osaurus_abi::ABI_VERSION_LATEST)
    )]
    Draft {
        /// The version asked for.
        version: u32,
        /// Bytes of its host table.
        host_size: usize,
    },
    /// The data folder cannot be used.
    #[error("cannot use the data folder {path}: {source}; choose a folder that this user can \
             write", path = path.display())]
    DataDir {
        /// The folder or the file in it.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The certificate for local TLS servers cannot be made.
    #[error("cannot make the test certificate of mapped hosts in {folder}: {source}; choose a \
             folder that this user can write", folder = folder.display())]
    TestCertificate {
        /// The data folder.
        folder: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// The store of settings and secrets cannot be opened.
    #[error("cannot open the settings store {path}: {reason}; if the key file was lost, remove the \
             data folder", path = path.display())]
    Store {
        /// The store's file.
        path: PathBuf,
        /// What SQLite said.
        reason: String,
    },
    /// The model's address is not a URL.
    #[error(
        "model URL {url:?} cannot be used: {reason}; expected something like \
         http://127.0.0.1:11434/v1"
    )]
    ModelUrl {
        /// The text as given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The built-in model's script cannot be read or is wrong.
    #[error("model script {place}: {reason}")]
    ModelScript {
        /// The file, with the line if one is known.
        place: String,
        /// What was expected and what was found.
        reason: String,
    },
    /// A name mapping is malformed.
    #[error("host mapping to {0:?} cannot be used: \
             {error}", error = crate::web::client::mapping::MappingError)]
    MapHost(String),
    /// An unknown profile name.
    #[error("unknown profile {0:?}: expected actual, documented, osaurus-exact or june-2026")]
    Profile(String),
}

/// Why a plugin was not loaded. The messages are the ones that Osaurus shows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The last attempt to load it took the process down.
    #[error(
        "Plugin quarantined after a crash during load — \
         use the Retry or Uninstall button below to recover."
    )]
    Quarantined,
    /// No `current` and no folder named by a semantic version.
    #[error("No valid version directory found")]
    NoVersionFolder,
    /// The version's folder has no library.
    #[error("No dylib file found in plugin directory")]
    NoLibrary,
    /// A release build's checks of an installed library.
    #[error(transparent)]
    Unverified(#[from] VerifyError),
    /// The folder of installed plugins, or a file of the host in it.
    #[error("Cannot use {path}: {reason}; choose a data folder that this user can \
             write", path = path.display())]
    Unusable {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// dlopen failed.
    #[error("Failed to load library: {0}")]
    Library(String),
    /// The version 2 entry returned NULL.
    #[error("Plugin v2 entry returned null API")]
    NullV2Api,
    /// The version 1 entry returned NULL.
    #[error("Plugin entry returned null API")]
    NullV1Api,
    /// Neither entry symbol is there.
    #[error("Missing plugin entry point ({0})")]
    MissingEntry(&'static str),
    /// Required functions are NULL.
    #[error("Plugin ABI table is missing required function(s): {names} in {file}")]
    MissingFunctions {
        /// The functions, in table order.
        names: String,
        /// The library's file name.
        file: String,
    },
    /// `init` returned NULL.
    #[error("Plugin initialization failed")]
    InitFailed,
    /// `get_manifest` returned NULL.
    #[error("Plugin failed to return manifest")]
    NoManifest,
    /// The manifest does not decode. `detail` says why; Osaurus does not tell.
    #[error("Failed to parse plugin manifest")]
    BadManifest {
        /// What the decoder expected and where.
        detail: String,
    },
    /// The manifest's id differs from the install folder's.
    #[error(
        "Plugin manifest declares plugin_id '{declared}' but is installed as '{installed}'. \
         Rename the folder or change the manifest so that both agree."
    )]
    Identity {
        /// The id in the manifest.
        declared: String,
        /// The id of the folder.
        installed: String,
    },
    /// A tool or route has a blank or repeated id, or the web mount hides a route.
    #[error("Plugin '{plugin}' {problem}")]
    Capability {
        /// The plugin's id.
        plugin: String,
        /// What it declares.
        problem: String,
    },
    /// The host or the system is too old for it.
    #[error("Plugin '{plugin}' requires {what} {required} or newer, but this is {current}")]
    TooOld {
        /// The plugin's id.
        plugin: String,
        /// `Osaurus` or `macOS`.
        what: &'static str,
        /// The manifest's requirement.
        required: String,
        /// What this host says it is.
        current: String,
    },
    /// A plugin with this id is already loaded.
    #[error("Duplicate plugin id '{id}': already loaded from {first}")]
    Duplicate {
        /// The id.
        id: String,
        /// The library that has it.
        first: String,
    },
    /// The host has been shut down.
    #[error("The host has been shut down: build a new one to load plugins")]
    HostShutDown,
}

impl LoadError {
    /// More than the text says: the decoder's words for a bad manifest or receipt.
    pub fn detail(&self) -> Option<&str> {
        match self {
            LoadError::BadManifest { detail }
            | LoadError::Unverified(VerifyError::BadReceipt { detail }) => Some(detail),
            _ => None,
        }
    }
}

/// Why something could not be done with a task or a file of the user's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TaskError {
    /// There is no such task.
    #[error(
        "no task has the id {0:?}: expected the UUID that dispatch returned, of a task that was \
         not dismissed"
    )]
    Unknown(String),
    /// The task asks nothing.
    #[error("task {0} does not wait for an answer")]
    NotWaiting(String),
    /// Only a completed task takes a reply.
    #[error("task {0} has not completed")]
    NotCompleted(String),
    /// The file cannot be shared.
    #[error("{0}")]
    Share(String),
}

/// Why a call into a plugin gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The plugin was unloaded.
    #[error("Plugin has been shut down")]
    ShutDown,
    /// The plugin answered NULL.
    #[error("Plugin returned NULL response")]
    Null,
    /// The time was up; the call keeps running.
    #[error("{what} timed out after {}s", limit.as_secs())]
    Timeout {
        /// What was called.
        what: String,
        /// How long the host waited.
        limit: Duration,
    },
    /// The plugin's helper process failed.
    #[error("{0}")]
    Helper(String),
    /// The host itself failed (a bug in the host).
    #[error("The reference host failed while calling the plugin; this is a bug in the host: {0}")]
    Host(String),
}
