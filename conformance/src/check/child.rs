//! The process of one rule, or of several that share it: runs them and leaves the answer. Called
//! where jobs of the sandbox are done.

use super::case::{Case, HostOptions};
use super::job::{FAULT, Job, TRAIL};
use super::outcome::{Problem, Verdict};
use super::trail::Trail;
use super::{fuzz, platform, rules, surroundings};
use serde_json::Value;
use std::io;

/// Runs the rules of a job. This does not return on success: the process ends at once, without what
/// the plugin or its runtime may want to do at exit.
///
/// # Errors
/// When the answer cannot be written.
pub(crate) fn run_rules(job: Job) -> io::Result<std::convert::Infallible> {
    let trail: &'static Trail = Box::leak(Box::new(Trail::create(&job.folder.join(TRAIL))?));
    platform::catch_faults(&job.folder.join(FAULT))?;
    let case = Case::new(job.clone(), trail);
    let (verdicts, manifest) = match job.rules.as_slice() {
        [] => first_look(&case),
        rules => (rules.iter().map(|id| by_id(id, &case)).collect(), None),
    };
    let problems = verdicts.into_iter().map(Verdict::err);
    job.answer(problems.collect(), manifest)?;
    if case.ends_with_exit() {
        trail.begins(
            u64::MAX,
            "the main thread",
            "exit(0), after the library was closed",
        );
        std::process::exit(0);
    }
    // SAFETY: ends the process at once; the answer is on disk.
    unsafe { libc::_exit(0) }
}

fn by_id(id: &str, case: &Case) -> Verdict {
    if id == fuzz::ID {
        return fuzz::play(case);
    }
    if id == surroundings::ID {
        return surroundings::play(case);
    }
    match rules::function(id) {
        Some(function) => function(case),
        None => Err(Problem::skipped(format!("the rule {id} has no function"))),
    }
}

/// Loads the plugin as Osaurus does and reads its manifest: what all rules build on.
fn first_look(case: &Case) -> (Vec<Verdict>, Option<Value>) {
    match case.load(HostOptions::default()) {
        Ok(loaded) => (vec![Ok(())], Some(loaded.plugin.manifest().json().clone())),
        Err(problem) => (vec![Err(problem)], manifest_by_hand(case)),
    }
}

/// The manifest of a plugin that the host refuses.
fn manifest_by_hand(case: &Case) -> Option<Value> {
    let library = case.open().ok()?;
    // SAFETY: plugins must accept an entry without a host.
    let plugin = unsafe { library.enter(std::ptr::null()) }.or_else(|| library.enter_v1())?;
    let bytes = plugin.manifest(plugin.init()?)?;
    serde_json::from_slice(&bytes).ok()
}
