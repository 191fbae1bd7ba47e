//! The report for scripts. Keys are added and never change their meaning; `format` counts up if one
//! must.

use super::page;
use crate::check::outcome::{RuleResult, Status};
use crate::check::rule;
use crate::check::runner::Report;
use serde_json::{Value, json};

/// The report as JSON; without what passed and what was skipped, if only what failed is wanted.
pub fn render(report: &Report, only_failed: bool) -> Value {
    let is_wanted = |result: &&RuleResult| {
        !only_failed || !matches!(result.status, Status::Passed | Status::Skipped)
    };
    let results: Vec<Value> = report.results.iter().filter(is_wanted).map(row).collect();
    json!({
        "format": 1,
        "ok": report.is_success(),
        "library": report.library,
        "plugin": report.plugin,
        "level": report.level,
        "seed": report.seed,
        "milliseconds": report.milliseconds,
        "load_problem": report.load_problem,
        "summary": {
            "passed": report.count(Status::Passed),
            "failed": report.count(Status::Failed),
            "crashed": report.count(Status::Crashed),
            "warned": report.count(Status::Warned),
            "skipped": report.count(Status::Skipped),
        },
        "results": results,
    })
}

fn row(result: &RuleResult) -> Value {
    let mut row = json!(result);
    if let Some(rule) = rule::find(&result.rule) {
        row["group"] = json!(rule.group);
        row["level"] = json!(rule.level);
        row["asserts"] = json!(rule.asserts);
        row["fix"] = json!(rule.fix);
        row["page"] = json!(page::path(&rule.id));
    }
    row
}

#[cfg(test)]
mod tests {
    use super::super::samples::report;
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn scripts_get_counts_evidence_and_the_rule_itself() {
        let value = render(&report(), false);
        assert_eq!(value["ok"], false);
        assert_eq!(
            value["summary"],
            json!({"passed": 1, "failed": 1, "crashed": 1, "warned": 1, "skipped": 2})
        );
        let failed = &value["results"][1];
        assert_eq!(failed["status"], "failed");
        assert_eq!(failed["evidence"][0]["thread"], "thread 4 (osaurus-host)");
        assert_eq!(failed["page"], "docs/rules/host-string-leaked.md");
        assert_eq!(value["results"][4]["reason"], "it has no routes");
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn only_what_failed_leaves_the_rest_out_of_the_results() {
        let value = render(&report(), true);
        let results = value["results"].as_array().expect("results");
        let statuses: Vec<&Value> = results.iter().map(|result| &result["status"]).collect();
        assert_eq!(statuses, ["failed", "crashed", "warned"]);
    }
}
