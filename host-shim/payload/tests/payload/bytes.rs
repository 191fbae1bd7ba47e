//! The bytes of a payload, and how damage in them is named.
use super::common::{config, payload};
use super::{damaged, unpacked};
use osaurus_payload::{HEADER_LEN, Payload, PayloadHead};
use std::fs;

#[test]
fn everything_comes_back_and_the_same_input_gives_the_same_bytes() {
    let bytes = payload("one").to_bytes().unwrap();
    assert_eq!(bytes, payload("one").to_bytes().unwrap());
    let back = Payload::parse(&bytes).unwrap();
    assert_eq!(back.config, config());
    assert!(back.manifest.contains("one"));

    let cache = tempfile::tempdir().unwrap();
    let home = unpacked(&back, cache.path());
    assert_eq!(
        fs::read_to_string(home.join("src/notes.py")).unwrap(),
        "one"
    );
    assert_eq!(fs::read_to_string(home.join("src/empty.py")).unwrap(), "");
    assert_eq!(
        fs::read_to_string(home.join("deps/ünï/code.py")).unwrap(),
        "x = 1\n"
    );
    assert!(!home.join("src/__pycache__").exists());
}

#[test]
fn the_head_is_readable_without_the_files() {
    let bytes = payload("one").to_bytes().unwrap();
    let len = PayloadHead::len_of(&bytes[..HEADER_LEN]).unwrap();
    let head = PayloadHead::parse(&bytes[..len]).unwrap();
    assert_eq!(head.config.entry, "notes:plugin");
    assert_eq!(head.total_len(), bytes.len() as u64);
}

#[track_caller]
#[test]
fn damage_is_named_wherever_it_is() {
    let bytes = payload("one").to_bytes().unwrap();
    damaged(&bytes[..40], "96 bytes of head expected, 40 found");
    damaged(&bytes[..HEADER_LEN + 3], "of head expected");
    damaged(&bytes[..bytes.len() - 1], "bytes of files expected");
    let flip = |at: usize| {
        let mut changed = bytes.clone();
        changed[at] ^= 0x20;
        changed
    };
    damaged(&flip(0), "does not begin with the payload's mark");
    damaged(&flip(9), "has format 8193");
    damaged(
        &flip(HEADER_LEN + 5),
        "hash of manifest and settings does not match",
    );
    damaged(&flip(30), "hash of manifest and settings does not match");
    damaged(
        &flip(bytes.len() - 9),
        "hash of the plugin's files does not match",
    );
    let text = Payload::parse(&bytes[..bytes.len() - 1])
        .unwrap_err()
        .to_string();
    assert!(
        text.ends_with("build the plugin again with `osaurus-bridge build`"),
        "{text}"
    );
}

#[test]
fn settings_of_a_newer_program_are_refused_by_number() {
    let folder = tempfile::tempdir().unwrap();
    let newer = osaurus_payload::BridgeConfig {
        format: 7,
        ..config()
    };
    let bytes = Payload::from_folder("{}".into(), newer, folder.path())
        .unwrap()
        .to_bytes()
        .unwrap();
    damaged(&bytes, "has format 7, this library reads format 1");
}
