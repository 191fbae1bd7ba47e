//! A layer between the host and a plugin, for programs that watch what crosses the boundary, such
//! as the checker. The loader puts it in; it sees every call in either direction because both
//! tables lead through it.

use osaurus_abi::{HostApi, PluginApi};

/// Replaces the two tables while a plugin is loaded. Both replacements should lead to the
/// originals, so that the answers stay the host's and the plugin's own.
pub trait Layer: Send + Sync + std::fmt::Debug {
    /// The table that a plugin's version 2 entry gets. It must be as long as the host's version
    /// says and stay valid until the process ends.
    fn host_table(&self) -> *const HostApi;

    /// The plugin's table as the host will use it, from the one that the plugin gave. A function
    /// that was NULL must stay NULL.
    fn plugin_table(&self, api: PluginApi) -> PluginApi;
}
