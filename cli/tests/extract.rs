//! `inspect --extract`: the manifest as Osaurus' release tool gets it, and what becomes of plugins
//! that read too much. `model-view`: what models get to see of a plugin's tools.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a failing test")]

mod support;

use serde_json::json;
use std::path::Path;
use std::process::Output;
use support::{assert_fails, bridge};

fn plugin(folder: &Path, name: &str, macros: &[&str]) -> String {
    let manifest = json!({"plugin_id": "dev.extract", "capabilities": {}});
    let manifest = serde_json::Value::from(manifest.to_string());
    let more: String = macros
        .iter()
        .map(|one| format!("#define {one}\n"))
        .collect();
    let lines = format!("#define MANIFEST {manifest}\n{more}");
    let library = support::plugin(folder, name, "reference-host/tests/host/probe.c", &lines);
    library.to_str().unwrap().to_string()
}

fn extract(library: &str) -> Output {
    bridge(&["inspect", "--extract", library]).output().unwrap()
}

fn extract_as_in_march(library: &str) -> Output {
    let option = "--extract=march-2026";
    bridge(&["inspect", option, library]).output().unwrap()
}

#[test]
fn the_manifest_is_printed_as_the_plugin_gives_it_and_nothing_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    for entry in ["WITH_V2", "WITH_V1"] {
        let output = extract(&plugin(folder.path(), entry, &[entry]));
        assert!(output.status.success(), "{output:?}");
        let manifest = String::from_utf8(output.stdout).unwrap();
        assert_eq!(
            manifest,
            "{\"plugin_id\":\"dev.extract\",\"capabilities\":{}}\n"
        );
    }
}

#[test]
fn a_plugin_that_reads_its_host_table_after_the_entry_is_told_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let reads = ["WITH_V2", "READ_TABLE_IN_INIT"];
    let reads = plugin(folder.path(), "reads", &reads);
    let today = extract(&reads);
    assert!(
        today.status.success(),
        "the table is still there: {today:?}"
    );
    let output = extract_as_in_march(&reads);
    let advice = "  try: keep the host's pointer and read nothing through it in entry, init, \
                  get_manifest and destroy";
    assert_fails(
        &output,
        1,
        &[
            "reads.so does not load (signal: ",
            "the process that loaded it ended",
            advice,
        ],
    );
}

#[test]
fn other_failures_have_the_messages_of_osaurus() {
    let folder = tempfile::tempdir().unwrap();
    let output = extract(&plugin(folder.path(), "fails", &["WITH_V2", "FAIL_INIT"]));
    assert_fails(
        &output,
        1,
        &[
            "does not load (exit status: 1)",
            "Plugin initialization failed",
        ],
    );
    let missing = extract(&format!("{}/none.so", folder.path().display()));
    assert_fails(
        &missing,
        1,
        &["none.so does not exist", "osaurus-bridge build"],
    );
}

#[test]
fn a_models_view_has_names_first_lines_and_sizes_beside_the_limits() {
    let folder = tempfile::tempdir().unwrap();
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let tools = json!([
        {"id": "echo", "description": "Says it again.\nAlways.", "parameters": schema},
        {"id": "odd", "description": "Takes anything.", "parameters": {}},
    ]);
    let manifest = json!({"plugin_id": "dev.view", "capabilities": {"tools": tools}});
    let manifest = serde_json::Value::from(manifest.to_string());
    let lines = format!("#define MANIFEST {manifest}\n#define WITH_V2\n");
    let library = support::plugin(
        folder.path(),
        "view",
        "reference-host/tests/host/probe.c",
        &lines,
    );
    let manifest = |options: &[&str]| {
        let output = bridge(&["model-view", library.to_str().unwrap()])
            .args(options)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let text = manifest(&[]);
    for part in [
        "An agent that loads tools on demand, model builtin\n",
        "first turn       complete, clarify, share_artifact, capabilities\n",
        "of 6000 characters\n",
        "Says it again.\n",
        "! the description has several lines; the prompt has one line for each tool\n",
        "! Loaded tool 'odd' parameter schema must declare type: object.\n",
        "  tool/echo — Says it again.",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(
        manifest(&["--context", "4096"]).starts_with("The model's context is too small for tools")
    );
    assert!(
        manifest(&["--default-agent"]).starts_with("The Default agent, which gets no plugin tools")
    );
    let view: serde_json::Value =
        serde_json::from_str(&manifest(&["--pick", "echo", "--json"])).unwrap();
    assert_eq!(
        view["schema"],
        json!(["complete", "clarify", "share_artifact", "echo"])
    );
    let echo = &view["plugins"][0]["tools"][0];
    assert_eq!(
        (&echo["name"], &echo["in_schema"]),
        (&json!("echo"), &json!(true))
    );
    let library = library.to_str().unwrap();
    let wrong = bridge(&["model-view", library, "--pick", "ecko"])
        .output()
        .unwrap();
    assert_fails(
        &wrong,
        1,
        &["no plugin has a tool \"ecko\"", "pick from: echo, odd"],
    );
}
