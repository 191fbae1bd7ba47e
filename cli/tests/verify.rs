//! `osaurus-bridge verify`: each rule of Osaurus' installer has an archive that breaks it.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a failing test")]

mod support;

use serde_json::Value;
use std::path::Path;
use support::bridge;
use support::packages::{library, write_zip, zip};

const ID: &str = "dev.example.notes";
const NAME: &str = "dev.example.notes-1.0.0.zip";

/// What `verify --json` says, and whether it found the package good.
fn verify(path: &Path) -> (bool, Value) {
    let output = bridge(&["verify", "--json"]).arg(path).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.success(), report["ok"] == true, "{report}");
    (output.status.success(), report)
}

/// The rules that are broken, in order.
fn rules(report: &Value) -> Vec<&str> {
    let problems = report["problems"].as_array().unwrap();
    problems
        .iter()
        .map(|problem| problem["rule"].as_str().unwrap())
        .collect()
}

fn good() -> Vec<u8> {
    zip(&[
        ("dev.example.notes.dylib", &library(ID, "1.0.0", None)),
        ("README.md", b"# Notes\n"),
    ])
}

#[test]
fn a_good_archive_has_no_problem() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(NAME);
    std::fs::write(&path, good()).unwrap();
    let (ok, report) = verify(&path);
    assert!(ok && rules(&report).is_empty(), "{report:#}");
    assert_eq!(report["package"]["plugin_id"], ID);
    assert_eq!(report["package"]["readme"], "README.md");
}

/// Where a record begins, the `number`th of its kind.
fn find(bytes: &[u8], mark: &[u8], number: usize) -> usize {
    let all = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(mark));
    all.clone()
        .nth(number)
        .unwrap_or_else(|| panic!("no {mark:?}"))
}

const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";

/// Sets bytes in the local header and in the central record of an entry.
fn both(bytes: &mut [u8], number: usize, local: usize, value: &[u8]) {
    // The central record has its maker's version in front.
    for (mark, at) in [(LOCAL, local), (CENTRAL, local + 2)] {
        let start = find(bytes, mark, number) + at;
        bytes[start..start + value.len()].copy_from_slice(value);
    }
}

/// A rule, and what breaks it in a good archive.
type Damage = (&'static str, fn(&mut Vec<u8>));

#[test]
fn archives_that_two_readers_could_understand_in_two_ways_are_refused() {
    let cases: Vec<Damage> = vec![
        ("zip", |bytes| bytes.truncate(100)),
        ("zip", |bytes| bytes.push(0)),
        ("encryption", |bytes| both(bytes, 0, 6, &[1, 0])),
        ("flags", |bytes| both(bytes, 0, 6, &[0x20, 0])),
        ("method", |bytes| both(bytes, 1, 8, &[12, 0])),
        ("zip64", |bytes| {
            let end = find(bytes, END, 0);
            bytes[end + 16..end + 20].fill(0xff);
        }),
        ("multi-disk", |bytes| {
            let end = find(bytes, END, 0);
            bytes[end + 4] = 1;
        }),
        ("central-directory", |bytes| {
            let end = find(bytes, END, 0);
            bytes.insert(end, 0);
        }),
        ("local-header", |bytes| {
            let local = find(bytes, LOCAL, 1) + 30;
            bytes[local] = b'r';
        }),
        ("local-header", |bytes| {
            let local = find(bytes, LOCAL, 0) + 22;
            bytes[local] ^= 1;
        }),
        ("checksum", |bytes| both(bytes, 1, 14, &[1, 2, 3, 4])),
        ("compressed-data", |bytes| {
            let data = find(bytes, LOCAL, 0) + 30 + ID.len() + ".dylib".len();
            bytes[data + 8..data + 40].fill(0xff);
        }),
        ("overlap", |bytes| {
            let first = find(bytes, CENTRAL, 0);
            let copy = bytes[first..first + 46 + ID.len() + 6].to_vec();
            let second = find(bytes, CENTRAL, 1);
            let end = find(bytes, END, 0);
            let grown = copy.len() as i64 - (end - second) as i64;
            bytes.splice(second..end, copy);
            let end = find(bytes, END, 0);
            let size = u32::from_le_bytes(bytes[end + 12..end + 16].try_into().unwrap());
            let size = u32::try_from(i64::from(size) + grown).unwrap();
            bytes[end + 12..end + 16].copy_from_slice(&size.to_le_bytes());
        }),
        ("link", |bytes| {
            let mode = find(bytes, CENTRAL, 1) + 38;
            bytes[mode..mode + 4].copy_from_slice(&(0o120_777u32 << 16).to_le_bytes());
        }),
        ("special-file", |bytes| {
            let mode = find(bytes, CENTRAL, 1) + 38;
            bytes[mode..mode + 4].copy_from_slice(&(0o010_644u32 << 16).to_le_bytes());
        }),
    ];
    for (index, (rule, change)) in cases.into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        let mut bytes = good();
        change(&mut bytes);
        std::fs::write(&path, bytes).unwrap();
        let (ok, report) = verify(&path);
        assert!(
            !ok && rules(&report) == [rule],
            "case {index}, {rule}: {report:#}"
        );
    }
}

type File<'a> = (&'a str, &'a [u8]);

/// Verifies an archive of the good library and these files.
fn with(name: &str, more: &[File]) -> (bool, Value) {
    let folder = tempfile::tempdir().unwrap();
    let library = library(ID, "1.0.0", Some("web"));
    let mut files: Vec<File> = vec![("notes.dylib", &library)];
    files.extend(more);
    verify(&write_zip(folder.path(), name, &files))
}

#[test]
fn files_and_names_are_judged_by_what_becomes_of_them() {
    let page: File = ("web/index.html", b"<head>");
    let cases: Vec<(bool, &[&str], &str, Vec<File>)> = vec![
        (true, &[], NAME, vec![page]),
        (false, &["file-name"], "notes.zip", vec![page]),
        (
            false,
            &["same-id"],
            "dev.example.other-1.0.0.zip",
            vec![page],
        ),
        (
            false,
            &["same-version"],
            "dev.example.notes-1.0.0-macos-arm64.zip",
            vec![page],
        ),
        (false, &["web-entry"], NAME, vec![]),
        (
            false,
            &["one-library"],
            NAME,
            vec![page, ("web/other.dylib", b"x")],
        ),
        (
            false,
            &["name-collision"],
            NAME,
            vec![page, ("Web/index.html", b"x")],
        ),
        (false, &["path"], NAME, vec![("../x", b"x")]),
        (
            false,
            &["compression-ratio"],
            NAME,
            vec![("web/index.html", &[0; 8 << 20])],
        ),
        (
            true,
            &["skill"],
            NAME,
            vec![page, ("SKILL.md", b"# No front matter\n")],
        ),
        (
            true,
            &["dropped", "consent-inside"],
            NAME,
            vec![page, ("LICENSE", b"x"), (".user_consent", b"")],
        ),
        (
            false,
            &["bundled-manifest"],
            NAME,
            vec![
                page,
                (
                    "osaurus-plugin.json",
                    b"{\"plugin_id\": \"dev.example.notes\", \"version\": \"1.0.0\"}",
                ),
            ],
        ),
        (
            true,
            &["dropped"],
            "notes.zip",
            vec![
                page,
                (
                    "osaurus-plugin.json",
                    b"{\"plugin_id\": \"dev.example.notes\", \"version\": \"1.0.0\"}",
                ),
            ],
        ),
    ];
    for (index, (good, expected, name, files)) in cases.into_iter().enumerate() {
        let (ok, report) = with(name, &files);
        let mut rules_found = rules(&report);
        rules_found.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert!(
            ok == good && rules_found == expected,
            "case {index}: {report:#}"
        );
    }
}

#[test]
fn a_library_that_was_changed_after_it_was_signed_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = library(ID, "1.0.0", None);
    bytes[0x3000] ^= 1;
    let (ok, report) = verify(&write_zip(folder.path(), NAME, &[("notes.dylib", &bytes)]));
    assert!(!ok && rules(&report) == ["code-signature"], "{report:#}");
    assert!(
        report
            .to_string()
            .contains("does not fit the bytes at 0x3000"),
        "{report:#}"
    );
}

#[test]
fn a_person_reads_what_is_in_it_and_each_problem_in_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let library = library(ID, "1.0.0", None);
    let path = write_zip(
        folder.path(),
        NAME,
        &[("lib/notes.dylib", &library), ("LICENSE", b"x")],
    );
    let output = bridge(&["verify"]).arg(&path).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    for said in [
        "dev.example.notes 1.0.0\n",
        "library    lib/notes.dylib",
        "warning library-at-root: lib/notes.dylib is not at the root",
        "warning dropped: LICENSE is dropped by an install from the registry",
        "can be installed",
    ] {
        assert!(text.contains(said), "{said:?} in\n{text}");
    }
}
