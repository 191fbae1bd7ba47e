//! The loop that runs tools in a completion: order, failures, rounds, and tools that are loaded on
//! the way.

use crate::support::*;
use osaurus_reference_host::{ActivityQuery, HostBuilder, Profile};
use serde_json::{Value, json};

const ROUNDS: &str = r#"
[[rule]]
when = "once"
text = "Calling."
call = [{ tool = "raw", arguments = { n = 1 } }, { tool = "absent" }, { tool = "null" }]

[[rule]]
after_tool = "null"
text = "Done."

[[rule]]
when = "late"
call = [{ tool = "sleep", arguments = "2000" }]

[[rule]]
after_tool = "sleep"
matches = '"kind":"(\w+)"'
text = "$1"

[[rule]]
when = "forever"
call = [{ tool = "agent" }]

[[rule]]
after_tool = "agent"
call = [{ tool = "agent" }]
"#;

#[test]
fn tools_run_in_order_and_a_failing_one_does_not_end_the_run() {
    let (_host, plugin) = loaded(scripted(ROUNDS));
    let probe = Probe(&plugin, alice());
    let answer = probe.complete(&ask("once", json!({})));
    assert_eq!(answer["choices"][0]["message"]["content"], "Done.");
    let executed = answer["tool_calls_executed"].as_array().unwrap();
    let names: Vec<&str> = executed
        .iter()
        .map(|call| call["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["raw", "absent", "null"]);
    let keys: Vec<&String> = executed[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["name", "tool_call_id"]);
    assert_eq!(answer.get("shared_artifacts"), None, "left out when empty");
    let (chunks, _) = probe.stream(&ask("once", json!({})), "");
    let envelopes: Vec<Value> = chunks
        .iter()
        .filter(|chunk| chunk["choices"][0]["delta"]["role"] == "tool")
        .map(|chunk| {
            let text = chunk["choices"][0]["delta"]["content"].as_str().unwrap();
            serde_json::from_str(text).unwrap()
        })
        .collect();
    assert_eq!(envelopes[0]["result"]["text"], r#"{"n":1}"#);
    assert_eq!(envelopes[1]["kind"], "tool_not_found");
    assert_eq!(envelopes[2]["kind"], "execution_error");
}

#[test]
fn a_tool_over_its_limit_is_a_timeout_and_the_run_goes_on() {
    let limit = std::time::Duration::from_millis(300);
    let (host, plugin) = loaded(scripted(ROUNDS).tool_limit(limit));
    let probe = Probe(&plugin, alice());
    let id = probe.dispatch(&json!({"prompt": "late", "tools": ["sleep"]}))["id"].clone();
    assert!(host.wait_for_tasks(std::time::Duration::from_secs(60)));
    assert_eq!(probe.status(id.as_str().unwrap())["output"], "timeout");
}

#[test]
fn a_completion_opens_arguments_and_a_stream_does_not() {
    let rules = r#"
[[rule]]
when = "json"
call = [{ tool = "raw", arguments = { inner = '{"a": 1}' } }]

[[rule]]
after_tool = "raw"
text = "Done."
"#;
    let (host, plugin) = loaded(scripted(rules));
    let probe = Probe(&plugin, alice());
    probe.complete(&ask("json", json!({"tools": true})));
    probe.stream(&ask("json", json!({"tools": true})), "");
    let calls = host.records(&ActivityQuery::new().slot("invoke"));
    let payloads: Vec<Value> = calls
        .iter()
        .map(|call| serde_json::from_str::<Value>(&call.request).unwrap())
        .filter(|request| request["id"] == "raw")
        .map(|request| request["payload"].clone())
        .collect();
    assert_eq!(
        payloads,
        [r#"{"inner":{"a":1}}"#, r#"{"inner":"{\"a\": 1}"}"#]
    );
}

fn rounds(builder: HostBuilder, extra: Value) -> usize {
    let (_host, plugin) = loaded(builder);
    let answer = Probe(&plugin, alice()).complete(&ask("forever", extra));
    assert_eq!(answer["error"], "max_iterations_reached");
    assert_eq!(answer["shared_artifacts"], json!([]));
    answer["tool_calls_executed"].as_array().unwrap().len()
}

#[test]
fn rounds_have_a_default_and_bounds_and_the_last_ones_calls_still_run() {
    let of = |asked: i64| rounds(scripted(ROUNDS), json!({"max_iterations": asked}));
    assert_eq!(rounds(scripted(ROUNDS), json!({})), 30);
    assert_eq!(
        [of(-5), of(0), of(1), of(3), of(120), of(100_000)],
        [1, 1, 1, 3, 120, 120]
    );
}

#[test]
fn hosts_of_version_2_have_other_rounds() {
    let old = || scripted(ROUNDS).abi(2);
    assert_eq!(rounds(old(), json!({})), 1);
    assert_eq!(rounds(old(), json!({"max_iterations": 100})), 30);
}

#[test]
fn documents_do_not_know_max_iterations() {
    let documented = scripted(ROUNDS).profile(Profile::Documented);
    assert_eq!(rounds(documented, json!({"max_iterations": 2})), 30);
}

#[test]
fn a_partial_answer_is_in_the_error_of_documented_hosts_only() {
    let ends = |profile| {
        let (_host, plugin) = loaded(scripted(ROUNDS).profile(profile));
        Probe(&plugin, alice()).complete(&ask("forever", json!({})))
    };
    assert_eq!(ends(Profile::Actual).get("partial_content"), None);
    assert_eq!(ends(Profile::Documented)["partial_content"], "");
}

#[test]
fn loaded_tools_are_offered_at_once_and_again_in_the_session() {
    let script = r#"
[[rule]]
when = "load"
call = [{ tool = "capabilities_load", arguments = { ids = ["tool/agent", "tool/absent"] } }]
[[rule]]
when = "nothing"
call = [{ tool = "capabilities_load", arguments = { ids = ["tool/absent"] } }]
[[rule]]
when = "empty"
call = [{ tool = "capabilities_load" }]
[[rule]]
after_tool = "capabilities_load"
matches = '"kind":"(\w+)"|"loaded":(\[.*?\])'
text = "$1$2"
"#;
    let (_host, plugin) = loaded(scripted(script));
    let probe = Probe(&plugin, alice());
    let ask = |text: &str, session: &str| {
        probe.complete(&ask(text, json!({"tools": true, "session_id": session})))
    };
    let content_of = |text: &str, session: &str| {
        let content = ask(text, session)["choices"][0]["message"]["content"].clone();
        content.as_str().unwrap().to_string()
    };
    let executed_in = |session: &str| {
        let executed = ask("call agent", session)["tool_calls_executed"].clone();
        let names = executed.as_array().unwrap().iter();
        names.map(|call| call["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(content_of("load", "s"), r#"["agent"]"#);
    assert_eq!(executed_in("s"), ["agent"], "remembered in the session");
    assert_eq!(executed_in("t"), ["capabilities_load"], "and in no other");
    assert_eq!(content_of("nothing", "s"), "not_found");
    assert_eq!(content_of("empty", "s"), "invalid_args");
}
