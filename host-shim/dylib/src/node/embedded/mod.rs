//! Embedded Node: libnode in this process with one main environment that runs only our bootstrap,
//! and each plugin in a Worker of it that speaks the worker protocol over sockets of this process.
//! Called by `runtime`. Node can be started once in a process and never stopped; every plugin, with
//! a copy of this library of its own, uses the one that the first has started.
mod launch;
mod process;
mod shared;

use super::libnode;
use super::version::Requirement;
use crate::engine::{EngineContext, EngineFailure};
use crate::platform::{self, cache_root};
use crate::start_lock::StartLock;
use launch::WorkerThread;
use process::Running;
use std::path::PathBuf;

/// Environment variable that makes Node do without a JIT, as it must where the process may not have
/// one.
pub const JITLESS_VARIABLE: &str = "OSAURUS_BRIDGE_NODE_JITLESS";

/// Finds or starts Node in this process; what is returned starts the plugin in it.
///
/// # Errors
/// `Unavailable` when there is no libnode, or it cannot be used here.
pub fn start(context: &EngineContext) -> Result<WorkerThread, EngineFailure> {
    let main = super::main_module(context)?;
    let requirement = Requirement::parse(context.config.requires_node.as_deref())
        .map_err(|why| unavailable(vec![why]))?;
    let lock = StartLock::acquire(&cache_root(), "node").map_err(|why| unavailable(vec![why]))?;
    let node = match shared::running().map_err(|why| unavailable(vec![why]))? {
        Some(node) => node,
        None => start_new()?,
    };
    drop(lock);
    if let Some(why) = requirement.objection(&node.version) {
        let why = format!(
            "the Node in this process ({}): {why}",
            node.library.display()
        );
        return Err(unavailable(vec![why]));
    }
    Ok(WorkerThread {
        node,
        main,
        memory_mb: context.config.memory_mb,
        name: context.plugin_id.clone(),
    })
}

fn start_new() -> Result<Running, EngineFailure> {
    if std::env::var_os("NODE_OPTIONS").is_some_and(|options| !options.is_empty()) {
        let why = "NODE_OPTIONS is set, which would change Node for all of this process";
        return Err(unavailable(vec![why.into()]));
    }
    let candidates = libnode::find().map_err(unavailable)?;
    let library = first_that_opens(candidates).map_err(unavailable)?;
    let jitless = std::env::var_os(JITLESS_VARIABLE).is_some_and(|value| value == "1");
    process::start(&library, jitless || !platform::may_jit()).map_err(|why| unavailable(vec![why]))
}

/// One may be for another processor, or lack a library of its own: the next one may still do.
fn first_that_opens(candidates: Vec<PathBuf>) -> Result<PathBuf, Vec<String>> {
    let mut notes = Vec::new();
    for library in candidates {
        match process::open(&library) {
            Ok(_) => return Ok(library),
            Err(why) => notes.push(format!("{}: {why}", library.display())),
        }
    }
    Err(notes)
}

fn unavailable(looked_for: Vec<String>) -> EngineFailure {
    EngineFailure::Unavailable {
        looked_for,
        fix: format!(
            "Leave \"mode\" out to run the plugin on a plain Node in a process of its own, \
             or install a shared libnode and name it in {}.",
            libnode::LIBNODE_VARIABLE
        ),
    }
}
