//! The report for people: what failed, what shows it, how to fix it, where to read on.

use super::wrap::labelled;
use crate::check::evidence::Evidence;
use crate::check::outcome::{RuleResult, Status};
use crate::check::rule::{self, Rule, catalogue};
use crate::check::runner::Report;
use crate::visible;
use std::collections::BTreeMap;

/// How a report looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// With colours.
    pub colour: bool,
    /// Without what passed and what was skipped.
    pub only_failed: bool,
}

/// The report as text.
pub fn render(report: &Report, style: Style) -> String {
    let mut text = heading(report, style);
    if let Some(problem) = &report.load_problem {
        let word = style.paint(Status::Crashed, "DOES NOT LOAD");
        text += &format!("\n{word}\n{}", labelled(2, "", problem));
    }
    for result in report.results.iter().filter(is_broken) {
        if let Some(rule) = rule::find(&result.rule) {
            text += &format!("\n{}", broken(rule, result, style));
        }
    }
    if !style.only_failed {
        text += &format!("\n{}", groups(report, style));
        text += &skipped(report);
    }
    text + &format!("\n{}", summary(report, style))
}

fn is_broken(result: &&RuleResult) -> bool {
    !matches!(result.status, Status::Passed | Status::Skipped)
}

fn heading(report: &Report, style: Style) -> String {
    let file = report.library.display();
    let id = report.plugin.as_ref().map(|id| format!(" ({id})"));
    let text = format!("{file}{}", id.unwrap_or_default());
    let text = visible::line(&text);
    format!("{} at level {}\n", style.strong(&text), report.level)
}

/// A rule that does not hold, in full.
fn broken(rule: &Rule, result: &RuleResult, style: Style) -> String {
    let word = style.paint(result.status, label(result.status));
    let mut text = format!("{word} {}\n", style.strong(&rule.id));
    text += &labelled(2, "", &rule.asserts);
    for evidence in &result.evidence {
        text += &shown(evidence);
    }
    if !result.output.is_empty() {
        text += "  it printed:\n";
        let lines = result.output.lines().map(visible::line);
        lines.for_each(|line| text += &format!("    | {line}\n"));
    }
    text += &labelled(2, "why    ", &rule.matters);
    text + &labelled(2, "fix    ", &rule.fix)
}

fn shown(evidence: &Evidence) -> String {
    let mut text = labelled(2, "- ", &evidence.what);
    let details = [
        ("call    ", &evidence.call),
        ("thread  ", &evidence.thread),
        ("bytes   ", &evidence.bytes),
    ];
    for (label, detail) in details {
        text += &detail
            .as_ref()
            .map(|detail| labelled(6, label, detail))
            .unwrap_or_default();
    }
    text
}

/// A line per group: how many rules ended how.
fn groups(report: &Report, style: Style) -> String {
    let mut groups: BTreeMap<usize, (&str, Vec<Status>)> = BTreeMap::new();
    for result in &report.results {
        let position = catalogue().iter().position(|rule| rule.id == result.rule);
        let Some(rule) = position.and_then(|index| catalogue().get(index)) else {
            continue;
        };
        let first = catalogue()
            .iter()
            .position(|other| other.group == rule.group);
        let row = groups
            .entry(first.unwrap_or(0))
            .or_insert((&rule.group, Vec::new()));
        row.1.push(result.status);
    }
    let row = |(name, statuses): &(&str, Vec<Status>)| {
        format!("  {name:<10} {}\n", counts(statuses, style))
    };
    groups.values().map(row).collect()
}

const ORDER: [Status; 5] = [
    Status::Passed,
    Status::Failed,
    Status::Crashed,
    Status::Warned,
    Status::Skipped,
];

fn counts(statuses: &[Status], style: Style) -> String {
    let count = |status: Status| statuses.iter().filter(|found| **found == status).count();
    let word = |status: Status| format!("{} {}", count(status), label(status).to_lowercase());
    let there = ORDER.into_iter().filter(|status| count(*status) > 0);
    let words: Vec<String> = there
        .map(|status| style.paint(status, &word(status)))
        .collect();
    words.join(", ")
}

/// Skipped rules by reason.
fn skipped(report: &Report) -> String {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for result in report
        .results
        .iter()
        .filter(|result| result.status == Status::Skipped)
    {
        reasons
            .entry(&result.reason)
            .or_default()
            .push(&result.rule);
    }
    if reasons.is_empty() {
        return String::new();
    }
    let line = |(reason, rules): (&&str, &Vec<&str>)| {
        labelled(2, "", &format!("{}: {reason}", rules.join(", ")))
    };
    format!(
        "\nskipped\n{}",
        reasons.iter().map(line).collect::<String>()
    )
}

fn summary(report: &Report, style: Style) -> String {
    let statuses: Vec<Status> = report.results.iter().map(|result| result.status).collect();
    let seconds = report.milliseconds / 1000;
    let tenths = report.milliseconds % 1000 / 100;
    let summary = if statuses.is_empty() {
        "no rule was run".into()
    } else {
        counts(&statuses, style)
    };
    let mut text = format!("{summary} in {seconds}.{tenths} s; seed {}\n", report.seed);
    if !report.is_success() {
        text += &format!("again with the same choices: --reproduce {}\n", report.seed);
    }
    if let Some(result) = report.results.iter().find(is_broken) {
        text += &format!(
            "more about a rule: osaurus-bridge explain {}\n",
            result.rule
        );
    }
    text
}

fn label(status: Status) -> &'static str {
    match status {
        Status::Passed => "PASSED",
        Status::Failed => "FAILED",
        Status::Crashed => "CRASHED",
        Status::Skipped => "SKIPPED",
        Status::Warned => "WARNED",
    }
}

impl Style {
    fn paint(self, status: Status, text: &str) -> String {
        let code = match status {
            Status::Passed => "32",
            Status::Failed | Status::Crashed => "31;1",
            Status::Warned => "33",
            Status::Skipped => "2",
        };
        self.coded(code, text)
    }

    fn strong(self, text: &str) -> String {
        self.coded("1", text)
    }

    fn coded(self, code: &str, text: &str) -> String {
        visible::coloured(text, self.colour.then_some(code))
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::report;
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn a_report_says_what_failed_what_shows_it_and_what_to_do() {
        let expected = "\
hello.so (dev.example.hello) at level 5

FAILED host-string-leaked
  Every string that a host call returned is freed.
  - the string was never freed
      call    db_query(SELECT 1, NULL) in invoke
      thread  thread 4 (osaurus-host)
      bytes   {\"columns\":[\"1\"]}
  why    Always: each call leaves memory behind in the application.
  fix    Free the string on every path, failures included; also strings that are not looked at.

CRASHED entry-reads-beyond-table
  The entry copies nothing from beyond the end of an older host's table.
  - the process died of SIGSEGV
  it printed:
    | one line
    | and another
  why    Hosts of versions 2 to 5 have shorter tables; what follows is not NULL but other memory, or
         none.
  fix    Keep the pointer instead of copying the table.

WARNED entry-legacy-symbol
  The library exports the version 1 entry point too.
  - there is none
  why    Hosts of version 1 look for this symbol only.
  fix    Export `osaurus_plugin_entry` as well; it may call the other entry with NULL.

  entry      1 passed, 1 crashed, 1 warned
  strings    1 failed
  threads    2 skipped

skipped
  reentrant-invoke, routes-in-parallel: it has no routes

1 passed, 1 failed, 1 crashed, 1 warned, 2 skipped in 3.2 s; seed 7
again with the same choices: --reproduce 7
more about a rule: osaurus-bridge explain host-string-leaked
";
        assert_eq!(render(&report(), Style::default()), expected);
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn only_what_failed_leaves_out_groups_and_skipped_rules() {
        let style = Style {
            only_failed: true,
            ..Style::default()
        };
        let text = render(&report(), style);
        assert!(text.contains("FAILED host-string-leaked") && text.contains("1 passed, 1 failed"));
        assert!(
            !text.contains("skipped\n  ") && !text.contains("  entry "),
            "{text}"
        );
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn a_plugin_that_does_not_load_says_so_first() {
        let mut report = report();
        report.results.clear();
        report.load_problem = Some("it does not load in a host of v6: no entry".into());
        let text = render(&report, Style::default());
        assert!(
            text.contains("\nDOES NOT LOAD\n  it does not load in a host of v6: no entry\n"),
            "{text}"
        );
        assert!(text.contains("no rule was run"), "{text}");
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn colours_are_there_when_wanted_and_only_then() {
        let coloured = Style {
            colour: true,
            ..Style::default()
        };
        assert!(render(&report(), coloured).contains("\x1b[31;1mFAILED\x1b[0m"));
        assert!(!render(&report(), Style::default()).contains('\x1b'));
    }
}
