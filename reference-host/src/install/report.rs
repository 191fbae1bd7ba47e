//! What a scan reports: the plugins that are new and those that could not be loaded.

use crate::host::errors::LoadError;
use crate::plugin::loaded::LoadedPlugin;
use std::path::PathBuf;
use std::sync::Arc;

/// A plugin that was not loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadFailure {
    /// The name of its folder; empty when the folder of all plugins is to blame.
    pub plugin_id: String,
    /// The library, once one was found.
    pub library: Option<PathBuf>,
    /// Why.
    pub error: LoadError,
}

/// What a scan did.
#[derive(Debug, Clone, Default)]
pub struct LoadReport {
    /// The plugins that are new, in the order they were loaded.
    pub loaded: Vec<Arc<LoadedPlugin>>,
    /// The ones that were not loaded.
    pub failures: Vec<LoadFailure>,
}
