//! Node for plugins in TypeScript and JavaScript: finding one, being its addon, and starting one in
//! this process. Called by `runtime`; how a script is served is in `worker`.
pub mod addon;
mod discover;
pub mod embedded;
mod libnode;
mod places;
mod uv;
mod version;

pub use discover::{NODE_VARIABLE, Node, at, find};
pub use version::Requirement;

use crate::discovery::{BUNDLED, Search};
use crate::engine::{EngineContext, EngineFailure};
use osaurus_payload::BridgeConfig;
use std::path::PathBuf;

/// Finds the Node for a plugin's worker: the one that it brings, else one of the machine.
///
/// # Errors
/// `Unavailable` with everything that was looked at.
pub fn discover(context: &EngineContext) -> Result<Node, EngineFailure> {
    let Some(program) = &context.bundled else {
        return on_this_machine(&context.config);
    };
    at(program, BUNDLED).map_err(|why| EngineFailure::of_bundled("Node", program, &why))
}

/// The same for a plugin that brings none.
///
/// # Errors
/// As [`discover`].
pub fn on_this_machine(config: &BridgeConfig) -> Result<Node, EngineFailure> {
    let (setting, requires) = (config.node.as_deref(), config.requires_node.as_deref());
    Ok(find(&Search::new(setting, requires, NODE_VARIABLE))?)
}

/// The bundle of an unpacked plugin.
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
