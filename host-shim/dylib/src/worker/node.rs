//! How a Node worker is started: the Node, and the bundled module, which serves the worker protocol
//! when it is run. This library itself is the addon that the module may use for the connection.
use super::WorkerCommand;
use crate::debugging;
use crate::engine::{EngineContext, EngineFailure};
use crate::node::Node;
use crate::node::addon::WORKER_VARIABLE;
use crate::platform;
use osaurus_payload::{COMPILED_CODE, own_folder};
use std::ffi::OsString;

/// Environment variable with the path of the addon.
pub const ADDON_VARIABLE: &str = "OSAURUS_BRIDGE_ADDON";

/// The command for a plugin and a Node.
///
/// # Errors
/// `Unavailable` when the payload lacks the module.
pub fn command(context: &EngineContext, node: &Node) -> Result<WorkerCommand, EngineFailure> {
    let main = crate::node::main_module(context)?;
    let mut args: Vec<OsString> = Vec::new();
    if let Some(memory) = context.config.memory_mb {
        args.push(format!("--max-old-space-size={memory}").into());
    }
    if let Some(port) = debugging::inspector() {
        args.push(format!("--inspect=127.0.0.1:{port}").into());
    }
    args.push(main.into());
    let addon = platform::own_image().map(|image| (ADDON_VARIABLE, image.path().into()));
    let own_process = (WORKER_VARIABLE, "1".into());
    // Node 22 and later keep compiled code there; older ones do not know the variable. Without the
    // folder they start slower.
    let compiled = own_folder::private_below(&platform::cache_root(), COMPILED_CODE).ok();
    let compiled = compiled.map(|folder| ("NODE_COMPILE_CACHE", folder.into()));
    Ok(WorkerCommand {
        program: node.executable.clone(),
        args,
        envs: addon
            .into_iter()
            .chain([own_process])
            .chain(compiled)
            .collect(),
        pipes: true,
        description: node.to_string(),
    })
}
