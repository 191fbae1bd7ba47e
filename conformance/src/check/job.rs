//! What the process of a rule gets to do and what it answers. The answer is a JSON file in a folder
//! of the rule's own.

use super::outcome::Problem;
use super::project::Project;
use super::script::Script;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::PathBuf;

/// Rules to run on one library, mostly one. Also the first thing of every check, without a rule:
/// does it load, and what does its manifest say?
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
    /// Written into the answer at the very end: a process that ended in any other way does not know
    /// it.
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

/// Who does the job, for the sandbox.
pub(crate) const KIND: &str = "check";
/// In place of a rule's id: a sequence of the fuzzer.
pub(crate) const FUZZ: &str = "fuzz";
const ANSWER: &str = "answer.json";
/// A rule that needs a copy of the folder in which the check was started, and where in its own
/// folder that is.
pub(crate) struct Copy {
    pub(crate) rule: &'static str,
    pub(crate) folder: &'static str,
}
/// Made by the parent: the process itself cannot read that folder.
pub(crate) const COPY: Copy = Copy {
    rule: "dock-environment",
    folder: "copy",
};
/// Where calls under way are noted.
pub(crate) const TRAIL: &str = "trail";
/// Where a fault is noted.
pub(crate) const FAULT: &str = "fault";

impl Job {
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
