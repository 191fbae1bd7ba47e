//! The tables as they shipped: the frozen files never change, and today's specification still
//! contains them.

use std::fs;
use std::path::{Path, PathBuf};

use osaurus_abi_spec::{frozen, load};
use serde_json::Value;
use sha2::{Digest, Sha256};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("frozen")
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[test]
fn a_frozen_file_has_not_been_edited() {
    let pinned = fs::read_to_string(folder().join("SHA256SUMS")).unwrap();
    let mut names = Vec::new();
    for line in pinned.lines() {
        let (hash, name) = line.split_once("  ").unwrap();
        let actual_hash = sha256(&fs::read(folder().join(name)).unwrap());
        assert_eq!(
            actual_hash, hash,
            "frozen/{name} was edited: shipped tables never change, add a new version instead"
        );
        names.push(name.to_owned());
    }
    let mut files: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "SHA256SUMS")
        .collect();
    files.sort();
    assert_eq!(names, files, "SHA256SUMS must list every frozen file");
}

#[test]
fn the_specification_still_has_every_shipped_table() {
    let spec = load().unwrap();
    for version in &spec.versions {
        let number = version.number;
        let name = format!("v{number}.json");
        let now = frozen::to_text(&frozen::snapshot(&spec, number).unwrap()).unwrap();
        let Ok(shipped) = fs::read_to_string(folder().join(&name)) else {
            panic!(
                "version {number} is not frozen; when it ships, write frozen/{name} and add it to \
                 SHA256SUMS:\n{now}"
            )
        };
        let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(
            parse(&now),
            parse(&shipped),
            "version {number} differs from frozen/{name}"
        );
    }
}

#[test]
fn a_version_that_does_not_exist_has_no_snapshot() {
    assert!(frozen::snapshot(&load().unwrap(), 7).is_none());
}
