//! The report as JUnit XML, which build servers show: a group is a class, a rule is a test.

use super::page;
use crate::check::evidence::Evidence;
use crate::check::outcome::{RuleResult, Status};
use crate::check::rule;
use crate::check::runner::Report;

/// The report as an XML document.
pub fn render(report: &Report) -> String {
    let mut cases: Vec<String> = report.results.iter().map(case).collect();
    cases.extend(report.load_problem.as_deref().map(loading));
    let errors = report.count(Status::Crashed) + usize::from(report.load_problem.is_some());
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites>\n\
         <testsuite name={} tests=\"{}\" failures=\"{}\" errors=\"{errors}\" skipped=\"{}\" time=\"{}\">\n\
         {}</testsuite>\n\
         </testsuites>\n",
        quoted(&report.library.display().to_string()),
        cases.len(),
        report.count(Status::Failed),
        report.count(Status::Skipped),
        seconds(report.milliseconds),
        cases.concat(),
    )
}

fn loading(problem: &str) -> String {
    format!(
        "<testcase classname=\"entry\" name=\"loading\"><error message={}/></testcase>\n",
        quoted(problem)
    )
}

fn case(result: &RuleResult) -> String {
    let group = rule::find(&result.rule).map_or("", |rule| &rule.group);
    let time = seconds(result.milliseconds);
    let (group, name) = (quoted(group), quoted(&result.rule));
    format!(
        "<testcase classname={group} name={name} time=\"{time}\">{}</testcase>\n",
        inside(result)
    )
}

fn inside(result: &RuleResult) -> String {
    let first = result
        .evidence
        .first()
        .map(|evidence| evidence.what.as_str());
    let message = quoted(first.unwrap_or(&result.reason));
    let text = escaped(&details(result));
    match result.status {
        Status::Passed => String::new(),
        Status::Failed => format!("<failure message={message}>{text}</failure>"),
        Status::Crashed => format!("<error message={message}>{text}</error>"),
        Status::Skipped => format!("<skipped message={message}/>"),
        Status::Warned => format!("<system-out>{text}</system-out>"),
    }
}

/// The evidence, the fix with the rule's page, and what was printed.
fn details(result: &RuleResult) -> String {
    let line = |evidence: &Evidence| {
        let parts = [&evidence.call, &evidence.thread, &evidence.bytes];
        let parts = parts.into_iter().flatten().map(|part| format!(" | {part}"));
        format!("{}{}\n", evidence.what, parts.collect::<String>())
    };
    let lines: String = result.evidence.iter().map(line).collect();
    let fix = rule::find(&result.rule)
        .map(|rule| format!("fix: {}\npage: {}\n", rule.fix, page::path(&rule.id)));
    format!("{lines}{}{}", fix.unwrap_or_default(), result.output)
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text).replace('\n', "&#10;"))
}

/// XML 1.0 has no place for most control characters, not even escaped.
fn escaped(text: &str) -> String {
    let escape = |c: char| match c {
        '&' => "&amp;".to_string(),
        '<' => "&lt;".to_string(),
        '>' => "&gt;".to_string(),
        '"' => "&quot;".to_string(),
        '\n' | '\t' => c.to_string(),
        c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => "\u{fffd}".to_string(),
        c => c.to_string(),
    };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::report;
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn a_rule_is_a_test_of_its_group() {
        let text = render(&report());
        for part in [
            "<testsuite name=\"hello.so\" tests=\"6\" failures=\"1\" errors=\"1\" skipped=\"2\" \
             time=\"3.210\">",
            "<testcase classname=\"entry\" name=\"entry-symbol-exported\" \
             time=\"0.000\"></testcase>",
            "<failure message=\"the string was never freed\">",
            "{&quot;columns&quot;:[&quot;1&quot;]}",
            "page: docs/rules/host-string-leaked.md\n",
            "<error message=\"the process died of SIGSEGV\">",
            "<skipped message=\"it has no routes\"/>",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    #[test]
    fn a_plugin_that_does_not_load_is_an_error_of_its_own() {
        let mut report = report();
        report.results.clear();
        report.load_problem = Some("no \"entry\"".into());
        let text = render(&report);
        assert!(
            text.contains("errors=\"1\"") && text.contains("message=\"no &quot;entry&quot;\""),
            "{text}"
        );
    }

    #[test]
    fn characters_that_xml_cannot_have_are_replaced() {
        assert_eq!(
            escaped("a<b>\u{1b}[1m&\"\n"),
            "a&lt;b&gt;\u{fffd}[1m&amp;&quot;\n"
        );
    }
}
