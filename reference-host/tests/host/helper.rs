//! The helper process: its protocol spoken by hand, and the host that uses it.

use crate::support::*;
use osaurus_reference_host::{Host, Isolation};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_osaurus-plugin-host");

struct ByHand(Child, ChildStdin, BufReader<ChildStdout>);

impl ByHand {
    fn start() -> ByHand {
        let mut child = Command::new(PROGRAM)
            .arg("2000")
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
