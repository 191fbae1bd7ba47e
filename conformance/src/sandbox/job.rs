//! The file with which a process of the sandbox is started: what it may reach, and what it is to
//! do. The parent writes it, the child reads it and confines itself. Does not know what jobs there
//! are.

use crate::confine::Reach;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io;
use std::path::{Path, PathBuf};

const FILE: &str = "job.json";

/// A job as the child reads it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Job<T = Value> {
    /// What the process may reach; none when it is not to confine itself, or is in a confined
    /// process already.
    reach: Option<Reach>,
    /// Which part of this crate does the job.
    pub(crate) kind: String,
    pub(crate) work: T,
}

/// Writes a job into its folder.
pub(super) fn write(
    folder: &Path,
    reach: Option<Reach>,
    kind: &str,
    work: &impl Serialize,
) -> io::Result<PathBuf> {
    let path = folder.join(FILE);
    let kind = kind.to_owned();
    std::fs::write(&path, serde_json::to_vec(&Job { reach, kind, work })?)?;
    Ok(path)
}

/// Reads a job and confines this process as it says. To be called while the process has one thread.
///
/// # Errors
/// When it cannot be read, or this process cannot be confined.
pub(crate) fn begin(path: &Path) -> io::Result<Job> {
    let job: Job = serde_json::from_slice(&std::fs::read(path)?)?;
    if let Some(reach) = &job.reach
        && !reach.enforce()?
    {
        return Err(io::Error::other("this process cannot be confined"));
    }
    Ok(job)
}
