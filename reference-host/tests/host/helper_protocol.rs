//! The helper process by itself: its protocol spoken by hand.

use crate::helper::PROGRAM;
use crate::support::*;
use osaurus_reference_host::Host;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

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
    let request = helper.call("call", "5\x1ft2\x1fSELECT 1");
    assert_eq!(
        request,
        json!({"id": "h-1", "method": "host.db_query", "params": {"sql": "SELECT \
            1", "agent_id": "AGENT"}})
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
        let request = helper.read();
        assert_eq!(
            (&request["id"], &request["method"]),
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
    let event = format!("config|{}|k|v", alice().unwrap());
    assert!(
        Probe(&plugin, None).events().contains(&event),
        "while the call runs"
    );
    std::fs::write(gate("b"), "").unwrap();
    assert_eq!(call.join().unwrap(), r#"{"ok":true}"#);
}
