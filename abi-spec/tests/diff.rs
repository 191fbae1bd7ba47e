//! Every rule of `diff` has a fixture that makes this change and no other, with its item, its text
//! and whom it hits.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use osaurus_abi_spec::compare::{FoundMember, FoundTable};
use osaurus_abi_spec::diff::{Change, Class, RULES, Surface, diff};
use osaurus_abi_spec::model::{Since, Spec};
use osaurus_abi_spec::{load, load_sources};
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/diff")
}

fn spec(name: &str, text: &str) -> Spec {
    let source = (name.to_owned(), text.to_owned());
    load_sources(vec![source]).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A change as the head of a fixture has it: `# expect ITEM: TEXT` and a `# hit TEXT` for each hit.
fn head(change: &Change) -> Vec<String> {
    let mut lines = vec![format!("# expect {}: {}", change.item, change.text)];
    lines.extend(change.hits.iter().map(|hit| format!("# hit {hit}")));
    lines
}

/// The base before and after the edits of a fixture. Edits of the base itself are in both.
fn edited(name: &str, text: &str) -> (String, String) {
    let base = fs::read_to_string(folder().join("base.toml")).unwrap();
    let (mut old, mut new) = (base.clone(), base);
    let mut parts = text.split("=== ").skip(1);
    while let (Some(was), Some(is)) = (parts.next(), parts.next()) {
        let (mark, was) = was.split_once('\n').unwrap();
        let (_, is) = is.split_once('\n').unwrap();
        let (was, is) = (was.trim_end_matches('\n'), is.trim_end_matches('\n'));
        assert!(new.contains(was), "{name}: the base has no {was:?}");
        new = new.replacen(was, is, 1);
        if mark == "base was" {
            old = old.replacen(was, is, 1);
        }
    }
    (old, new)
}

fn of_edit(name: &str) -> (Vec<String>, Vec<Change>) {
    let text = fs::read_to_string(folder().join(name)).unwrap();
    let expected = text.lines().take_while(|line| line.starts_with("# "));
    let (old, new) = edited(name, &text);
    let [old, new] = [old, new].map(|text| Surface::newest(&spec(name, &text)));
    (expected.map(str::to_owned).collect(), diff(&old, &new))
}

/// What only a compiler can find: tables with places of their own.
fn of_tables(name: &str) -> (Vec<String>, Vec<Change>) {
    let text = fs::read_to_string(folder().join(name)).unwrap();
    let fixture: Value = serde_json::from_str(&text).unwrap();
    let base = fs::read_to_string(folder().join("base.toml")).unwrap();
    let base = spec("base.toml", &base);
    let [old, new] = ["old", "new"].map(|key| header(&base, &fixture[key]));
    let expected = fixture["expect"].as_array().into_iter().flatten();
    let expected = expected.map(|line| line.as_str().unwrap().to_owned());
    (expected.collect(), diff(&old, &new))
}

fn header(base: &Spec, table: &Value) -> Surface {
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    let members = table["members"].as_array().unwrap().iter();
    let members = members.map(|member| FoundMember {
        name: member[0].as_str().unwrap().to_owned(),
        offset: number(&member[1]),
        size: 8,
        type_fits: member[2].as_bool().unwrap(),
    });
    let measured = FoundTable {
        c_name: "osr_host_api".to_owned(),
        members: members.collect(),
        size: number(&table["size"]),
        align: number(&table["align"]),
    };
    Surface::of_header(base, &[measured], &BTreeMap::new(), Since::version(3))
}

#[test]
fn every_rule_has_a_fixture_that_makes_this_change_and_no_other() {
    let mut wrong = Vec::new();
    for rule in RULES {
        let stem = rule.id.replace("abi::", "");
        let edit = format!("{stem}.edit");
        let (expected, found) = if folder().join(&edit).is_file() {
            of_edit(&edit)
        } else {
            of_tables(&format!("{stem}.json"))
        };
        let ids: Vec<&str> = found.iter().map(|change| change.rule.id).collect();
        let lines: Vec<String> = found.iter().flat_map(head).collect();
        if ids != [rule.id] || lines != expected {
            wrong.push(format!("{stem} makes {ids:?}:\n{}", lines.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn no_fixture_is_without_a_rule_and_every_rule_says_why() {
    let rules: BTreeSet<String> = RULES.iter().map(|r| r.id.replace("abi::", "")).collect();
    assert_eq!(rules.len(), RULES.len(), "ids are unique");
    let files = fs::read_dir(folder()).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let stems = files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
    let stems: BTreeSet<String> = stems.filter(|stem| stem != "base").collect();
    assert_eq!(stems, rules);
    assert!(RULES.iter().all(|rule| rule.why.ends_with('.')));
}

#[test]
fn nothing_changes_from_a_specification_to_itself() {
    let spec = load().unwrap();
    for level in spec.levels() {
        let surface = Surface::of(&spec, &level).unwrap();
        assert_eq!(diff(&surface, &surface), [], "{level}");
    }
}

/// What history did: only the five layouts of version 2 and its callback broke anything.
#[test]
fn from_version_to_version_nothing_broke_but_in_version_2() {
    let spec = load().unwrap();
    let levels = spec.levels();
    for pair in levels.windows(2) {
        let [old, new] = [&pair[0], &pair[1]].map(|level| Surface::of(&spec, level).unwrap());
        let changes = diff(&old, &new);
        let breaking = changes.iter().filter(|c| c.rule.class == Class::Breaking);
        let breaking: Vec<&str> = breaking.map(|change| change.item.as_str()).collect();
        let expected: &[&str] = match pair[1].to_string().as_str() {
            "v2c" => &["osr_plugin_api.on_task_completed"],
            _ => &[],
        };
        assert_eq!(breaking, expected, "{} to {}", pair[0], pair[1]);
    }
}

#[test]
fn a_call_that_lands_elsewhere_is_told_with_the_versions_that_make_it() {
    let spec = load().unwrap();
    let mut fixed = spec.clone();
    fixed
        .host
        .members
        .retain(|member| member.name() != "log_structured");
    let changes = diff(&Surface::newest(&fixed), &Surface::newest(&spec));
    let inserted = changes
        .iter()
        .find(|c| c.rule.id == "abi::slot_inserted")
        .unwrap();
    assert_eq!(
        inserted.hits,
        ["plugins built for v6: a call of free_string now lands on \
          log_structured(int level, const char* message, const char* payload_json)"]
    );
}

#[test]
fn a_version_that_is_not_there_is_named() {
    let spec = load().unwrap();
    let error = Surface::of(&spec, &Since::version(9)).unwrap_err();
    assert_eq!(error.to_string(), "the specification has no version v9");
}
