//! The fuzz targets: bytes from outside into a real host through a real plugin, and what must be
//! true of the answers. `script/fuzz` runs them under libFuzzer; `tests/corpus.rs` plays the
//! committed inputs. A target panics on a finding.

#![expect(
    clippy::expect_used,
    reason = "a harness: what it sets up must work, and a target's panic is its finding"
)]

mod chat;
mod database;
mod http;
mod manifest;
mod probe;
mod route;

/// A target: its name, which is its corpus' folder, and what it does with an input.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 5] = [
    ("manifest", manifest::run),
    ("route", route::run),
    ("database", database::run),
    ("http", http::run),
    ("chat", chat::run),
];

/// The target of this name.
pub fn target(name: &str) -> Option<fn(&[u8])> {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    target.map(|(_, run)| *run)
}

/// The parts of an input, which end at a NUL. A missing part is empty, what follows the last is
/// ignored.
fn parts<const N: usize>(input: &[u8]) -> [String; N] {
    let mut parts = input.split(|byte| *byte == 0);
    std::array::from_fn(|_| String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned())
}
