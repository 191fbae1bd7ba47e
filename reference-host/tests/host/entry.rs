//! What all host calls have in common: NULL arguments, decoding, time budgets, records, warnings
//! that come once.

use crate::server::{Server, respond};
use crate::support::*;
use osaurus_reference_host::{Host, LogLine};
use serde_json::json;
use std::time::Duration;

#[test]
fn a_required_null_ends_a_call_before_anything_else() {
    let (host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, alice());
    let before = own_calls(&host).len();
    for slot in ["1", "7", "8", "11", "12", "13", "15", "16"] {
        assert_eq!(probe.call(&[slot, "t1", "NULL"]), "NULL", "slot {slot}");
    }
    for slot in ["4", "5", "20"] {
        assert_eq!(
            probe.call(&[slot, "t2", "NULL", "[]"]),
            "NULL",
            "slot {slot}"
        );
    }
    for slot in ["3", "9", "21"] {
        probe.call(&[slot, "v1", "NULL"]);
    }
    for slot in ["2", "10", "18"] {
        probe.call(&[slot, "v2", "NULL", "x"]);
        probe.call(&[slot, "v2", "x", "NULL"]);
    }
    probe.call(&["19", "v2", "NULL", "x"]);
    probe.call(&["6", "l2", "2", "NULL"]);
    probe.call(&["23", "l3", "2", "NULL", "{}"]);
    assert!(own_calls(&host).len() == before && own_warnings(&host).is_empty());
    probe.call(&["19", "v2", "x", "NULL"]);
    assert_eq!(
        own_calls(&host).len(),
        before + 1,
        "the message may be NULL"
    );
}

/// In a child, because the probe calls from a thread of its own too.
#[test]
fn invalid_utf8_is_repaired_on_the_way_in() {
    if child_case().is_none() {
        let test = "entry::invalid_utf8_is_repaired_on_the_way_in";
        return assert_ok(&in_child(test, "run"));
    }
    let order = "CALL_IN_INIT=\"6\\x1f\" \"l2\\x1f\" \"2\\x1f\" \"a\\xff\" \"\\xc3\" \"z\"";
    let text = manifest("dev.probe");
    let library = probe(&["WITH_V2", &manifest_macro(&text), order]);
    let host = Host::builder().build().unwrap();
    host.load(&library).unwrap();
    let is_line = |line: &LogLine| !line.from_host && line.message == "a\u{fffd}\u{fffd}z";
    assert!(
        host.log_lines().iter().any(is_line),
        "{:?}",
        host.log_lines()
    );
}

#[test]
fn returned_strings_end_at_the_first_nul() {
    let (host, plugin) = loaded(Host::builder());
    host.store_config(alice().unwrap(), "dev.probe", "k", "before\0after")
        .unwrap();
    assert_eq!(Probe(&plugin, alice()).config_get("k"), "before");
}

#[test]
fn a_call_past_its_budget_answers_host_timeout() {
    let (open, closed) = std::sync::mpsc::channel::<()>();
    let closed = std::sync::Mutex::new(closed);
    let server = Server::start(move |_| {
        let _ = closed.lock().unwrap().recv();
        respond("302 Found", "Location: /again\r\n", "")
    });
    let builder = Host::builder()
        .map_host("api.example.com", &server.address.to_string())
        .host_call_limit(Duration::from_millis(150));
    let (_host, plugin) = loaded(builder);
    let request = json!({"method": "GET", "url": "http://api.example.com/"}).to_string();
    let answer = Probe(&plugin, alice()).call(&["15", "t1", &request]);
    assert_eq!(
        answer,
        r#"{"error":"host_timeout","message":"Host http_request call exceeded its time budget and was cancelled."}"#
    );
    drop(open);
}

#[test]
fn each_warning_comes_once_under_its_key() {
    let (host, plugin) = loaded(Host::builder());
    let (without_agent, alice) = (Probe(&plugin, None), Probe(&plugin, alice()));
    let id = "6F1C2B7E-0D3A-4A55-9B1E-2F6A9C0D7E11";
    let chat = json!({"model": "", "messages": [{"role": "user", "content": "x"}]});
    let big = "x".repeat(1_048_577);
    for _ in 0..2 {
        without_agent.config_get("k");
        without_agent.config_set("k", "v");
        without_agent.call(&["3", "v1", "k"]);
        without_agent.dispatch(&json!({"prompt": "x"}));
        without_agent.complete(&chat);
        without_agent.call(&["12", "s", &chat.to_string()]);
        alice.config_set("big", &big);
        for slot in ["9", "18", "19"] {
            let kind = if slot == "9" { "v1" } else { "v2" };
            alice.call(&[slot, kind, "no uuid", "{}"]);
            alice.call(&[slot, kind, id, "{}"]);
        }
        alice.dispatch(&json!({"prompt": "x", "agent_id": "b", "tools": ["theirs"]}));
        let mut other = chat.clone();
        other["agent_address"] = "0x1".into();
        alice.complete(&other);
        alice.stream(&other, "");
        alice.embed(&json!({"input": "x", "agent_id": "b"}));
    }
    let mut keys = own_warnings(&host);
    assert!(host.warnings().iter().all(|one| one.plugin == "dev.probe"));
    let expected = [
        "config_get|no_agent_context",
        "config_set|no_agent_context",
        "config_delete|no_agent_context",
        "dispatch|no_agent_context",
        "complete|no_agent_context",
        "complete_stream|no_agent_context",
        "complete_stream|null_chunk",
        "config_set|too_large|big",
        "dispatch_cancel|invalid",
        "dispatch_cancel|unowned",
        "send_draft|invalid",
        "send_draft|unowned",
        "dispatch_interrupt|invalid",
        "dispatch_interrupt|unowned",
        "dispatch|agent_override",
        "dispatch|tool_scope|theirs",
        "complete|agent_override",
        "complete_stream|agent_override",
        "embed|agent_override",
    ];
    for key in expected {
        let key = format!("dev.probe|{key}");
        let at = keys.iter().position(|one| *one == key);
        keys.remove(at.unwrap_or_else(|| panic!("{key} is not in {keys:?}")));
    }
    assert!(keys.is_empty(), "{keys:?}");
}

#[test]
fn a_record_has_the_status_of_osaurus_activity_list() {
    let (host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, alice());
    let before = own_calls(&host).len();
    probe.http(&json!({}));
    probe.http(&json!({"method": "GET", "url": "http://10.0.0.1/"}));
    probe.call(&["16", "t1", r#"{"path":"/etc/passwd"}"#]);
    probe.call(&["16", "t1", "{}"]);
    probe.config_get("k");
    probe.query("SELEC", "");
    probe.call(&["10", "v2", "x", "y"]);
    probe.call(&["20", "t2", "x", "y"]);
    probe.dispatch(&json!({"prompt": "x"}));
    let calls: Vec<_> = own_calls(&host).split_off(before);
    let statuses: Vec<(&str, u16)> = calls.iter().map(|call| (call.slot, call.status)).collect();
    let expected = [
        ("http_request", 400),
        ("http_request", 500),
        ("file_read", 403),
        ("file_read", 400),
        ("config_get", 200),
        ("db_query", 500),
        ("dispatch_clarify", 410),
        ("dispatch_add_issue", 501),
    ];
    assert_eq!(statuses[..8], expected);
    let call = &calls[0];
    assert_eq!(
        (call.request.as_str(), call.plugin.as_str()),
        ("{}", "dev.probe")
    );
    assert!(call.response.as_ref().unwrap().contains("invalid_request"));
}

#[test]
fn log_calls_have_no_limit_and_keep_what_they_are_given() {
    let (host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, alice());
    let long = "x".repeat(200_000);
    probe.call(&["23", "l3", "4", &long, "not {json"]);
    for number in 0..300 {
        probe.call(&["6", "l2", "0", &number.to_string()]);
    }
    let mut lines = host.log_lines();
    lines.retain(|line| !line.from_host);
    assert_eq!((lines.len(), lines[0].message.len()), (301, 200_000));
    assert_eq!(lines[0].payload.as_deref(), Some("not {json"));
    assert_eq!(lines[300].to_string(), "[Plugin:dev.probe] [TRACE] 299");
    let mut calls = own_calls(&host);
    calls.retain(|call| call.slot.starts_with("log"));
    assert_eq!((calls[0].status, calls[1].status), (500, 200));
    let call = |at: usize| {
        (
            calls[at].method(),
            calls[at].path.as_str(),
            calls[at].request.as_str(),
        )
    };
    assert_eq!(
        call(1),
        ("LOG", "[TRACE] 0", "0"),
        "the message is the body"
    );
    assert_eq!(call(0).2, "not {json", "else the payload");
    let path = &calls[0].path;
    assert!(path.starts_with("[ERROR] xxx") && path.ends_with("(200008 bytes in all)"));
}
