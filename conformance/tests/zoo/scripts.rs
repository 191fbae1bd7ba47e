//! Plugins in Python that were built well and do not work: the checker says so, with the error of
//! the script.

use super::verdicts::{broken, options};
use osaurus_bridge_tests::project::Project;
use osaurus_bridge_tests::pythons;
use osaurus_conformance::check::{self, Options, Selection};
use std::path::{Path, PathBuf};

const MAIN: &str = include_str!("../../../tests/fixtures/broken/main.py");

/// A plugin with two tools, and what is before them.
fn built(id: &str, before: &str, first: &str) -> (Project, PathBuf) {
    let main = MAIN.replace("# before", before).replace("# first", first);
    let project = Project::python(id, &main);
    let library = project.build(&pythons::newest().executable);
    (project, library)
}

/// What the rules about working find: rule, how it is reported, and the first evidence.
fn found_in(library: &Path) -> Vec<String> {
    let working = Options {
        selection: Selection {
            level: 5,
            include: vec!["working".into()],
            ..Selection::default()
        },
        ..options(library, 1)
    };
    let report = check::run(&working, |_| ()).expect("the checker runs");
    let line = |result: &&check::RuleResult| {
        let what = result.evidence.first().map(|one| one.what.clone());
        format!(
            "{} {:?}: {}",
            result.rule,
            result.status,
            what.unwrap_or_default()
        )
    };
    broken(&report).iter().map(line).collect()
}

#[test]
fn a_script_that_does_not_load_fails_with_its_error_and_place() {
    let flag = tempfile::NamedTempFile::new().expect("a temporary file");
    let before = format!("HOME = os.path.exists({:?}) or {{}}[\"HOME\"]", flag.path());
    let (_project, library) = built("atload", &before, "pass");
    drop(flag);
    let findings = found_in(&library);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(
        findings[0].starts_with(
            "script-loads Failed: the script does not load, so no tool and no route can run"
        ),
        "{findings:?}"
    );
    assert!(
        findings[0].contains("main.py:8: KeyError: 'HOME'"),
        "{findings:?}"
    );
}

#[test]
fn a_tool_that_breaks_down_at_each_call_fails_with_its_error() {
    let (_project, library) = built("lazy", "", "import nowhere_to_be_found");
    let findings = found_in(&library);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(
        findings[0].starts_with(
            "tool-always-fails Failed: every sample call of the tool breaks \
                                 down: ModuleNotFoundError"
        ),
        "{findings:?}"
    );
}

#[test]
fn settings_that_only_the_script_names_are_seen() {
    let first = "ctx.config.get(\"tokn\") if name == \"never\" else None";
    let (project, library) = built("settings", "", first);
    let sources = [(
        "main.py".to_owned(),
        std::fs::read_to_string(project.path().join("main.py")).expect("the script"),
    )];
    let options = Options {
        script: Some(check::Script::of(&sources, &[])),
        selection: Selection {
            include: vec!["settings-undeclared".into()],
            ..Selection::default()
        },
        ..options(&library, 1)
    };
    let report = check::run(&options, |_| ()).expect("the checker runs");
    let result = report.results.first().expect("a result");
    let what = result.evidence.first().map(|one| one.what.clone());
    assert!(
        what.as_ref()
            .is_some_and(|what| what.starts_with("the setting \"tokn\" is read at main.py:14;")),
        "{result:?}"
    );
}
