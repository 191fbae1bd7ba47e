//! `--inspect`: the port that an editor attaches to, and what else the worker needs for it.

use crate::build::python_path;
use crate::failure::{Failure, OrFail};
use crate::project::python::PythonProject;
use crate::project::{Project, Script};
use crate::terminal::say;
use serde_json::json;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The usual ports of the two debuggers.
const NODE_PORT: u16 = 9229;
const DEBUGPY_PORT: u16 = 5678;

/// Prints the folder that debugpy is in.
const WHERE: &str = "import os, debugpy; print(os.path.dirname(os.path.dirname(debugpy.__file__)))";

/// What a debugger attaches to.
pub struct Inspector {
    port: u16,
    language: Language,
}

enum Language {
    Node,
    Python { debugpy: PathBuf, sources: PathBuf },
}

impl Inspector {
    /// For a project; without a port, the language's usual one.
    pub fn of(project: &Project, port: Option<u16>) -> Result<Self, Failure> {
        let (usual, language) = match &project.script {
            Script::Node(_) => (NODE_PORT, Language::Node),
            Script::Python(script) => (DEBUGPY_PORT, python(project, script)?),
        };
        let port = free(port.unwrap_or(usual))?;
        Ok(Self { port, language })
    }

    /// What the worker reads.
    pub fn settings(&self) -> String {
        let settings = match &self.language {
            Language::Node => json!({"port": self.port}),
            Language::Python { debugpy, sources } => {
                json!({"port": self.port, "debugpy": debugpy, "sources": sources})
            }
        };
        settings.to_string()
    }

    /// Says how to attach.
    pub fn print(&self) {
        let port = self.port;
        say!("debugger: 127.0.0.1:{port}; no deadlines, and the plugin runs in a worker");
        let attach = match self.language {
            Language::Node => {
                json!({"name": "Plugin", "type": "node", "request": "attach", "port": port, "restart": true})
            }
            Language::Python { .. } => {
                json!({"name": "Plugin", "type": "debugpy", "request": "attach",
                    "connect": {"host": "127.0.0.1", "port": port}})
            }
        };
        if matches!(self.language, Language::Node) {
            say!("  Chrome: chrome://inspect");
        }
        say!("  VS Code, in .vscode/launch.json: {attach}");
    }
}

fn python(project: &Project, script: &PythonProject) -> Result<Language, Failure> {
    let python = python_path(project, script)?;
    let answer = Command::new(&python)
        .args(["-c", WHERE])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .or_fail(format!("cannot run {}", python.display()), "")?;
    let folder = String::from_utf8(answer.stdout).unwrap_or_default();
    let folder = folder.trim_end_matches('\n');
    if !answer.status.success() || folder.is_empty() {
        return Err(Failure::new(
            format!("{} has no debugpy, which --inspect needs", python.display()),
            format!("{} -m pip install debugpy", python.display()),
        ));
    }
    Ok(Language::Python {
        debugpy: folder.into(),
        sources: script.source.clone(),
    })
}

/// The port, if nothing has it; 0 takes any.
fn free(port: u16) -> Result<u16, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let address = listener.and_then(|listener| listener.local_addr());
    match address {
        Ok(address) => Ok(address.port()),
        Err(error) if error.kind() == ErrorKind::AddrInUse => Err(Failure::new(
            format!("the debugger's port {port} is in use by another program"),
            "--inspect=PORT takes another one, and --inspect=0 any that is free",
        )),
        Err(error) => Err(Failure::new(
            format!("the debugger's port {port} cannot be had: {error}"),
            "--inspect=0 takes any that is free",
        )),
    }
}
