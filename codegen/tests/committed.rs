//! Committed files: fresh, the same from every folder, and a stale one is named with its cure.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use osaurus_codegen::{Error, Options, Target, committed, generate, stale_files, write_committed};
use std::{collections::BTreeMap, fs};
use support::*;

#[test]
fn every_committed_file_is_what_the_spec_makes() {
    let stale = stale_files(&committed(&spec()).unwrap(), &root()).unwrap();
    let messages: Vec<String> = stale.iter().map(ToString::to_string).collect();
    assert!(stale.is_empty(), "{}", messages.join("\n"));
}

#[test]
fn two_copies_of_the_spec_make_the_same_bytes() {
    let source = root().join("abi-spec/spec");
    let outputs = ["one", "another-name"].map(|name| {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join(name);
        copy_tree(&source, &copy);
        let spec = osaurus_abi_spec::load_dir(&copy).unwrap_or_else(|errors| panic!("{errors}"));
        let out = folder.path().join("out");
        let files = committed(&spec).unwrap();
        write_committed(&files, &out).unwrap();
        let file = |path: &String| (path.clone(), fs::read(out.join(path)).unwrap());
        files.keys().map(file).collect::<Vec<_>>()
    });
    assert!(outputs[0].len() > 20, "only {} files", outputs[0].len());
    assert!(
        outputs[0] == outputs[1],
        "the same spec in two folders gave different files"
    );
}

fn copy_tree(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_stale_file_is_named_with_its_line_and_the_command_that_fixes_it() {
    let folder = tempfile::tempdir().unwrap();
    let (root, files) = (folder.path(), committed(&spec()).unwrap());
    write_committed(&files, root).unwrap();
    assert_eq!(stale_files(&files, root).unwrap(), [], "just written");

    let header = "codegen/generated/c/v6/osaurus_plugin.h";
    let text = fs::read_to_string(root.join(header)).unwrap();
    let edited = text.replace("#define OSR_LOG_WARN 3", "#define OSR_LOG_WARN 4");
    assert_ne!(text, edited);
    write(root, header, &edited);
    fs::remove_file(root.join("docs/host-api.md")).unwrap();
    let stale_file = "codegen/generated/schema/Forgotten.schema.json";
    write(root, stale_file, "{}");

    let line = 1 + text
        .lines()
        .position(|line| line == "#define OSR_LOG_WARN 3")
        .unwrap();
    let cure = "Run `osaurus-bridge gen` and commit the result.";
    let messages: Vec<String> = stale_files(&files, root)
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        messages,
        [
            format!(
                "{header} is stale: line {line} should be `#define OSR_LOG_WARN 3`, \
                 but is `#define OSR_LOG_WARN 4`. {cure}"
            ),
            format!("docs/host-api.md is missing. {cure}"),
            format!("{stale_file} is left over: nothing makes such a file. {cure}"),
        ]
    );

    let fixed = write_committed(&files, root).unwrap();
    assert_eq!(fixed.len(), 3, "{fixed:?}");
    assert_eq!(stale_files(&files, root).unwrap(), []);
    assert!(!root.join(stale_file).exists());
}

#[test]
fn a_file_that_stops_early_is_stale_at_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let (root, files) = (folder.path(), committed(&spec()).unwrap());
    write_committed(&files, root).unwrap();
    let page = "docs/abi-versions.md";
    let text = fs::read_to_string(root.join(page)).unwrap();
    write(root, page, text.trim_end());
    let stale = stale_files(&files, root).unwrap();
    let message = stale[0].to_string();
    assert!(
        message.contains("should be ``, but is the end of the file"),
        "{message}"
    );
}

#[test]
fn every_file_begins_by_saying_what_made_it() {
    for (path, text) in committed(&spec()).unwrap() {
        let start: String = text.lines().take(2).collect();
        let named = start.contains("Generated from abi-spec by `osaurus-bridge gen");
        assert!(named, "{path} begins with {start}");
        assert!(
            text.ends_with('\n') && !text.ends_with("\n\n"),
            "{path}: one line end at the end"
        );
    }
}

#[test]
fn the_command_in_a_file_makes_that_file() {
    let spec = spec();
    let mut contents = BTreeMap::new();
    for (path, text) in committed(&spec).unwrap() {
        let command = text.split("`osaurus-bridge gen ").nth(1).unwrap();
        let words: Vec<&str> = command.split('`').next().unwrap().split(' ').collect();
        let target = Target::from_word(words[0]).unwrap_or_else(|| panic!("{path}: {words:?}"));
        let abi = words.get(2).map_or(6, |number| number.parse().unwrap());
        let files = contents
            .entry((target, abi))
            .or_insert_with(|| generate(&spec, target, Options::version(abi)).unwrap());
        let same = files
            .iter()
            .find(|(file, _)| path.ends_with(&format!("/{file}")));
        assert!(
            same.is_some_and(|(_, contents)| *contents == text),
            "{path} is not made by {words:?}"
        );
    }
}

#[test]
fn an_abi_version_that_does_not_exist_is_refused_with_the_range() {
    let error = generate(&spec(), Target::C, Options::version(7)).unwrap_err();
    let text = "ABI version 7 does not exist: the spec has 1 to 6; pass --abi with one of them";
    assert_eq!(error.to_string(), text);
    let level = "2b".parse().unwrap();
    let error = generate(&spec(), Target::Cpp, Options { level }).unwrap_err();
    let text = "the C++ layer is made for whole versions: pass --abi 2 and have the plugin say \
        `.oldest_version_2 = Version2::v2b`, or generate `c` for revision 2b";
    assert_eq!(error.to_string(), text);
}

#[test]
fn a_record_that_is_named_but_missing_is_an_error_and_not_a_hole() {
    let mut spec = spec();
    spec.records.retain(|record| record.name != "TaskActivity");
    let error = generate(&spec, Target::Python, Options::newest(&spec)).unwrap_err();
    assert!(matches!(error, Error::Undefined { .. }));
    assert!(
        error
            .to_string()
            .starts_with("TaskStatus.activity names `TaskActivity`"),
        "{error}"
    );
}
