//! `osaurus-bridge abi diff`, `frozen` and `next`, on versions, headers, specs and a draft.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn abi(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_osaurus-bridge"));
    let output = command
        .current_dir(folder)
        .arg("abi")
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().unwrap();
    (code, text(&output.stdout), text(&output.stderr))
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
fn a_compatible_version_ends_with_0() {
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
fn a_removed_function_of_a_header_says_where_calls_land_and_ends_with_1() {
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
            "\n[[accepted]]\nrule = \"abi::slot_reserved\"\nitem = \"osr_host_api.{item}\"\nreason = \"{reason}\"\n"
        )
    };
    let (code, out, err) = diff(&entry("get_active_agent_id", "Nobody calls it."));
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("accepted: Nobody calls it."), "{out}");
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
        "version 2: host.members.log.c_type shipped as \"void (*)(int level, const char* message)\" and is",
        "put the spec back: what shipped never changes",
        "osaurus-bridge abi diff v2 spec",
    ] {
        assert!(err.contains(text), "{text} is not in {err}");
    }
}

const DRAFT: &str = "doc = \"Adds a clock.\"\n[[slot]]\nname = \"host_time\"\ngroup = \"base\"\nthread = \"any\"\n\
    blocking = \"no\"\ndoc = \"Tells the time.\"\nparams = []\n\
    returns = { type = \"string\", ownership = \"free_with_host\", doc = \"The time.\" }\n";

#[test]
fn an_imaginary_version_7_costs_plugins_of_all_versions_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("draft.toml"), DRAFT).unwrap();
    let (code, out, err) = abi(
        folder.path(),
        &["next", "draft.toml", "-o", "out", "--json"],
    );
    assert_eq!(code, 0, "{out}{err}");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (
            report["version"].as_u64(),
            report["host_table_size"].as_u64()
        ),
        (Some(7), Some(208))
    );
    let plugins = report["plugins"].as_array().unwrap();
    assert_eq!(plugins.len(), 7, "one for each version, the draft's too");
    for (at, plugin) in plugins.iter().enumerate() {
        let told = plugin["draft"]["tools"][0].as_str().unwrap();
        assert_eq!(told.contains("config_set=done"), at >= 1, "{plugin}");
        assert_eq!(
            told.contains("get_active_agent_id=text"),
            at >= 3,
            "{plugin}"
        );
        assert!(!told.contains("missing"), "{plugin}");
    }
    let header = "out/generated/codegen/generated/c/v7/osaurus_plugin.h";
    let (code, out, err) = abi(folder.path(), &["diff", header, "out/spec"]);
    assert!(
        code == 0 && out.ends_with("nothing changed\n"),
        "{out}{err}"
    );
}

#[test]
fn a_draft_that_is_not_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for (draft, text) in [
        ("doc = ".to_owned(), "the draft is no TOML"),
        ("doc = \"x\"".to_owned(), "the draft has no [[slot]]"),
        (
            DRAFT.replace("doc = \"Adds a clock.\"", ""),
            "the draft has no `doc`",
        ),
        (format!("extra = 1\n{DRAFT}"), "the draft has `extra`"),
        (
            DRAFT.replace("host_time", "log"),
            "error[spec::duplicate_name]",
        ),
    ] {
        std::fs::write(folder.path().join("draft.toml"), draft).unwrap();
        let (code, _, err) = abi(folder.path(), &["next", "draft.toml", "-o", "out"]);
        assert!(code == 1 && err.contains(text), "{text} is not in {err}");
    }
}
