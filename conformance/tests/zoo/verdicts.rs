//! Runs the checker, with the program `osaurus-bridge` as the process of its rules.

use osaurus_bridge_tests::built;
use osaurus_conformance::Sandbox;
use osaurus_conformance::check::{self, Options, Project, Report, RuleResult, Selection, Status};
use std::path::{Path, PathBuf};

/// Checks a library at level 10, `jobs` rules at a time.
pub fn check(library: &Path, jobs: usize) -> Report {
    check_as(library, jobs, Project::default())
}

/// [`check`] with what the plugin's author says.
pub fn check_as(library: &Path, jobs: usize, project: Project) -> Report {
    let options = Options {
        jobs,
        project,
        ..options(library, 1)
    };
    check::run(&options, |_| ()).expect("the checker runs")
}

/// Everything about a library, at the strictest level.
pub fn options(library: &Path, seed: u64) -> Options {
    Options {
        library: library.to_path_buf(),
        selection: Selection {
            level: 10,
            include: Vec::new(),
            exclude: Vec::new(),
        },
        project: Project::default(),
        jobs: std::thread::available_parallelism().map_or(2, usize::from),
        seed,
        script: None,
        sandbox: sandbox(),
    }
}

/// Confined, with this test's own home as the user's.
fn sandbox() -> Sandbox {
    let homes = std::env::var_os("HOME").map(PathBuf::from);
    Sandbox::new(
        built("osaurus-bridge"),
        &["sandbox-job"],
        homes.into_iter().collect(),
    )
}

/// The results that are neither passed nor skipped.
pub fn broken(report: &Report) -> Vec<&RuleResult> {
    let fine = |result: &&RuleResult| !matches!(result.status, Status::Passed | Status::Skipped);
    report.results.iter().filter(fine).collect()
}

/// Results for a person who wonders about them.
pub fn shown(results: &[&RuleResult]) -> String {
    let line = |result: &&RuleResult| {
        let evidence: Vec<String> = result
            .evidence
            .iter()
            .take(2)
            .map(|one| format!("{} {:?} {:?}", one.what, one.call, one.bytes))
            .collect();
        format!(
            "\n    {} {:?}: {} {}",
            result.rule,
            result.status,
            evidence.join(" | "),
            result.output
        )
    };
    results.iter().map(line).collect()
}
