//! How a Python worker is started: the interpreter, isolated from its user, and the worker's own
//! main program, which travels in the payload as part of the package `osaurus_plugin`.
use super::WorkerCommand;
use crate::debugging;
use crate::engine::{EngineContext, EngineFailure};
use crate::python::Interpreter;
use std::path::PathBuf;

/// The worker's main program inside an import root.
const MAIN: &str = "osaurus_plugin/_worker/__main__.py";

/// The command for a plugin and an interpreter.
///
/// # Errors
/// `Unavailable` when the payload has no worker program.
pub fn command(
    context: &EngineContext,
    interpreter: &Interpreter,
) -> Result<WorkerCommand, EngineFailure> {
    let main = main_program(context)?;
    // Isolated: no PYTHON* variables, no user site, neither the current folder nor the program's on
    // sys.path.
    let mut args = vec!["-I", "-X", "utf8"];
    if !interpreter.lends_packages() {
        args.push("-S");
    }
    let args = args.into_iter().map(Into::into).chain([main.into()]);
    Ok(WorkerCommand {
        program: interpreter.executable().to_owned(),
        args: args.collect(),
        pipes: true,
        description: interpreter.to_string(),
        envs: debugging::folder()
            .map(|folder| (debugging::FOLDER_VARIABLE, folder.into()))
            .into_iter()
            .collect(),
    })
}

fn main_program(context: &EngineContext) -> Result<PathBuf, EngineFailure> {
    let candidates: Vec<PathBuf> = context
        .config
        .roots
        .iter()
        .map(|root| context.root.join(root).join(MAIN))
        .collect();
    let path = candidates.iter().find(|path| path.is_file()).cloned();
    path.ok_or_else(|| EngineFailure::Unavailable {
        looked_for: candidates
            .iter()
            .map(|path| format!("{}: not there", path.display()))
            .collect(),
        fix: "The plugin was built without the package osaurus_plugin; build it again with \
              `osaurus-bridge build`."
            .into(),
    })
}
