//! The bad plugins.

use super::build::{Workshop, sources, zoo};
use super::verdicts::{broken, check, shown};
use osaurus_conformance::check::catalogue;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;

/// These wait for a limit of the checker. They begin first, so that others run meanwhile.
const SLOW: [&str; 4] = [
    "tool-budget",
    "route-budget",
    "slow-loading",
    "destroy-slow",
];

#[test]
fn every_rule_has_a_bad_plugin_and_every_bad_plugin_a_rule() {
    let rules: BTreeSet<String> = catalogue().iter().map(|rule| rule.id.clone()).collect();
    let plugins: BTreeSet<String> = sources(&zoo()).into_iter().map(|(name, _)| name).collect();
    let without: Vec<&String> = rules.difference(&plugins).collect();
    assert!(
        without.is_empty(),
        "rules without tests/zoo/RULE.c: {without:?}"
    );
    let strange: Vec<&String> = plugins.difference(&rules).collect();
    assert!(
        strange.is_empty(),
        "plugins of rules that do not exist: {strange:?}"
    );
}

#[test]
fn each_bad_plugin_breaks_its_rule_and_no_other() {
    let workshop = Workshop::open();
    let filter = std::env::var("ZOO").unwrap_or_default();
    let all = sources(&zoo())
        .into_iter()
        .filter(|(name, _)| filter.is_empty() || filter.split(',').any(|one| one == name));
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|(name, _)| SLOW.iter().position(|slow| slow == name));
    let queue = Mutex::new(all);
    let problems = Mutex::new(Vec::new());
    let hands = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..hands {
            scope.spawn(|| {
                while let Some((rule, source)) = next(&queue) {
                    let problem = problem(&workshop, &rule, &source);
                    problems.lock().expect("no panic").extend(problem);
                }
            });
        }
    });
    let problems = problems.into_inner().expect("no panic");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn next<T>(queue: &Mutex<Vec<T>>) -> Option<T> {
    queue.lock().expect("no panic").pop()
}

/// What is wrong with the checker's opinion of a bad plugin.
fn problem(workshop: &Workshop, rule: &str, source: &Path) -> Option<String> {
    let report = check(&workshop.bad(source), 4);
    let broken = broken(&report);
    let names: Vec<&str> = broken.iter().map(|result| result.rule.as_str()).collect();
    eprintln!("{rule}: {} ms, {names:?}", report.milliseconds);
    if names == [rule] {
        return None;
    }
    let skipped = report.results.iter().find(|result| result.rule == rule);
    let own = skipped.map(|result| format!("{:?} {}", result.status, result.reason));
    Some(format!("{rule} ({own:?}), broken are:{}", shown(&broken)))
}
