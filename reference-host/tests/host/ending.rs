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

/// Runs `test` in a child, because the queue is process-wide; the child says where its marks lie.
fn alone(test: &str) -> Option<std::path::PathBuf> {
    if let Some(marks) = child_case() {
        return Some(marks.into());
    }
    let folder = tempfile::tempdir().unwrap();
    let marks = folder.path().join("marks");
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env("PROBE_CASE", &marks)
        .env("PROBE_MARKS", &marks)
        .output()
        .unwrap();
    assert_ok(&output);
    None
}

fn wait_until(condition: impl Fn() -> bool) {
    let end = std::time::Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(std::time::Instant::now() < end, "waited for a minute");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Lets the plugin sleep for minutes and returns once it does.
fn hold(plugin: &Arc<LoadedPlugin>, marks: &std::path::Path) {
    let plugin = Arc::clone(plugin);
    std::thread::spawn(move || sleep(&plugin, "600000"));
    wait_until(|| {
        std::fs::read_to_string(marks)
            .unwrap_or_default()
            .contains("sleeps")
    });
}

#[test]
fn tools_that_drive_the_system_run_one_at_a_time_across_plugins() {
    let test = "ending::tools_that_drive_the_system_run_one_at_a_time_across_plugins";
    let Some(marks) = alone(test) else { return };
    let host = Host::builder()
        .tool_limit(Duration::from_secs(5))
        .build()
        .unwrap();
    let one = host
        .load(&probe_with(&with_system_tool("dev.one")))
        .unwrap();
    let two = host
        .load(&probe_with(&with_system_tool("dev.two")))
        .unwrap();
    let free = host.load(&probe_with(&manifest("dev.free"))).unwrap();
    hold(&one, &marks);
    assert!(sleep(&free, "0").is_ok(), "other tools do not wait");
    let error = sleep(&two, "0").unwrap_err().to_string();
    assert_eq!(
        error, "Tool 'sleep' timed out after 5s",
        "behind the other plugin's call"
    );
    // The held call would keep the host from ending.
    std::process::exit(0);
}

#[test]
fn a_call_elsewhere_that_never_ends_leaks_the_context() {
    let test = "ending::a_call_elsewhere_that_never_ends_leaks_the_context";
    let Some(marks) = alone(test) else { return };
    let host = Host::builder()
        .drain_limit(Duration::from_millis(100))
        .build()
        .unwrap();
    let plugin = host
        .load(&probe_with(&with_system_tool("dev.one")))
        .unwrap();
    hold(&plugin, &marks);
    assert!(!host.unload(&plugin));
    wait_until(|| {
        host.log_lines()
            .iter()
            .any(|line| line.message.contains("it is never destroyed"))
    });
    assert!(!std::fs::read_to_string(&marks).unwrap().contains("destroy"));
    let error = plugin.try_invoke_raw("tool", "raw", "x", None).unwrap_err();
    assert_eq!(error.to_string(), "Plugin has been shut down");
    std::process::exit(0);
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
