//! What the parent tells a rule's process and what comes back, both as JSON files in a folder of the rule's own.

use super::outcome::Problem;
use super::project::Project;
use super::script::Script;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Rules to run on one library, mostly one. Also the first thing of every check, without a rule: does it load, and
/// what does its manifest say?
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) rules: Vec<String>,
    pub(crate) library: PathBuf,
    /// The manifest as the first process read it.
    pub(crate) manifest: Option<Value>,
    pub(crate) project: Project,
    /// What is known of its script, if it has one.
    #[serde(default)]
    pub(crate) script: Option<Script>,
    /// The folder that the check was started in.
    pub(crate) started_in: PathBuf,
    pub(crate) seed: u64,
    /// Written into the answer at the very end: a process that ended in any other way does not know it.
    pub(crate) token: String,
    pub(crate) folder: PathBuf,
}

/// What a process says at its end.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) token: String,
    /// For each rule, and for the first look: None where there is none.
    pub(crate) problems: Vec<Option<Problem>>,
    /// The manifest, from the first process.
    #[serde(default)]
    pub(crate) manifest: Option<Value>,
}

/// The name of the job's file in its folder.
pub(crate) const JOB: &str = "job.json";
const ANSWER: &str = "answer.json";
/// Where calls under way are noted.
pub(crate) const TRAIL: &str = "trail";
/// Where a fault is noted.
pub(crate) const FAULT: &str = "fault";

impl Job {
    /// Writes the job into its folder.
    pub(crate) fn write(&self) -> std::io::Result<PathBuf> {
        let path = self.folder.join(JOB);
        std::fs::write(&path, serde_json::to_vec(self)?)?;
        Ok(path)
    }

    pub(crate) fn read(path: &Path) -> std::io::Result<Job> {
        Ok(serde_json::from_slice(&std::fs::read(path)?)?)
    }

    /// Leaves the answer where the parent looks for it, whole or not at all.
    pub(crate) fn answer(
        &self,
        problems: Vec<Option<Problem>>,
        manifest: Option<Value>,
    ) -> std::io::Result<()> {
        let answer = Answer {
            token: self.token.clone(),
            problems,
            manifest,
        };
        let path = self.folder.join(ANSWER);
        let unfinished = path.with_extension("part");
        std::fs::write(&unfinished, serde_json::to_vec(&answer)?)?;
        std::fs::rename(unfinished, path)
    }

    /// The answer, if the process reached its end.
    pub(crate) fn take_answer(&self) -> Option<Answer> {
        let bytes = std::fs::read(self.folder.join(ANSWER)).ok()?;
        let answer: Answer = serde_json::from_slice(&bytes).ok()?;
        (answer.token == self.token).then_some(answer)
    }
}
