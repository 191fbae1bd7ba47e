//! Queues, the end of a plugin, and the tiny host of `manifest extract`.

use crate::support::*;
use osaurus_reference_host::{Host, LoadedPlugin, Profile, StubTable, extract_manifest};
use serde_json::{Value, json};
use std::os::unix::process::ExitStatusExt;
use std::sync::Arc;
use std::time::Duration;

fn with_system_tool(id: &str) -> Value {
    let mut manifest = manifest(id);
    for tool in manifest["capabilities"]["tools"].as_array_mut().unwrap() {
        if tool["id"] == "sleep" {
            tool["requirements"] = json!(["Accessibility"]);
        }
    }
    manifest
}

fn sleep(
    plugin: &Arc<LoadedPlugin>,
    ms: &str,
) -> Result<String, osaurus_reference_host::CallError> {
    plugin.try_invoke_raw("tool", "sleep", ms, None)
}

#[test]
fn tools_that_drive_the_system_run_one_at_a_time_across_plugins() {
    let host = Host::builder()
        .tool_limit(Duration::from_millis(400))
        .build()
        .unwrap();
    let one = host
        .load(&probe_with(&with_system_tool("dev.one")))
        .unwrap();
    let two = host
        .load(&probe_with(&with_system_tool("dev.two")))
        .unwrap();
    let free = host.load(&probe_with(&manifest("dev.free"))).unwrap();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| sleep(&one, "3000"));
        first.join().unwrap().unwrap_err();
        let error = sleep(&two, "0").unwrap_err().to_string();
        assert!(
            error.contains("timed out"),
            "it waits for the other plugin's call: {error}"
        );
        assert!(sleep(&free, "0").is_ok(), "other tools do not wait");
    });
}

#[test]
fn a_call_elsewhere_that_never_ends_leaks_the_context() {
    let limit = Duration::from_millis(150);
    let host = Host::builder()
        .tool_limit(limit)
        .drain_limit(limit)
        .build()
        .unwrap();
    let plugin = host
        .load(&probe_with(&with_system_tool("dev.one")))
        .unwrap();
    sleep(&plugin, "1500").unwrap_err();
    assert!(!host.unload(&plugin));
    assert_eq!(
        plugin
            .try_invoke_raw("tool", "raw", "x", None)
            .unwrap_err()
            .to_string(),
        "Plugin has been shut down"
    );
}

#[test]
fn the_stub_host_gives_the_manifest_and_closes() {
    let test = "ending::the_stub_host_gives_the_manifest_and_closes";
    let id = manifest_macro(&manifest("dev.stub"));
    if let Some(case) = child_case() {
        let library = probe(&["WITH_V2", &id, "READ_TABLE_IN_INIT"]);
        let table = if case == "short" {
            StubTable::Short
        } else {
            StubTable::Full
        };
        let _ = extract_manifest(&library, table);
        return;
    }
    for table in [StubTable::Short, StubTable::Full] {
        let text = extract_manifest(&probe(&["WITH_V2", &id]), table).unwrap();
        assert!(text.contains("dev.stub"));
    }
    let old = extract_manifest(&probe(&["WITH_V1", &id]), StubTable::Short).unwrap();
    assert!(old.contains("dev.stub"));
    let failed = extract_manifest(&probe(&["WITH_V2", "FAIL_INIT"]), StubTable::Short);
    assert_eq!(
        failed.unwrap_err().to_string(),
        "Plugin initialization failed"
    );
    for case in ["short", "full"] {
        let status = in_child(test, case).status;
        assert!(
            matches!(status.signal(), Some(libc::SIGSEGV | libc::SIGBUS)),
            "{case}: {status:?}"
        );
    }
}

#[test]
fn the_documented_side_ignores_min_osaurus_and_has_missing_slots_as_null() {
    let mut newer = manifest("dev.newer");
    newer["min_osaurus"] = json!("99.0.0");
    let library = probe_with(&newer);
    assert!(Host::builder().build().unwrap().load(&library).is_err());
    let host = Host::builder()
        .abi(3)
        .profile(Profile::Documented)
        .build()
        .unwrap();
    let plugin = host.load(&library).unwrap();
    let agent = Probe(&plugin, alice()).order("null_slot", &["24"]);
    assert_eq!(agent, "NULL");
}
