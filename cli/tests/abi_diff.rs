//! `osaurus-bridge abi diff` and `frozen`, on versions, headers and specs.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod support;

use std::path::Path;
use support::{root, run};

fn abi(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    run(folder, &[&["abi"], arguments].concat())
}

/// A copy of the spec in `spec/`, with one text of host.toml replaced.
fn edited(from: &str, to: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in osaurus_abi_spec::embedded() {
        let path = folder.path().join("spec").join(&name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let text = if name == "host.toml" {
            assert!(text.contains(from), "host.toml has no {from:?}");
            text.replacen(from, to, 1)
        } else {
            text
        };
        std::fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn a_compatible_version_exits_with_0() {
    let (code, out, err) = abi(Path::new("."), &["diff", "v5", "v6"]);
    let expected = "\
v5 -> v6: 0 breaking, 0 compatible with notice, 2 compatible

compatible
  free_string was added at the end, at 192, in version 6  [abi::slot_appended]
  OSR_ABI_VERSION_6 (6) was added  [abi::constant_added]
";
    assert_eq!((code, out.as_str(), err.as_str()), (0, expected, ""));
}

#[test]
fn a_removed_function_of_a_header_says_where_calls_land_and_exits_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let header = root().join("codegen/generated/c/v6/osaurus_plugin.h");
    let text = std::fs::read_to_string(&header).unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.starts_with("OSR_STATIC_ASSERT("));
    let text = lines.collect::<Vec<_>>().join("\n");
    let slot = "    osr_log_structured_fn log_structured;";
    let at = text.find(slot).unwrap();
    let text = format!("{}{}", &text[..at], &text[at + slot.len()..]);
    std::fs::write(folder.path().join("new.h"), text).unwrap();
    let (code, out, err) = abi(folder.path(), &["diff", header.to_str().unwrap(), "new.h"]);
    assert_eq!(code, 1, "{out}{err}");
    let hit = "hits plugins built for v5 to v6: a call of log_structured now lands on free_string";
    assert!(out.contains(hit), "{out}");
}

#[test]
fn a_ledger_accepts_a_break_with_a_reason_and_nothing_else() {
    let folder = edited(
        "name = \"get_active_agent_id\"",
        "name = \"get_active_agent_id\"\nreserved = \"Gone.\"",
    );
    let diff = |ledger: &str| {
        std::fs::write(folder.path().join("ledger.toml"), ledger).unwrap();
        abi(
            folder.path(),
            &["diff", "v6", "spec", "--ledger", "ledger.toml"],
        )
    };
    let (code, out, _) = diff("");
    assert_eq!(code, 1, "{out}");
    let entry = |item: &str, reason: &str| {
        format!(
            "\n[[accepted]]\nrule = \"abi::slot_reserved\"\nitem = \"osr_host_api.{item}\"\nreason \
             = \"{reason}\"\n"
        )
    };
    let (code, out, err) = diff(&entry("get_active_agent_id", "No plugin calls it."));
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("accepted: No plugin calls it."), "{out}");
    for (ledger, text) in [
        (
            entry("get_active_agent_id", ""),
            "ledger.toml:2: abi::slot_reserved of osr_host_api.get_active_agent_id has no reason",
        ),
        (
            entry("log", "x"),
            "ledger.toml:2: no change is abi::slot_reserved of osr_host_api.log",
        ),
        (
            "\n\nnonsense = 1\n".to_owned(),
            "ledger.toml:3: unknown field",
        ),
    ] {
        let (code, out, err) = diff(&ledger);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains(text), "{text} is not in {err}");
    }
}

#[test]
fn the_spec_is_what_shipped_and_another_is_told_what_to_do() {
    let (code, out, err) = abi(Path::new("."), &["frozen", "--check"]);
    assert_eq!(
        (code, out.as_str(), err.as_str()),
        (0, "Every version is what shipped.\n", "")
    );
    let folder = edited(
        "{ name = \"level\", type = \"int\"",
        "{ name = \"volume\", type = \"int\"",
    );
    let (code, _, err) = abi(folder.path(), &["frozen", "--check", "--spec", "spec"]);
    assert_eq!(code, 1, "{err}");
    for text in [
        "version 2: host.members.log.c_type shipped as \"void (*)(int level, const char* \
         message)\" and is",
        "put the spec back: what shipped never changes",
        "osaurus-bridge abi diff v2 spec",
    ] {
        assert!(err.contains(text), "{text} is not in {err}");
    }
}
