//! `osaurus-bridge test`: what it runs, and what its exit code and its report say.

use osaurus_bridge_tests::built;
use osaurus_bridge_tests::project::{Project, text_of};
use std::process::{Command, Output};

const MAIN: &str = "import { definePlugin, defineTool } from \"osaurus-plugin\";\n\
    const hi = defineTool({ description: \"Say hi.\", run: () => \"hi\" });\n\
    export default definePlugin({ tools: { hi } });\n";

fn project(test: &str) -> Project {
    let package = format!("\"scripts\": {{\"test\": \"{test}\"}}, \"type\": \"module\"");
    Project::typescript("tested", MAIN).settings("\"type\": \"module\"", &package)
}

fn test(project: &Project, more: &[&str]) -> Output {
    let mut command = Command::new(built("osaurus-bridge"));
    command.arg("test").arg(project.path()).args(more);
    command.output().expect("osaurus-bridge runs")
}

#[test]
fn the_build_the_projects_tests_and_check_are_run_and_reported() {
    let project = project("node -e 0");
    let report = project.path().join("report.xml");
    let output = test(
        &project,
        &["--level", "1", "--junit", &report.display().to_string()],
    );
    let text = text_of(&output);
    assert!(output.status.success(), "{text}");
    for part in ["build  passed", "tests  passed", "check  passed"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let report = std::fs::read_to_string(report).expect("a report");
    assert!(
        report.contains("<testsuite name=\"tests\" tests=\"1\" failures=\"0\""),
        "{report}"
    );
    assert!(
        report.contains("name=\"entry-symbol-exported\""),
        "rules that passed are in the report, too: {report}"
    );
}

#[test]
fn a_failing_test_of_the_project_is_a_failure_of_all() {
    let output = test(&project("node -e process.exit(3)"), &["--no-check"]);
    let text = text_of(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("tests  FAILED") && !text.contains("check  "),
        "{text}"
    );
}

#[test]
fn a_plugin_that_does_not_build_is_not_tested() {
    let project = project("node -e 0").file("src/main.ts", "export default 1 +;\n");
    let output = test(&project, &[]);
    let text = text_of(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("build  FAILED") && !text.contains("tests  "),
        "{text}"
    );
}
