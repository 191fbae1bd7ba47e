//! The checker against the zoo: every bad plugin breaks its own rule and no other, good plugins break none, and every
//! rule has a bad plugin.

#![expect(clippy::expect_used, reason = "a helper that fails is a failing test")]

mod bad;
mod build;
mod corpus;
mod dock;
mod good;
mod planted;
mod scripts;
mod verdicts;

use std::path::PathBuf;

/// The process of one rule: the checker starts this test binary again, with the job's file as the last argument.
#[test]
fn serve_rule() {
    let job = std::env::args_os().next_back().map(PathBuf::from);
    if let Some(job) = job.filter(|path| path.file_name().is_some_and(|name| name == "job.json")) {
        let error = osaurus_conformance::check::serve_rule(&job);
        panic!("{error:?}");
    }
}
