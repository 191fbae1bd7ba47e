//! The child's side of the sandbox: reads a job, confines the process, and hands the work to the
//! part of this crate that it is of. Called by the program's hidden command.

use crate::{check, matrix, replay, sandbox};
use std::error::Error;
use std::path::Path;

/// Does the job in this file. To be called while the process has one thread. Rules and replays end
/// the process themselves.
///
/// # Errors
/// When the job cannot be read, the process cannot be confined, or the work not be begun.
pub fn do_job(file: &Path) -> Result<(), Box<dyn Error>> {
    let job = sandbox::begin(file)?;
    let work = job.work;
    match job.kind.as_str() {
        check::KIND => match check::run_rules(serde_json::from_value(work)?)? {},
        replay::KIND => replay::play(&serde_json::from_value(work)?),
        matrix::KIND => matrix::run_child(&serde_json::from_value(work)?),
        other => Err(format!("there are no jobs of the kind {other:?}").into()),
    }
}
