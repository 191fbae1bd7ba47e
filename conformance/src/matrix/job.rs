//! What a child process gets to do and what it reports: one JSON line per step, written as they
//! happen so that a crash leaves everything before it.

use super::entry::Entry;
use crate::check::Project;
use osaurus_abi_spec::{LoadError, Spec};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Who does the job, for the sandbox.
pub(crate) const KIND: &str = "matrix";

/// One child's work.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Job {
    /// The host, as in `2a`.
    pub(crate) host: String,
    /// What to do in it.
    pub(crate) trial: Trial,
    /// Folder of the spec, when it is not this program's own: a draft.
    pub(crate) spec: Option<PathBuf>,
    /// Where its report goes.
    pub(crate) report: PathBuf,
}

impl Job {
    /// The spec that the host follows.
    pub(crate) fn spec(&self) -> Result<Spec, LoadError> {
        match &self.spec {
            Some(folder) => osaurus_abi_spec::load_dir(folder),
            None => Spec::load_embedded(),
        }
    }
}

/// What to do in a host.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Trial {
    /// A probe: every function that can be called, and all scenarios.
    All(Entry),
    /// A probe: this function of the host alone, which ends the process.
    One(Entry, String),
    /// Any plugin: load it, call tools, unload it.
    Observation(PathBuf, Calls),
}

impl Trial {
    pub(crate) fn library(&self) -> &Path {
        match self {
            Trial::All(plugin) | Trial::One(plugin, _) => &plugin.library,
            Trial::Observation(library, _) => library,
        }
    }
}

/// Which tools of any plugin are called.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Calls {
    /// Every tool with sample arguments, as `check` makes them and the project file gives them.
    Samples(Box<Project>),
    /// These: names and arguments.
    These(Vec<(String, String)>),
    /// None.
    Nothing,
}

/// A tool's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolRun {
    /// The tool.
    pub tool: String,
    /// Its arguments.
    pub arguments: String,
    /// Whether its envelope says `ok`.
    pub ok: bool,
    /// The failure's kind and message, or the beginning of the result.
    pub answer: String,
    /// What stays the same when only numbers differ, such as times and ids.
    pub likeness: String,
    /// The functions of the host that it called.
    pub touched: BTreeSet<String>,
    /// Why it is another answer than the newest host's, if it is.
    pub why: Option<String>,
}

/// What was seen of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Observed {
    /// It worked.
    Works,
    /// The plugin answered that it is not available here.
    Unavailable,
    /// The plugin does not know it.
    Unknown,
    /// It was not called.
    NotCalled,
    /// The process ended; how.
    Crashed(String),
    /// The plugin was not loaded; the host's reason.
    NotLoaded(String),
    /// Something else happened.
    Failed(String),
}

/// A line of a report.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    /// About to try this; the last one of a crashed child is what it died of.
    Trying(String),
    /// The plugin was loaded: its id and effective ABI version.
    Loaded {
        /// The manifest's id.
        id: String,
        /// 1 for the version 1 symbol, else what its table says, at least 2.
        abi: u32,
    },
    /// The plugin was not loaded.
    NotLoaded {
        /// The host's reason.
        reason: String,
        /// Whether it is that the plugin lacks the symbol that this host looks for.
        no_symbol: bool,
    },
    /// What was seen of a function.
    Saw(String, Observed),
    /// How a scenario went; the text of its failure.
    Played(String, Option<String>),
    /// A tool's answer.
    Called(ToolRun),
    /// How often the plugin called this function of the host.
    Touched(String, usize),
    /// The end: what follows is only the process's exit.
    Done,
}

/// Writes a report.
pub(crate) struct Reporter(File);

impl Reporter {
    pub(crate) fn create(path: &Path) -> io::Result<Reporter> {
        File::create(path).map(Reporter)
    }

    pub(crate) fn say(&mut self, step: &Step) -> io::Result<()> {
        let mut line = serde_json::to_vec(step)?;
        line.push(b'\n');
        self.0.write_all(&line)
    }
}

/// Reads a report. A line that a crash cut off is left out.
pub(crate) fn read(path: &Path) -> Vec<Step> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines();
    lines
        .map_while(|line| serde_json::from_str(line).ok())
        .collect()
}
