//! The payload's bytes and its cache: nothing lost, nothing invented, damage named, nothing outside
//! the folder.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails here"
)]
mod archives;
mod bytes;
mod cache;
#[path = "../common/mod.rs"]
mod common;
mod shared;
use osaurus_payload::Payload;
use std::fs;
use std::path::{Path, PathBuf};

/// What is in a folder, but for the mark that says whose it is.
fn left(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .filter(|path| !path.ends_with("CACHEDIR.TAG"))
        .collect()
}

fn unpacked(payload: &Payload, cache: &Path) -> PathBuf {
    payload.unpack_to_cache(cache).unwrap().folder().into()
}

fn damaged(bytes: &[u8], expected: &str) {
    let text = Payload::parse(bytes).unwrap_err().to_string();
    assert!(text.contains(expected), "{text}");
}
