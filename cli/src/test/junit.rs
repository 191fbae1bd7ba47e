//! One JUnit report of all parts: their own suites where they wrote some, else a suite with one
//! case.

use super::Outcome;
use crate::failure::{Failure, OrFail};
use std::fmt::Write;
use std::path::Path;

/// Writes the report.
pub fn write(file: &Path, outcomes: &[Outcome]) -> Result<(), Failure> {
    let suites: String = outcomes.iter().map(suites).collect();
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n{suites}</testsuites>\n"
    );
    std::fs::write(file, text).or_fail(format!("cannot write {}", file.display()), "")
}

fn suites(outcome: &Outcome) -> String {
    let report = outcome
        .report
        .as_ref()
        .and_then(|path| std::fs::read_to_string(path).ok());
    match report.as_deref().and_then(inner) {
        Some(suites) => format!("{suites}\n"),
        None => one_case(outcome),
    }
}

/// The suites of a report, without what is around them.
fn inner(report: &str) -> Option<&str> {
    const END: &str = "</testsuite>";
    let start = report.find("<testsuite ")?;
    let end = report.rfind(END)? + END.len();
    report.get(start..end)
}

fn one_case(outcome: &Outcome) -> String {
    let (name, seconds) = (outcome.name, outcome.seconds);
    let failures = u8::from(outcome.result.is_err());
    let mut text = format!(
        "<testsuite name=\"{name}\" tests=\"1\" failures=\"{failures}\" time=\"{seconds:.3}\">"
    );
    let _ = write!(
        text,
        "<testcase name=\"{name}\" classname=\"osaurus-bridge\" time=\"{seconds:.3}\">"
    );
    if let Err(why) = &outcome.result {
        let _ = write!(text, "<failure message=\"{}\"/>", escaped(why));
    }
    text + "</testcase></testsuite>\n"
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_of_other_reports_are_taken_over_and_other_parts_have_a_case() {
        let report = "<?xml version=\"1.0\"?><testsuites><testsuite \
                      name=\"a\"><testcase/></testsuite></testsuites>";
        assert_eq!(
            inner(report),
            Some("<testsuite name=\"a\"><testcase/></testsuite>")
        );
        assert_eq!(inner("not a report"), None);
        let failed = Outcome {
            name: "tests",
            result: Err("exit \"1\"".into()),
            seconds: 1.0,
            report: None,
        };
        let case = one_case(&failed);
        assert!(
            case.contains("failures=\"1\"")
                && case.contains("<failure message=\"exit &quot;1&quot;\"/>")
        );
    }
}
