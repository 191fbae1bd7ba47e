//! A report for the tests of its forms.

use crate::check::evidence::Evidence;
use crate::check::outcome::{RuleResult, Status};
use crate::check::runner::Report;

/// One result of each status.
pub(super) fn report() -> Report {
    let leak = Evidence::new("the string was never freed")
        .in_call("db_query(SELECT 1, NULL) in invoke")
        .on_thread("thread 4 (osaurus-host)")
        .bytes("{\"columns\":[\"1\"]}");
    let mut crashed = broken(
        "entry-reads-beyond-table",
        Status::Crashed,
        Evidence::new("the process died of SIGSEGV"),
    );
    crashed.output = "one line\nand another".into();
    Report {
        library: "hello.so".into(),
        plugin: Some("dev.example.hello".into()),
        level: 5,
        seed: 7,
        load_problem: None,
        results: vec![
            RuleResult::new("entry-symbol-exported", Status::Passed),
            broken("host-string-leaked", Status::Failed, leak),
            crashed,
            broken(
                "entry-legacy-symbol",
                Status::Warned,
                Evidence::new("there is none"),
            ),
            RuleResult::skipped("reentrant-invoke", "it has no routes"),
            RuleResult::skipped("routes-in-parallel", "it has no routes"),
        ],
        milliseconds: 3210,
    }
}

fn broken(rule: &str, status: Status, evidence: Evidence) -> RuleResult {
    let mut result = RuleResult::new(rule, status);
    result.evidence.push(evidence);
    result
}
