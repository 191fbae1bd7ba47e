//! What the process of a replay gets to do. `run` writes it, `player` does it.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// Who does the job, for the sandbox.
pub(crate) const KIND: &str = "replay";

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(super) library: PathBuf,
    pub(super) session: PathBuf,
    /// Where the verdict goes.
    pub(super) verdict: PathBuf,
    pub(super) exact: bool,
    /// How long the plugin may do nothing that is recorded.
    pub(super) limit: Duration,
}

impl Job {
    /// The file with the index of the event that comes next, while it plays.
    pub(super) fn front(&self) -> PathBuf {
        self.verdict.with_extension("at")
    }
}
