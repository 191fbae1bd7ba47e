//! Node for plugins in TypeScript and JavaScript: finding one, being its addon, and starting one in this process.
//! Called by `runtime`; how a script is served is in `worker`.
pub mod addon;
mod discover;
pub mod embedded;
mod libnode;
mod places;
mod uv;
mod version;

pub use discover::{NODE_VARIABLE, Node, NotFound, Search};
pub use version::Requirement;

use crate::engine::{EngineContext, EngineFailure};
use crate::platform::cache_root;
use osaurus_payload::BridgeConfig;
use std::path::PathBuf;

/// Finds the Node for a plugin's worker.
///
/// # Errors
/// `Unavailable` with everything that was looked at.
pub fn discover(config: &BridgeConfig) -> Result<Node, EngineFailure> {
    let variable = environment_path(NODE_VARIABLE);
    let search = Search {
        setting: config.node.as_deref(),
        requires: config.requires_node.as_deref(),
        named: variable
            .map(|path| (path, NODE_VARIABLE))
            .into_iter()
            .collect(),
        home: environment_path("HOME"),
        cache: &cache_root(),
    };
    search.run().map_err(|none| EngineFailure::Unavailable {
        looked_for: none.looked_for,
        fix: none.fix,
    })
}

/// The bundled module of an unpacked plugin.
///
/// # Errors
/// `Unavailable` when it is not there.
pub fn main_module(context: &EngineContext) -> Result<PathBuf, EngineFailure> {
    let main = context.root.join(&context.config.entry);
    if main.is_file() {
        return Ok(main);
    }
    Err(EngineFailure::Unavailable {
        looked_for: vec![format!("{}: not there", main.display())],
        fix: "Build the plugin again with `osaurus-bridge build`.".into(),
    })
}

fn environment_path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}
