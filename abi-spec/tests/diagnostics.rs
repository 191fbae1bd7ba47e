//! Every rule has a fixture that breaks it and nothing else, with the exact place and text.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use osaurus_abi_spec::{Diagnostic, RULES, load_dir, load_sources};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn base() -> (String, String) {
    let text = fs::read_to_string(fixtures().join("base.toml")).unwrap();
    ("base.toml".to_owned(), text)
}

fn file(id: &str) -> String {
    id.replace("spec::", "") + ".toml"
}

fn bad(id: &str) -> String {
    let path = fixtures().join(format!("bad/{}", file(id)));
    fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("no fixture for {id}: {}: {error}", path.display()))
}

/// What a fixture's first line expects: `# expect LINE: MESSAGE`.
fn expected(id: &str, text: &str) -> (usize, String) {
    let header = text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("# expect "));
    let (line, message) = header
        .and_then(|rest| rest.split_once(": "))
        .unwrap_or_else(|| panic!("{id} expects nothing"));
    (line.parse().unwrap(), message.replace("\\n", "\n"))
}

fn diagnostics(id: &str, text: &str) -> Vec<Diagnostic> {
    let mut sources = vec![(file(id), text.to_owned())];
    if !text.contains("# base: none") {
        sources.insert(0, base());
    }
    load_sources(sources).unwrap_err().diagnostics().to_vec()
}

#[test]
fn the_base_of_the_fixtures_is_in_order() {
    load_sources(vec![base()]).unwrap();
}

#[test]
fn every_rule_is_broken_by_its_fixture_alone() {
    for rule in RULES {
        let text = bad(rule.id);
        let (line, message) = expected(rule.id, &text);
        let diagnostics_of_fixture = diagnostics(rule.id, &text);
        let expected_diagnostics = vec![Diagnostic {
            rule,
            file: file(rule.id),
            line,
            message,
        }];
        assert_eq!(
            diagnostics_of_fixture, expected_diagnostics,
            "fixture of {}",
            rule.id
        );
    }
}

#[test]
fn no_fixture_is_without_a_rule() {
    let rules: BTreeSet<String> = RULES.iter().map(|rule| file(rule.id)).collect();
    let files = fs::read_dir(fixtures().join("bad")).unwrap();
    let files: BTreeSet<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(files, rules);
}

#[test]
fn ids_are_unique_and_every_rule_says_what_to_do() {
    let ids: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), RULES.len());
    for rule in RULES {
        assert!(rule.id.starts_with("spec::"), "{}", rule.id);
        assert!(
            rule.meaning.ends_with('.') && rule.hint.ends_with('.'),
            "{}",
            rule.id
        );
    }
}

#[test]
fn all_problems_are_reported_in_the_order_of_files_and_lines() {
    let one = ("one.toml".to_owned(), bad("spec::unknown_quirk"));
    let two = (
        "two.toml".to_owned(),
        bad("spec::missing_doc").replace("\"call\"", "\"shout\""),
    );
    let error = load_sources(vec![base(), two, one]).unwrap_err();
    let reported: Vec<(&str, &str)> = error
        .diagnostics()
        .iter()
        .map(|d| (d.file.as_str(), d.rule.id))
        .collect();
    assert_eq!(
        reported,
        [
            ("two.toml", "spec::missing_doc"),
            ("one.toml", "spec::unknown_quirk")
        ]
    );
}

#[test]
fn a_diagnostic_shows_place_text_and_what_to_do() {
    let error = load_sources(vec![
        base(),
        ("more.toml".to_owned(), bad("spec::unknown_slot")),
    ])
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the ABI specification has 1 error(s):\n\
         more.toml:6: error[spec::unknown_slot]: there is no slot `aks`\n  \
         hint: Correct the name: it must be a member of the host or the plugin table."
    );
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let error = load_dir(Path::new("/nowhere/spec"))
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("cannot read the ABI specification at /nowhere/spec: "),
        "{error}"
    );
    assert!(
        error.ends_with("Expected a folder of .toml files such as abi-spec/spec."),
        "{error}"
    );
}

#[test]
fn slots_returns_fields_and_values_need_documentation_ownership_and_since_too() {
    let slot =
        "[[host.slot]]\nname = \"call\"\ngroup = \"base\"\nthread = \"any\"\nblocking = \"no\"\n";
    let cases = [
        (
            format!("{slot}since = \"v2a\""),
            "spec::missing_doc",
            "slot `call` of `host` has no \
                                                                 documentation (`doc`)",
        ),
        (
            format!("{slot}since = \"v2a\"\ndoc = \" \""),
            "spec::missing_doc",
            "slot `call` of `host` has no documentation (`doc`)",
        ),
        (
            format!("{slot}doc = \"Calls.\""),
            "spec::missing_since",
            "slot `call` of `host` has no \
                                                                    `since`",
        ),
        (
            format!(
                "{slot}since = \"v2a\"\ndoc = \"Calls.\"\nreturns = \
                     {{ type = \"string\", doc = \"A string.\" }}"
            ),
            "spec::missing_ownership",
            "the return value of `host.call` has no `ownership`",
        ),
        (
            "[[enum]]\nname = \"Shape\"\ndoc = \"Shapes.\"\nvalues = [{ name = \"round\" }]"
                .to_owned(),
            "spec::missing_doc",
            "value \"round\" of `Shape` has no documentation (`doc`)",
        ),
        (
            "[[record]]\nname = \"Reply\"\nsince = \"v2a\"\ndoc = \"A reply.\"\nfields = \
             [{ name = \"text\", type = \"string\" }]"
                .to_owned(),
            "spec::missing_doc",
            "field `text` of `Reply` has no documentation (`doc`)",
        ),
    ];
    for (text, id, message) in cases {
        let error = load_sources(vec![base(), ("more.toml".to_owned(), text)]).unwrap_err();
        let reported = error
            .diagnostics()
            .iter()
            .any(|d| d.rule.id == id && d.message == message);
        assert!(reported, "expected {id}: {message}, found {error}");
    }
}

#[test]
fn a_file_that_is_not_toml_is_not_blamed_on_those_that_need_it() {
    let broken = ("base.toml".to_owned(), base().1 + "\n[[broken");
    let more = ("more.toml".to_owned(), bad("spec::missing_since"));
    let error = load_sources(vec![broken, more]).unwrap_err();
    let rules: Vec<&str> = error.diagnostics().iter().map(|d| d.rule.id).collect();
    assert_eq!(rules, ["spec::syntax", "spec::missing_since"]);
}
