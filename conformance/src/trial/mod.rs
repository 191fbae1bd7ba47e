//! Plugins in a host of a version that does not exist yet: each is loaded and all its tools are called, once in a host
//! of the newest version and once in one of the draft, each in a process of its own. `osaurus-bridge abi next` calls it.

mod probe;

use osaurus_reference_host::{AgentId, Host};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub use probe::{BuildError, build};

/// How long a child's tasks may take to end, in seconds.
const TASKS: u64 = 60;

/// A drafted version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draft {
    /// Its number.
    pub version: u32,
    /// Bytes of its host table.
    pub host_table_size: usize,
}

/// A plugin to try.
#[derive(Debug)]
pub struct Candidate {
    /// For people.
    pub name: String,
    /// Its library.
    pub library: PathBuf,
}

/// What a plugin did in one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Each tool with `ok` or the kind of its failure, and for the probe what each function of the host gave.
    pub tools: Vec<String>,
    /// Why there is nothing more: it did not load, or its process ended.
    pub failed: Option<String>,
}

/// A plugin in both hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tried {
    /// The plugin.
    pub name: String,
    /// In a host of the newest version that exists.
    pub newest: Outcome,
    /// In a host of the draft.
    pub draft: Outcome,
}

impl Tried {
    /// Whether the draft changed nothing for it.
    pub fn is_same(&self) -> bool {
        self.newest == self.draft && self.draft.failed.is_none()
    }
}

/// Tries plugins. `program` with `arguments`, a library, a version and a table size must end in [`report`].
///
/// # Errors
/// When a child process cannot be started.
pub fn try_all(
    program: &Path,
    arguments: &[OsString],
    candidates: &[Candidate],
    draft: Draft,
) -> io::Result<Vec<Tried>> {
    let newest = Draft {
        version: osaurus_abi::ABI_VERSION_LATEST,
        host_table_size: 0,
    };
    let in_host = |candidate: &Candidate, host: Draft| {
        let mut child = Command::new(program);
        child.args(arguments).arg(&candidate.library);
        child.args([host.version.to_string(), host.host_table_size.to_string()]);
        outcome(child)
    };
    let tried = candidates.iter().map(|candidate| {
        Ok(Tried {
            name: candidate.name.clone(),
            newest: in_host(candidate, newest)?,
            draft: in_host(candidate, draft)?,
        })
    });
    tried.collect()
}

fn outcome(mut child: Command) -> io::Result<Outcome> {
    let output = child.stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let told = said.lines().last().map(serde_json::from_str::<Outcome>);
    Ok(match told {
        Some(Ok(outcome)) if output.status.success() => outcome,
        _ => Outcome {
            tools: Vec::new(),
            failed: Some(format!("its process ended with {}", output.status)),
        },
    })
}

/// Loads one plugin in one host, calls its tools and prints the outcome as the last line: what a child does.
pub fn report(library: &Path, host: Draft) {
    let outcome = outcome_in(library, host).unwrap_or_else(|failed| Outcome {
        tools: Vec::new(),
        failed: Some(failed),
    });
    println!("{}", serde_json::to_string(&outcome).unwrap_or_default());
}

fn outcome_in(library: &Path, draft: Draft) -> Result<Outcome, String> {
    let builder = Host::builder().agents(["ada"]);
    let builder = if draft.version > osaurus_abi::ABI_VERSION_LATEST {
        builder.drafted_abi(draft.version, draft.host_table_size)
    } else {
        builder.abi(draft.version)
    };
    let host = builder.build().map_err(|error| error.to_string())?;
    let plugin = host.load(library).map_err(|error| error.to_string())?;
    let tools = plugin.manifest().tools().iter().map(|tool| {
        let answer = plugin.invoke(&tool.id, "{}", Some(AgentId::named("ada")));
        format!("{}: {}", tool.id, told(&answer))
    });
    let outcome = Outcome {
        tools: tools.collect(),
        failed: None,
    };
    host.wait_for_tasks(std::time::Duration::from_secs(TASKS));
    host.shutdown();
    Ok(outcome)
}

/// What of an envelope is the same from run to run.
fn told(envelope: &str) -> String {
    let envelope: Value = serde_json::from_str(envelope).unwrap_or_default();
    match (&envelope["ok"], &envelope["result"]["functions"]) {
        (Value::Bool(true), Value::String(functions)) => functions.clone(),
        (Value::Bool(true), _) => "ok".to_owned(),
        _ => envelope["kind"]
            .as_str()
            .unwrap_or("no envelope")
            .to_owned(),
    }
}
