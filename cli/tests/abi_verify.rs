//! `osaurus-bridge abi verify`, on generated headers, on mirrors that people write, and on broken
//! ones.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod support;

use serde_json::Value;
use std::path::{Path, PathBuf};
use support::{root, run};

fn generated(version: u32) -> PathBuf {
    root().join(format!("codegen/generated/c/v{version}/osaurus_plugin.h"))
}

fn verify(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    run(folder, &[&["abi", "verify"], arguments].concat())
}

/// The generated header of version 6 without its own checks, edited.
fn mirror(edits: &[(&str, &str)]) -> tempfile::TempDir {
    let text = std::fs::read_to_string(generated(6)).unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.starts_with("OSR_STATIC_ASSERT("));
    let bare = lines.map(|line| line.split("  ///<").next().unwrap_or(line));
    let mut text = bare.collect::<Vec<_>>().join("\n");
    for (from, to) in edits {
        assert!(text.contains(from), "the header has no {from:?}");
        text = text.replacen(from, to, 1);
    }
    written("mirror.h", &text)
}

fn written(name: &str, text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), text).unwrap();
    folder
}

#[test]
fn every_generated_header_matches_its_version() {
    for version in 1..=6 {
        let header = generated(version);
        let (code, out, err) = verify(Path::new("."), &[header.to_str().unwrap()]);
        assert_eq!(code, 0, "{out}{err}");
        let verdict = format!("{} matches ABI version {version}\n", header.display());
        assert!(out.starts_with(&verdict), "{out}");
    }
}

#[test]
fn a_skipped_log_structured_is_explained_in_full() {
    let folder = mirror(&[("    osr_log_structured_fn log_structured;\n", "")]);
    let (code, out, err) = verify(folder.path(), &["mirror.h"]);
    let expected = "\
mirror.h does not match ABI version 6

osr_host_api (192 bytes, must be 200)
  log_structured is missing; since version 5 it is at 184
  free_string is at 184, must be at 192
    host->free_string(const char* s) would run log_structured(int level, const char* message, const char* payload_json)

osr_plugin_api (72 bytes): every member is in its place

To fix it:
  - osr_host_api: add `void (*log_structured)(int level, const char* message, const char* payload_json);` after `get_active_agent_id`
  - or use the header of `osaurus-bridge gen c --abi 6`
";
    assert_eq!((code, out.as_str(), err.as_str()), (1, expected, ""));
}

#[test]
fn a_mirror_in_another_style_matches() {
    let text = "#include <stdint.h>\nstruct osr_plugin_api {\n  void (*free_string)(const char*), *(*init)(void);\n\
        void (*destroy)(void *ctx);\n  const char *(*get_manifest)(void *);\n\
        const char *(*invoke)(void *ctx, const char *a, const char *b, const char *c);\n\
        uint32_t version; uint32_t reserved_padding;\n  const char *(*handle_route)(void *, const char *);\n\
        void (*on_config_changed)(void *, const char *, const char *);\n\
        void (*on_task_event)(void *, const char *, int32_t, const char *);\n};\n";
    let folder = written("own.h", text);
    let (code, out, err) = verify(folder.path(), &["own.h", "--abi", "6"]);
    assert_eq!(code, 0, "{out}{err}");
    let note = "note: osr_host_api is not declared in it, so it was not checked";
    assert!(
        out.contains("every member is in its place") && out.contains(note),
        "{out}"
    );
}

#[test]
fn a_later_function_at_the_end_is_a_note_and_one_in_between_is_not() {
    let free = "    osr_host_free_string_fn free_string;\n";
    let later = format!("{free}    void (*next)(void);\n");
    let folder = mirror(&[(free, &later)]);
    let (code, out, _) = verify(folder.path(), &["mirror.h"]);
    assert_eq!(code, 0, "{out}");
    assert!(
        out.contains("note: next at 200 is not in this spec, whose newest version is 6"),
        "{out}"
    );

    let before = format!("    void (*next)(void);\n{free}");
    let folder = mirror(&[(free, &before)]);
    let (code, out, _) = verify(folder.path(), &["mirror.h"]);
    assert_eq!(code, 1, "{out}");
    for text in [
        "  next at 192 is not in version 6\n",
        "  free_string is at 200, must be at 192\n",
        "    host->free_string(const char* s) would read past the end of a version 6 host's table \
         (200 bytes)\n",
        "  - osr_host_api: remove `next`\n",
    ] {
        assert!(out.contains(text), "{text} is not in:\n{out}");
    }
}

#[test]
fn what_the_host_would_call_in_a_wrong_plugin_table_is_named() {
    let (manifest, invoke) = (
        "    osr_get_manifest_fn get_manifest;\n",
        "    osr_invoke_fn invoke;\n",
    );
    let folder = mirror(&[(invoke, ""), (manifest, &format!("{invoke}{manifest}"))]);
    let (code, out, _) = verify(folder.path(), &["mirror.h", "--json"]);
    assert_eq!(code, 1, "{out}");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (report["matches"].as_bool(), report["abi"].as_str()),
        (Some(false), Some("6"))
    );
    let finding = &report["tables"][1]["findings"][0];
    assert_eq!(
        (
            finding["kind"].as_str(),
            finding["found"].as_u64(),
            finding["expected"].as_u64()
        ),
        (Some("moved"), Some(32), Some(24))
    );
    let lands = finding["lands"].as_str().unwrap();
    assert!(
        lands
            .starts_with("the host's call of get_manifest(osr_plugin_ctx_t ctx) would run invoke("),
        "{lands}"
    );
    let steps = report["fixes"][0].as_str().unwrap();
    assert!(steps.starts_with("osr_plugin_api: move `"), "{steps}");
}

#[test]
fn wrong_types_constants_and_packing_are_found() {
    let folder = mirror(&[
        (
            "    osr_log_fn log;",
            "    void (*log)(const char* message, int level);",
        ),
        ("#define OSR_LOG_WARN 3", "#define OSR_LOG_WARN 4"),
        (
            "typedef struct osr_plugin_api {",
            "#pragma pack(push, 4)\ntypedef struct osr_plugin_api {",
        ),
        ("} osr_plugin_api;", "} osr_plugin_api;\n#pragma pack(pop)"),
    ]);
    let (code, out, _) = verify(folder.path(), &["mirror.h"]);
    assert_eq!(code, 1, "{out}");
    for text in [
        "  log has another type, must be `void (*log)(int level, const char* message)`\n",
        "  - osr_host_api: declare `log` as `void (*log)(int level, const char* message);`\n",
        "  OSR_LOG_WARN is 4, must be 3\n",
        "  handle_route is at 44, must be at 48\n",
        "  the table is aligned to 4 bytes, must be 8: no packing\n",
    ] {
        assert!(out.contains(text), "{text} is not in:\n{out}");
    }
}

#[test]
fn what_cannot_be_checked_exits_with_2_and_says_why() {
    let folder = written("broken.h", "typedef struct { nonsense x; } osr_host_api;\n");
    std::fs::write(folder.path().join("empty.h"), "int nothing;\n").unwrap();
    for (arguments, wanted) in [
        (["broken.h"].as_slice(), "does not compile as C:"),
        (
            &["empty.h"],
            "declares neither osr_host_api nor osr_plugin_api",
        ),
        (&["absent.h"], "cannot read absent.h"),
        (&["empty.h", "--abi", "7"], "--abi 7"),
    ] {
        let (code, out, err) = verify(folder.path(), arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {err}");
        assert!(
            err.contains(wanted) && err.contains("  try: "),
            "{arguments:?}: {err}"
        );
    }
    let (code, out, _) = verify(folder.path(), &["empty.h", "--json"]);
    let failure: Value = serde_json::from_str(&out).unwrap();
    assert!(code == 2 && failure["error"].is_string(), "{out}");
}
