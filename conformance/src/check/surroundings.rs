//! Tools called in a process with other variables and another folder. Rules ask for it; the process is one of this
//! program's own, like a rule's, in the same group, so that it ends with the rule. Knows no rule.

use super::case::{Case, HostOptions};
use super::outcome::{Problem, Verdict};
use serde_json::Value;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What such a process runs in place of a rule.
pub(in crate::check) const ID: &str = "calls-elsewhere";
const CALLS: &str = "calls.json";
const ANSWERS: &str = "answers.json";

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
    /// What the tools answer there; None for NULL, and for all when the process did not come to its end.
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
        let job = case.job_below(ID, folder.path()).write()?;
        // As this process was started, but for the job.
        let mut arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
        arguments.pop();
        Command::new(std::env::current_exe()?)
            .args(arguments)
            .arg(job)
            .env_clear()
            .envs(self.variables.iter().cloned())
            .env("TMPDIR", temporary)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
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
