//! Tools called in a process with other variables and another folder. Rules ask for it; the process
//! is one of the sandbox, within the rule's own, so that it ends with the rule. Knows no rule.

use super::case::{Case, HostOptions};
use super::job::KIND;
use super::outcome::{Problem, Verdict};
use crate::sandbox::{Order, run_within};
use serde_json::Value;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What such a process runs in place of a rule.
pub(in crate::check) const ID: &str = "calls-elsewhere";
const CALLS: &str = "calls.json";
const ANSWERS: &str = "answers.json";
/// How long the calls may take: the rule itself may take longer.
const TIME: Duration = Duration::from_secs(60);

/// A tool and its arguments.
pub(in crate::check) type ToolCall = (String, Value);

/// What a process has around it.
#[derive(Debug, Clone)]
pub(in crate::check) struct Surroundings {
    /// All its variables.
    pub(in crate::check) variables: Vec<(OsString, OsString)>,
    /// Its current folder.
    pub(in crate::check) folder: PathBuf,
}

impl Surroundings {
    /// What the tools answer there; None for NULL, and for all when the process did not come to its
    /// end.
    pub(in crate::check) fn answers(
        &self,
        case: &Case,
        calls: &[ToolCall],
    ) -> Result<Vec<Option<String>>, Problem> {
        let lost = |error: io::Error| Problem::skipped(format!("no process for it: {error}"));
        let answers = self.run(case, calls).map_err(lost)?;
        Ok(answers.unwrap_or_else(|| vec![None; calls.len()]))
    }

    fn run(&self, case: &Case, calls: &[ToolCall]) -> io::Result<Option<Vec<Option<String>>>> {
        let folder = tempfile::tempdir_in(case.folder())?;
        let temporary = folder.path().join("tmp");
        std::fs::create_dir(&temporary)?;
        std::fs::write(folder.path().join(CALLS), serde_json::to_vec(calls)?)?;
        let temporary = temporary.to_string_lossy();
        let order = Order {
            kind: KIND,
            work: &case.job_below(ID, folder.path()),
            folder: folder.path(),
            library: case.library(),
            readable: &[],
            launcher: &[],
            variables: vec![("TMPDIR", &temporary)],
            time: TIME,
        };
        run_within(&order, &self.variables, &self.folder)?;
        Ok(answers_in(folder.path()))
    }
}

fn answers_in(folder: &Path) -> Option<Vec<Option<String>>> {
    let bytes = std::fs::read(folder.join(ANSWERS)).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// What the process does.
pub(in crate::check) fn play(case: &Case) -> Verdict {
    let failed = |error: io::Error| Problem::skipped(error.to_string());
    let bytes = std::fs::read(case.folder().join(CALLS)).map_err(failed)?;
    let calls: Vec<ToolCall> =
        serde_json::from_slice(&bytes).map_err(|error| Problem::skipped(error.to_string()))?;
    let loaded = case.load(HostOptions::default())?;
    let answers: Vec<Option<String>> = calls
        .iter()
        .map(|(tool, arguments)| loaded.invoke_raw("tool", tool, &arguments.to_string()))
        .collect();
    let bytes =
        serde_json::to_vec(&answers).map_err(|error| Problem::skipped(error.to_string()))?;
    std::fs::write(case.folder().join(ANSWERS), bytes).map_err(failed)
}
