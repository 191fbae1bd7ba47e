//! The helper process: its protocol spoken by hand, and the host that uses it.

use crate::support::*;
use osaurus_reference_host::{ActivityQuery, Host, HostBuilder, Isolation, LoadedPlugin};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_osaurus-plugin-host");

/// How long host calls wait in a helper that is spoken to by hand.
const HOST_CALL_WAIT: Duration = Duration::from_secs(2);

struct ByHand(Child, ChildStdin, BufReader<ChildStdout>);

impl ByHand {
    fn start() -> ByHand {
        ByHand::started(&mut Command::new(PROGRAM))
    }

    fn started(program: &mut Command) -> ByHand {
        let mut child = program
            .arg(HOST_CALL_WAIT.as_millis().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        ByHand(child, input, BufReader::new(output))
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.1, "{message}").unwrap();
    }

    fn read(&mut self) -> Value {
        let mut line = String::new();
        self.2.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.send(&json!({"id": 1, "method": method, "params": params}));
        self.read()
    }

    /// Sends a call and leaves the answer to be read.
    fn begin(&mut self, id: u64, method: &str, params: &Value) {
        self.send(&json!({"id": id, "method": method, "params": params}));
    }

    fn call(&mut self, tool: &str, payload: &str) -> Value {
        let params = json!({"type": "tool", "id": tool, "payload": payload, "agent_id": "AGENT"});
        self.ask("invoke", &params)
    }
}

#[test]
fn the_protocol_has_its_shapes() {
    let mut helper = ByHand::start();
    assert_eq!(
        helper.call("raw", "x")["error"]["message"],
        "no plugin loaded"
    );
    let library = probe_with(&manifest("dev.probe"));
    let loaded = helper.ask("load", &json!({"path": library}));
    assert!(
        loaded["result"]["manifest"]
            .as_str()
            .unwrap()
            .contains("dev.probe")
    );
    assert_eq!(
        helper.ask("load", &json!({"path": library}))["error"]["message"],
        "plugin already loaded"
    );
    assert_eq!(
        helper.ask("x", &json!({}))["error"]["message"],
        "unknown method: x"
    );
    let pid = helper.ask("ping", &json!({}))["result"]["pid"].as_u64();
    assert_eq!(pid, Some(u64::from(helper.0.id())));
    assert_eq!(
        helper.call("raw", "x"),
        json!({"id": 1, "result": {"result": "x"}})
    );
    assert_eq!(helper.call("null", "x"), json!({"id": 1, "result": {}}));
    assert_eq!(
        helper.ask("config_changed", &json!({"key": "k"})),
        json!({"id": 1, "result": {}})
    );
    let events = helper.call("events", "")["result"]["result"].to_string();
    assert!(events.contains("config|none|k|(no value)"), "{events}");
    let agent = helper.call("thread", "22\x1ft0");
    assert_eq!(
        agent["result"]["result"], "AGENT",
        "any thread sees the call's agent"
    );
    assert_eq!(
        helper.ask("shutdown", &json!({})),
        json!({"id": 1, "result": {}})
    );
    assert!(helper.0.wait().unwrap().success());
}

#[test]
fn host_calls_are_asked_for_and_the_rest_is_refused() {
    let mut helper = ByHand::start();
    helper.ask("load", &json!({"path": probe_with(&manifest("dev.probe"))}));
    let asked = helper.call("call", "5\x1ft2\x1fSELECT 1");
    assert_eq!(
        asked,
        json!({"id": "h-1", "method": "host.db_query", "params": {"sql": "SELECT 1", "agent_id": "AGENT"}})
    );
    helper.send(&json!({"id": "h-1", "result": {"value": "rows"}}));
    assert_eq!(helper.read()["result"]["result"], "rows");
    let notice = helper.call("call", "6\x1fl2\x1f3\x1fhello");
    assert_eq!(
        notice,
        json!({"method": "host.log", "params": {"message": "hello", "level": 3}})
    );
    helper.read();
    helper.call("call", "1\x1ft1\x1fk");
    assert_eq!(
        helper.read()["result"]["result"],
        "NULL",
        "unanswered in time"
    );
    for (slot, name) in [
        (7, "dispatch"),
        (8, "task_status"),
        (11, "complete"),
        (13, "embed"),
        (16, "file_read"),
        (20, "dispatch_add_issue"),
    ] {
        let kind = if slot == 20 { "t2" } else { "t1" };
        let text =
            helper.call("call", &format!("{slot}\x1f{kind}\x1fx\x1fx"))["result"]["result"].clone();
        let answer: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
        assert_eq!(
            answer["error"]["code"], "not_supported_out_of_process",
            "{name}"
        );
        assert!(
            answer["error"]["message"]
                .as_str()
                .unwrap()
                .starts_with(name)
        );
    }
    assert_eq!(
        helper.call("call", "9\x1fv1\x1fx")["result"]["result"],
        "done"
    );
    drop(helper.1);
    assert!(helper.0.wait().unwrap().success(), "it ends with its input");
}

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
        "Plugin 'dev.probe' did not respond within 10s; its helper process was terminated and will restart on the next call"
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
fn nothing_of_the_hosts_environment_reaches_a_helper() {
    let (host, plugin) = isolated(Host::builder());
    let environment = Probe(&plugin, None).order("env", &[]);
    let folder = |name: &str| host.data_dir().join("helper").join(name);
    let expected = [
        format!("HOME={}", folder("home").display()),
        "PATH=/usr/bin:/bin:/usr/sbin:/sbin".into(),
        format!("TMPDIR={}", folder("tmp").display()),
    ];
    let mut variables: Vec<&str> = environment.lines().collect();
    variables.sort_unstable();
    assert_eq!(variables, expected);
    assert!(folder("home").is_dir() && folder("tmp").is_dir());
    assert_eq!(Probe(&plugin, None).order("stderr", &[]), "/dev/null");
}

/// In children, because environment and standard error are the process' own.
#[test]
fn the_environment_turns_helpers_on_and_names_their_program() {
    if let Some(expected) = child_case() {
        let mut manifest = manifest("dev.probe");
        let tool = json!({"id": "env", "description": "d", "requirements": ["Accessibility"]});
        manifest["capabilities"]["tools"] = json!([tool]);
        let host = Host::builder().build().unwrap();
        let plugin = host.load(&probe_with(&manifest)).unwrap();
        let environment = Probe(&plugin, None).order("env", &[]);
        let is_own = environment.contains("PROBE_CASE=");
        return assert_eq!(is_own, expected == "here", "{environment}");
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
    assert!(began.elapsed() >= limit + Duration::from_secs(2));
    let pid: i32 = std::fs::read_to_string(file).unwrap().parse().unwrap();
    // SAFETY: signal 0 is sent to nobody; it only says whether there is such a process.
    let found = unsafe { libc::kill(pid, 0) };
    assert_eq!(found, -1, "killed and waited for");
    assert_eq!(Probe(&plugin, None).order("raw", &["x"]), "x", "a new one");
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
    // SAFETY: signal 0 is sent to nobody; it only says whether there is such a process.
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
fn a_helper_checks_neither_table_nor_manifest_and_keeps_what_it_has_opened() {
    let macros = [
        "WITH_V2",
        "MANIFEST=\"no manifest\"",
        "REQUIRED=0, init, 0, get_manifest, 0",
    ];
    let mut helper = ByHand::start();
    let loaded = helper.ask("load", &json!({"path": probe(&macros)}));
    assert_eq!(loaded["result"]["manifest"], "no manifest");
    assert_eq!(
        helper.call("raw", "x")["error"]["message"],
        "the plugin has no invoke"
    );
    let folder = tempfile::tempdir().unwrap();
    for (broken, error, closed) in [
        ("FAIL_INIT", "Plugin initialization failed", true),
        ("NO_MANIFEST", "Plugin failed to return manifest", false),
    ] {
        let marks = folder.path().join(broken);
        let mut helper = ByHand::started(Command::new(PROGRAM).env("PROBE_MARKS", &marks));
        let failed = helper.ask("load", &json!({"path": probe(&["WITH_V2", broken])}));
        assert_eq!(failed["error"]["message"], error);
        helper.ask("ping", &json!({}));
        let marks = std::fs::read_to_string(marks).unwrap();
        assert_eq!(marks.contains("closed"), closed, "{broken}: {marks}");
    }
}

#[test]
fn host_calls_while_loading_stall_and_get_null_though_the_host_answers() {
    let call = r#"CALL_IN_INIT="1\x1f" "t1\x1f" "k""#;
    let macros = ["WITH_V2", &manifest_macro(&manifest("dev.probe")), call];
    let mut helper = ByHand::start();
    let began = Instant::now();
    helper.begin(1, "load", &json!({"path": probe(&macros)}));
    for id in ["h-1", "h-2"] {
        let asked = helper.read();
        assert_eq!(
            (&asked["id"], &asked["method"]),
            (&json!(id), &json!("host.config_get"))
        );
        helper.send(&json!({"id": id, "result": {"value": "never heard"}}));
    }
    assert!(helper.read()["result"]["manifest"].is_string());
    assert!(began.elapsed() >= 2 * HOST_CALL_WAIT);
    assert_eq!(
        helper.call("events", "")["result"]["result"],
        "NULL\nNULL\n"
    );
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
        "Plugin 'dev.slow' did not respond within 1s; its helper process was terminated and will restart on the next call"
    );
}

#[test]
fn settings_wait_for_a_running_call_in_a_helper_and_not_in_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let gate = |name: &str| folder.path().join(name);
    let entered = |name: &str| gate(name).with_extension("entered");
    let setting = json!({"key": "k", "value": "v"});
    let mut helper = ByHand::start();
    helper.ask("load", &json!({"path": probe_with(&manifest("dev.probe"))}));
    helper.begin(
        2,
        "invoke",
        &json!({"type": "tool", "id": "wait", "payload": gate("a")}),
    );
    until("the call runs", || entered("a").exists());
    helper.begin(3, "config_changed", &setting);
    helper.begin(4, "ping", &json!({}));
    assert_eq!(helper.read()["id"], 4, "the reader goes on answering");
    std::fs::write(gate("a"), "").unwrap();
    assert_eq!(
        [helper.read()["id"].clone(), helper.read()["id"].clone()],
        [2, 3]
    );

    let (_host, plugin) = loaded(Host::builder());
    let (path, caller) = (gate("b"), Arc::clone(&plugin));
    let call =
        std::thread::spawn(move || Probe(&caller, None).order("wait", &[path.to_str().unwrap()]));
    until("the call runs", || entered("b").exists());
    plugin.config_changed(alice().unwrap(), "k", "v");
    let told = format!("config|{}|k|v", alice().unwrap());
    assert!(
        Probe(&plugin, None).events().contains(&told),
        "while the call runs"
    );
    std::fs::write(gate("b"), "").unwrap();
    assert_eq!(call.join().unwrap(), r#"{"ok":true}"#);
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
