//! Where a script hangs: asks a running Node through its debugger. Used when a plugin's time to
//! load is over.

use super::super::program::{Running, without_settings};
use osaurus_shim::node::Node;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Prints `FILE:LINE` of the innermost frame that the bundle's source map knows.
const PROGRAM: &str = include_str!("hang.js");
const PATIENCE: Duration = Duration::from_secs(5);

/// The author's file and line; `None` when no script runs, or none of the author's.
pub fn place(running: &Running, node: &Node, main: &Path) -> Option<String> {
    // Opens the debugger, which says on standard error where it listens.
    running.signal(libc::SIGUSR1);
    let address = running.wait_for_text("Debugger listening on ", PATIENCE)?;
    let mut command = Command::new(&node.executable);
    without_settings(&mut command)
        .arg("-")
        .arg(address)
        .arg(main);
    let process = Running::start(&mut command, PROGRAM.as_bytes().to_vec(), PATIENCE).ok()?;
    let stacks = String::from_utf8_lossy(&process.finish().ok()?.stdout)
        .trim()
        .to_owned();
    (!stacks.is_empty()).then_some(stacks)
}
