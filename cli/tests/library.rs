//! Which library a command is about when none is named, or when the named one is not there.

mod support;

use std::path::Path;

fn suffix() -> &'static str {
    std::env::consts::DLL_SUFFIX
}

fn fails(folder: &Path, words: &[&str], parts: &[&str]) {
    let (code, _, said) = support::run(folder, words);
    assert_eq!(code, 1, "{words:?}: {said}");
    for text in parts {
        assert!(said.contains(text), "{words:?}: {text:?} in {said}");
    }
}

#[test]
fn the_only_library_in_dist_is_meant() {
    let folder = tempfile::tempdir().unwrap();
    let dist = folder.path().join("dist");
    for words in [&["inspect"][..], &["check"], &["invoke", "pid"]] {
        fails(
            folder.path(),
            words,
            &["there is none in dist/", "osaurus-bridge build"],
        );
    }
    std::fs::create_dir(&dist).unwrap();
    support::plugin(&dist, "one", "cli/tests/isolate.c", "");
    let (code, answer, said) = support::run(folder.path(), &["invoke", "pid"]);
    assert!(code == 0 && answer.contains("process "), "{answer}{said}");
    std::fs::copy(dist.join("one.so"), dist.join(format!("two{}", suffix()))).unwrap();
    fails(
        folder.path(),
        &["inspect"],
        &["holds several plugin libraries", "one.so", "two"],
    );
}

#[test]
fn a_library_that_is_not_there_is_named_with_the_way_to_make_it() {
    let folder = tempfile::tempdir().unwrap();
    let missing = format!("dist/x{}", suffix());
    for words in [
        &["inspect", missing.as_str()][..],
        &["check", &missing],
        &["serve", &missing],
        &["invoke", &missing, "pid"],
        &["record", &missing, "-o", "x.jsonl"],
    ] {
        let text = format!("error: {missing} does not exist");
        fails(folder.path(), words, &[&text, "run: osaurus-bridge build"]);
    }
}

#[test]
fn revisions_of_version_2_are_levels_of_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let library = support::plugin(folder.path(), "one", "cli/tests/isolate.c", "");
    let library = library.to_str().unwrap();
    for level in ["2a", "2e", "2", "6"] {
        let words = ["invoke", library, "pid", "--abi", level];
        let (code, _, said) = support::run(folder.path(), &words);
        assert_eq!(code, 0, "{level}: {said}");
    }
    let (code, _, said) = support::run(folder.path(), &["invoke", library, "pid", "--abi", "2f"]);
    assert!(code == 2 && said.contains("2a to 2e"), "{said}");
}

#[test]
fn what_is_not_a_library_is_named_with_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let here =
        format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH).replace("aarch64", "arm64");
    let mut mac = vec![0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0, 0, 1];
    mac.resize(600, 0);
    let files: [(&str, &[u8], &str); 5] = [
        ("main.py", b"print('hello')\n", "found a file of text"),
        ("run.sh", b"#!/bin/sh\n", "found a script"),
        ("empty.so", b"", "found an empty file"),
        (
            "x.zip",
            b"PK\x03\x04\xff",
            "found a ZIP archive, which osaurus-bridge install takes",
        ),
        ("mac.dylib", &mac, "found one for macos-arm64"),
    ];
    for (name, bytes, found) in files {
        if found.contains(&here) {
            continue;
        }
        std::fs::write(folder.path().join(name), bytes).unwrap();
        let file = format!("./{name}");
        let text = format!(
            "error: {file} is not a plugin library: expected a shared library for {here}, {found}"
        );
        for words in [
            &["invoke", &file, "tool", "{}"][..],
            &[
                "serve",
                &file,
                "--port",
                "0",
                "--data",
                "data",
                "--key-in-file",
            ],
        ] {
            fails(folder.path(), words, &[&text, "\n  try: "]);
        }
    }
}
