//! The report for people: what failed, what shows it, how to fix it, where to read on.

use crate::check::outcome::{RuleResult, Status};
use crate::check::rule;
use crate::check::runner::Report;
use std::fmt::Write as _;

/// The report as text.
pub fn render(report: &Report) -> String {
    let mut text = String::new();
    for result in &report.results {
        if matches!(
            result.status,
            Status::Failed | Status::Crashed | Status::Warned
        ) {
            problem(&mut text, result);
        }
    }
    text
}

fn problem(text: &mut String, result: &RuleResult) {
    let Some(rule) = rule::find(&result.rule) else {
        return;
    };
    let _ = writeln!(text, "{:?} {} {}", result.status, rule.id, rule.asserts);
    for evidence in &result.evidence {
        let _ = writeln!(text, "  {evidence:?}");
    }
    let _ = writeln!(text, "{}", result.output);
}
