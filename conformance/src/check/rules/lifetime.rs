//! Lifetime: what a plugin leaves behind in the process, and what it does to it.

use super::Group;
use crate::check::case::{Case, HostOptions};
use crate::check::outcome::Verdict;

pub(super) const RULES: Group = &[("exits-process", exits_process)];

/// The parent sees the end of the process: reaching the end here is all there is to show.
fn exits_process(case: &Case) -> Verdict {
    let loaded = case.load(HostOptions::default())?;
    loaded.exercise();
    loaded.unload();
    Ok(())
}
