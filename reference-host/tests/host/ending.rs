//! Queues, the end of a plugin, and the tiny host of `manifest extract`.

use crate::support::*;
use osaurus_reference_host::{
    ActivityQuery, AgentId, Host, LoadedPlugin, Profile, StubTable, extract_manifest,
};
use serde_json::{Value, json};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
fn alone(test: &str) -> Option<PathBuf> {
    if let Some(marks) = child_case() {
        return Some(marks.into());
    }
    let folder = tempfile::tempdir().unwrap();
    let marks = folder.path().join("marks");
    let output = child(test, &marks).env("PROBE_MARKS", &marks).output();
    assert_ok(&output.unwrap());
    None
}

/// Lets the plugin sleep for minutes and returns once it does.
fn hold(plugin: &Arc<LoadedPlugin>, marks: &Path) {
    let plugin = Arc::clone(plugin);
    std::thread::spawn(move || sleep(&plugin, "600000"));
    until("the test goes on", || read(marks).contains("sleeps"));
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
        "after the other plugin's call"
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
    until("the test goes on", || {
        host.log_lines()
            .iter()
            .any(|line| line.message.contains("it is never destroyed"))
    });
    assert!(!read(&marks).contains("destroy"));
    let error = plugin.try_invoke_raw("tool", "raw", "x", None).unwrap_err();
    assert_eq!(error.to_string(), "Plugin has been shut down");
    std::process::exit(0);
}

fn read(marks: &Path) -> String {
    std::fs::read_to_string(marks).unwrap_or_default()
}

/// Lets the plugin's tool `wait` run until the returned gate is opened.
fn waiting(plugin: &Arc<LoadedPlugin>, marks: &Path) -> PathBuf {
    let gate = marks.with_file_name(format!("{}.gate", plugin.id()));
    let (caller, path) = (Arc::clone(plugin), gate.clone());
    std::thread::spawn(move || caller.invoke_raw("tool", "wait", path.to_str().unwrap(), None));
    until("the test goes on", || {
        gate.with_extension("gate.entered").exists()
    });
    gate
}

#[test]
fn a_call_on_the_plugins_own_queue_lets_the_caller_go_on_and_destroy_comes_later() {
    let test =
        "ending::a_call_on_the_plugins_own_queue_lets_the_caller_go_on_and_destroy_comes_later";
    let Some(marks) = alone(test) else { return };
    let builder = Host::builder().drain_limit(Duration::from_millis(100));
    let (host, plugin) = loaded(builder);
    let gate = waiting(&plugin, &marks);
    assert!(!host.unload(&plugin), "it still runs");
    let lines = host.log_lines();
    let text = "unloading took longer than its limit; destroy may still be called later";
    assert!(lines.iter().any(|line| line.message == text), "{lines:?}");
    let refused = plugin.try_invoke_raw("tool", "raw", "x", None).unwrap_err();
    assert_eq!(refused.to_string(), "Plugin has been shut down");
    assert!(!read(&marks).contains("destroy"));
    std::fs::write(gate, "").unwrap();
    until("the test goes on", || read(&marks).contains("destroy"));
}

/// Goes on telling the plugin numbered settings, each after the one before.
fn race(plugin: &Arc<LoadedPlugin>, thread: u32, stop: &AtomicBool) {
    for number in 0.. {
        let key = format!("race{thread}.{number}");
        plugin.config_changed(AgentId::named("alice"), &key, "v");
        if stop.load(Ordering::SeqCst) {
            return;
        }
    }
}

/// What the plugin was told of a thread's settings: the first ones, without gaps.
fn assert_first_ones(told: &str, thread: u32) {
    let start = format!("race{thread}.");
    let own: Vec<&str> = told.lines().filter(|key| key.starts_with(&start)).collect();
    let expected: Vec<String> = (0..own.len()).map(|n| format!("{start}{n}")).collect();
    assert_eq!(own, expected);
}

#[test]
fn settings_queued_before_the_end_are_delivered_in_order_and_later_ones_dropped() {
    let test =
        "ending::settings_queued_before_the_end_are_delivered_in_order_and_later_ones_dropped";
    let Some(marks) = alone(test) else { return };
    let host = Host::builder().build().unwrap();
    let id = manifest_macro(&manifest("dev.probe"));
    let library = probe(&["WITH_V2", &id, "HOLD_CONFIG"]);
    let (plugin, alice) = (host.load(&library).unwrap(), AgentId::named("alice"));
    let (gate, stop) = (marks.with_file_name("gate"), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| plugin.config_changed(alice, "hold", gate.to_str().unwrap()));
        until("the test goes on", || {
            gate.with_extension("entered").exists()
        });
        // Queued after the one that is held.
        for key in ["one", "two"] {
            host.save_settings("dev.probe", alice, &[(key, "v")])
                .unwrap();
        }
        let ended = scope.spawn(|| host.unload(&plugin));
        for thread in 0..4 {
            let (plugin, stop) = (&plugin, &stop);
            scope.spawn(move || race(plugin, thread, stop));
        }
        std::fs::write(&gate, "").unwrap();
        let ended = ended.join().unwrap();
        stop.store(true, Ordering::SeqCst);
        assert!(ended);
    });
    plugin.config_changed(alice, "late", "v");
    let marks = read(&marks);
    let (told, after) = marks.split_once("destroy\n").unwrap();
    assert!(after.is_empty(), "nothing comes after destroy: {after}");
    assert!(told.contains("hold\none\ntwo\n"), "{told}");
    (0..4).for_each(|thread| assert_first_ones(told, thread));
}

#[test]
fn a_record_says_that_the_caller_stopped_waiting_counted_from_when_it_asked() {
    let test = "ending::a_record_says_that_the_caller_stopped_waiting_counted_from_when_it_asked";
    let Some(marks) = alone(test) else { return };
    let mut manifest = manifest("dev.probe");
    let tool = |id: &str| json!({"id": id, "description": "d", "requirements": ["automation"]});
    manifest["capabilities"]["tools"] = json!([tool("wait"), tool("raw")]);
    let builder = Host::builder().tool_limit(Duration::from_secs(1));
    let host = builder.build().unwrap();
    let plugin = host.load(&probe_with(&manifest)).unwrap();
    let gate = waiting(&plugin, &marks);
    let queued = plugin.try_invoke_raw("tool", "raw", "x", None).unwrap_err();
    assert_eq!(queued.to_string(), "Tool 'raw' timed out after 1s");
    std::fs::write(gate, "").unwrap();
    let record = |tool: &str| {
        let calls = host.records(&ActivityQuery::new().slot("invoke"));
        calls.into_iter().find(|call| call.path.ends_with(tool))
    };
    until("the test goes on", || record("/raw").is_some());
    let late = ["the host had stopped waiting after 1s"];
    assert_eq!(record("/wait").unwrap().notes, late);
    let queued = record("/raw").unwrap();
    assert_eq!(queued.notes, late, "it ran for {} µs", queued.duration_us);
    let slow = plugin.invoke_on_this_thread("tool", "sleep", "1100", None);
    assert_eq!(slow.unwrap(), r#"{"ok":true}"#);
    assert!(
        record("/sleep").unwrap().notes.is_empty(),
        "no caller has a limit here"
    );
}

#[test]
fn the_stub_host_gives_the_manifest_and_closes() {
    let test = "ending::the_stub_host_gives_the_manifest_and_closes";
    let id = manifest_macro(&manifest("dev.stub"));
    let reads_in_init = || probe(&["WITH_V2", &id, "READ_TABLE_IN_INIT"]);
    if child_case().is_some() {
        let _ = extract_manifest(&reads_in_init(), StubTable::March2026);
        return;
    }
    for table in [StubTable::Today, StubTable::March2026] {
        let text = extract_manifest(&probe(&["WITH_V2", &id]), table).unwrap();
        assert!(text.contains("dev.stub"));
    }
    let old = extract_manifest(&probe(&["WITH_V1", &id]), StubTable::Today).unwrap();
    assert!(old.contains("dev.stub"));
    let failed = extract_manifest(&probe(&["WITH_V2", "FAIL_INIT"]), StubTable::Today);
    assert_eq!(
        failed.unwrap_err().to_string(),
        "Plugin initialization failed"
    );
    let lucky = extract_manifest(&reads_in_init(), StubTable::Today).unwrap();
    assert!(lucky.contains("dev.stub"), "the table is still there");
    let status = in_child(test, "march").status;
    assert!(
        matches!(status.signal(), Some(libc::SIGSEGV | libc::SIGBUS)),
        "{status:?}"
    );
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

#[test]
fn exactly_as_osaurus_unloading_waits_as_long_as_a_call_runs() {
    let test = "ending::exactly_as_osaurus_unloading_waits_as_long_as_a_call_runs";
    let Some(marks) = alone(test) else { return };
    let builder = Host::builder().profile(Profile::OsaurusExact);
    let (host, plugin) = loaded(builder.drain_limit(Duration::from_millis(50)));
    let gate = waiting(&plugin, &marks);
    let opener = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        std::fs::write(gate, "").unwrap();
    });
    assert!(host.unload(&plugin), "destroyed when this returns");
    opener.join().unwrap();
    assert!(read(&marks).contains("destroy"));
}

/// SQLite's own end comes after `main`: a database that is open then may meet it.
#[test]
fn no_database_is_open_once_the_host_is_dropped_even_if_its_plugins_are_still_held() {
    let test =
        "ending::no_database_is_open_once_the_host_is_dropped_even_if_its_plugins_are_still_held";
    let Some(_) = alone(test) else { return };
    let use_one = || {
        let (host, plugin) = loaded(Host::builder());
        Probe(&plugin, None).exec("CREATE TABLE t(a)", "");
        drop(host);
        plugin
    };
    drop(use_one());
    let before = osaurus_reference_host::database_memory();
    let plugin = use_one();
    assert_eq!(osaurus_reference_host::database_memory(), before);
    let error = plugin.try_invoke_raw("tool", "raw", "x", None).unwrap_err();
    assert_eq!(error.to_string(), "Plugin has been shut down");
    std::process::exit(0);
}
