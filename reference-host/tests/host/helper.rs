//! Hosts that run tools in helper processes: what stays, what a crash or a hang does, when helpers
//! end.

use crate::support::*;
use osaurus_reference_host::{ActivityQuery, Host, HostBuilder, Isolation, LoadedPlugin};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_osaurus-plugin-host");

#[test]
fn a_crash_or_a_hang_is_a_result_and_the_next_call_starts_anew() {
    let limit = Duration::from_secs(10);
    let host = Host::builder()
        .isolate(Isolation::EveryCall)
        .helper_program(PROGRAM, [""; 0])
        .helper_limit(limit)
        .build()
        .unwrap();
    let plugin = host.load(&probe_with(&manifest("dev.probe"))).unwrap();
    let probe = Probe(&plugin, alice());
    probe.config_set("k", "v");
    assert_eq!(probe.config_get("k"), "v", "host calls reach the host");
    assert_eq!(probe.active_agent(), alice().unwrap().to_string());
    let text = plugin
        .try_invoke_raw("tool", "crash", "", None)
        .unwrap_err()
        .to_string();
    assert!(
        text.starts_with("Plugin 'dev.probe': its helper process ended (signal: 6"),
        "{text}"
    );
    let text = plugin
        .try_invoke_raw("tool", "sleep", "60000", None)
        .unwrap_err()
        .to_string();
    assert_eq!(
        text,
        "Plugin 'dev.probe' did not respond within 10s; its helper process was terminated and will \
         restart on the next call"
    );
    assert_eq!(probe.config_get("k"), "v", "a new one");
    plugin.config_changed(alice().unwrap(), "seen", "yes");
    plugin.config_changed(alice().unwrap(), "seen", "yes");
    let events = || {
        probe
            .events()
            .iter()
            .filter(|line| line.contains("seen|yes"))
            .count()
    };
    for _ in 0..2000 {
        if events() == 2 {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(events(), 2, "equal values too");
    assert!(host.unload(&plugin));
    assert!(plugin.invoke_raw("tool", "raw", "x", None).is_none());
}

#[test]
fn only_tools_that_drive_the_system_leave_the_process_as_in_osaurus() {
    let mut manifest = manifest("dev.probe");
    manifest["capabilities"]["tools"][2]["requirements"] = json!(["AUTOMATION"]);
    let host = Host::builder()
        .isolate(Isolation::SystemTools)
        .helper_program("/nowhere/osaurus-plugin-host", [""; 0])
        .build()
        .unwrap();
    let plugin = host.load(&probe_with(&manifest)).unwrap();
    assert_eq!(
        Probe(&plugin, None).active_agent(),
        "NULL",
        "in the host's own process"
    );
    let text = plugin
        .try_invoke_raw("tool", "raw", "x", None)
        .unwrap_err()
        .to_string();
    assert!(
        text.starts_with("cannot start the helper /nowhere/osaurus-plugin-host"),
        "{text}"
    );
}

/// A host whose tools all run in helpers.
fn isolated(builder: HostBuilder) -> (Host, Arc<LoadedPlugin>) {
    let builder = builder.isolate(Isolation::EveryCall);
    loaded(builder.helper_program(PROGRAM, [""; 0]))
}

#[test]
fn a_helper_has_the_hosts_environment_and_no_standard_error() {
    let (_host, plugin) = isolated(Host::builder());
    let environment = Probe(&plugin, None).order("env", &[]);
    let mut variables: Vec<&str> = environment.lines().collect();
    variables.sort_unstable();
    let mut own: Vec<String> = std::env::vars()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    own.retain(|variable| !variable.contains('\n'));
    own.sort_unstable();
    for variable in own {
        assert!(variables.contains(&variable.as_str()), "{variable}");
    }
    assert_eq!(Probe(&plugin, None).order("stderr", &[]), "/dev/null");
}

#[test]
fn log_lines_of_a_helper_reach_the_console_alone() {
    let (host, plugin) = isolated(Host::builder());
    let probe = Probe(&plugin, alice());
    probe.call(&["23", "l3", "3", "from afar", "{}"]);
    let own = || {
        host.log_lines()
            .into_iter()
            .find(|line| line.message == "from afar")
    };
    until("the notice arrives", || own().is_some());
    let line = own().unwrap();
    assert_eq!((line.label, line.payload, line.agent), ("WARN", None, None));
    let records = host.activity();
    assert!(
        records.iter().all(|record| !record.slot.starts_with("log")),
        "{records:?}"
    );
}

#[test]
fn what_a_plugin_prints_does_not_meet_the_messages_of_its_helper() {
    let (_host, plugin) = isolated(Host::builder());
    for _ in 0..2 {
        assert_eq!(Probe(&plugin, None).order("print", &[]), "printed");
    }
}

/// In children, because environment and standard error are the process' own.
#[test]
fn the_environment_turns_helpers_on_and_names_their_program() {
    if let Some(expected) = child_case() {
        let mut manifest = manifest("dev.probe");
        let tool = json!({"id": "stderr", "description": "d", "requirements": ["Accessibility"]});
        manifest["capabilities"]["tools"] = json!([tool]);
        let host = Host::builder().build().unwrap();
        let plugin = host.load(&probe_with(&manifest)).unwrap();
        let standard_error = Probe(&plugin, None).order("stderr", &[]);
        let is_own = standard_error != "/dev/null";
        return assert_eq!(is_own, expected == "here", "{standard_error}");
    }
    let test = "helper::the_environment_turns_helpers_on_and_names_their_program";
    let text = tempfile::NamedTempFile::new().unwrap();
    for (turned_on, program, expected) in [
        ("1", Path::new(PROGRAM), "helper"),
        ("yes", Path::new(PROGRAM), "here"),
        ("1", text.path(), "here"),
    ] {
        let output = child(test, expected)
            .env("OSAURUS_PLUGIN_PROCESS_HOST", turned_on)
            .env("OSAURUS_PLUGIN_HOST_PATH", program)
            .output();
        assert_ok(&output.unwrap());
    }
}

#[test]
fn a_helper_that_takes_no_notice_of_sigterm_is_killed_after_two_seconds() {
    let limit = Duration::from_secs(5);
    let (_host, plugin) = isolated(Host::builder().helper_limit(limit));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let began = Instant::now();
    let called = plugin.try_invoke_raw("tool", "stubborn", file.to_str().unwrap(), None);
    let text = called.unwrap_err().to_string();
    assert!(text.contains("did not respond within 5s"), "{text}");
    let grace = Duration::from_secs(2);
    let pid: i32 = std::fs::read_to_string(file).unwrap().parse().unwrap();
    // SAFETY: signal 0 is not sent; it only says whether there is such a process.
    let is_there = || unsafe { libc::kill(pid, 0) } == 0;
    assert!(
        is_there(),
        "the caller heard of it before the helper was killed"
    );
    assert_eq!(Probe(&plugin, None).order("raw", &["x"]), "x", "a new one");
    until("it is killed and waited for", || !is_there());
    assert!(began.elapsed() >= limit + grace);
}

#[test]
fn a_helper_that_does_not_end_in_five_seconds_is_ended() {
    let (host, plugin) = isolated(Host::builder());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let (caller, path) = (Arc::clone(&plugin), file.clone());
    let call = std::thread::spawn(move || {
        caller.try_invoke_raw("tool", "stubborn", path.to_str().unwrap(), None)
    });
    let pid = || {
        std::fs::read_to_string(&file)
            .unwrap_or_default()
            .parse::<i32>()
    };
    until("the call runs", || pid().is_ok());
    let began = Instant::now();
    assert!(host.unload(&plugin));
    assert!(began.elapsed() >= Duration::from_secs(5));
    assert_eq!(
        call.join().unwrap().unwrap_err().to_string(),
        "Plugin has been shut down"
    );
    // SAFETY: signal 0 is not sent; it only says whether there is such a process.
    assert_eq!(unsafe { libc::kill(pid().unwrap(), 0) }, -1);
}

#[test]
fn a_plugin_in_a_helper_is_a_second_one_with_a_memory_of_its_own() {
    let (_host, plugin) = isolated(Host::builder());
    plugin.config_changed(alice().unwrap(), "k", "v");
    assert!(
        Probe(&plugin, None).events().is_empty(),
        "it was not there yet"
    );
    let here = plugin.invoke_on_this_thread("tool", "events", "", None);
    assert!(here.unwrap().contains("|k|v"));
}

#[test]
fn a_helper_that_does_not_load_in_time_is_ended() {
    let call = r#"CALL_IN_INIT="1\x1f" "t1\x1f" "k""#;
    let macros = ["WITH_V2", &manifest_macro(&manifest("dev.slow")), call];
    let host = Host::builder()
        .isolate(Isolation::EveryCall)
        .helper_program(PROGRAM, ["60000"])
        .helper_load_limit(Duration::from_secs(1))
        .build()
        .unwrap();
    let plugin = host.load(&probe(&macros)).unwrap();
    let called = plugin.try_invoke_raw("tool", "raw", "x", None);
    assert_eq!(
        called.unwrap_err().to_string(),
        "Plugin 'dev.slow' did not respond within 1s; its helper process was terminated and will \
         restart on the next call"
    );
}

#[test]
fn calls_in_a_helper_are_recorded_with_how_they_ended() {
    let (host, plugin) = isolated(Host::builder());
    Probe(&plugin, alice()).order("raw", &["x"]);
    assert!(plugin.invoke_raw("tool", "crash", "", None).is_none());
    let calls = host.records(&ActivityQuery::new().slot("invoke"));
    let [ran, crashed] = &calls[..] else {
        panic!("{calls:?}")
    };
    assert_eq!(
        (ran.status, ran.agent, ran.response.as_deref()),
        (200, alice(), Some("x"))
    );
    assert_eq!(ran.notes, ["in the helper process"]);
    assert_eq!((crashed.status, &crashed.response), (500, &None));
    assert!(
        crashed.notes[0].contains("its helper process ended (signal: 6"),
        "{crashed:?}"
    );
}
