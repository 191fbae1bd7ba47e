//! Tasks end to end: dispatch, the agent loop with the plugin's own tools, events in order, and their limits.

use crate::server::{Server, events};
use crate::support::*;
use osaurus_reference_host::{AgentId, BuiltinModel, Host, Reply, Rule};
use serde_json::{Value, json};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(20);

fn events_of(probe: &Probe<'_>, id: &str) -> Vec<(String, Value)> {
    let lines = probe
        .events()
        .into_iter()
        .filter(|line| line.starts_with("event ") && line.contains(id));
    lines
        .map(|line| {
            let parts: Vec<&str> = line.splitn(4, '|').collect();
            (
                format!("{} {}", parts[0], parts[1]),
                serde_json::from_str(parts[3]).unwrap(),
            )
        })
        .collect()
}

#[test]
fn a_task_calls_the_plugins_tool_as_its_agent_and_tells_the_plugin() {
    let (host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, alice());
    let started =
        probe.dispatch(&json!({"prompt": "please call agent", "title": "T", "session_id": "s"}));
    let id = started["id"].as_str().unwrap();
    assert_eq!(started["status"], "running");
    assert!(host.wait_for_tasks(LONG));
    let events = events_of(&probe, id);
    let agent = alice().unwrap();
    let kinds: Vec<&str> = events.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, [0, 1, 4].map(|kind| format!("event {kind} {agent}")));
    assert_eq!(events[0].1, json!({"status": "running", "title": "T"}));
    assert_eq!(
        (events[1].1["kind"].as_str(), events[1].1["detail"].as_str()),
        (Some("tool"), Some("agent"))
    );
    let done = &events[2].1;
    assert_eq!(
        (done["success"].as_bool(), done["summary"].as_str()),
        (Some(true), Some("Chat completed"))
    );
    assert!(
        done["output"]
            .as_str()
            .unwrap()
            .contains(&agent.to_string())
    );
    let status = probe.status(&id.to_lowercase());
    assert_eq!(
        (status["status"].as_str(), status["session_id"].as_str()),
        (Some("completed"), Some(id))
    );
    assert_eq!(status["output"], done["output"]);
    assert_eq!(probe.json(&["17", "t0"]), json!({"tasks": []}));
    let again = probe.dispatch(
        &json!({"prompt": "more", "session_id": "s", "id": AgentId::named("x").to_string()}),
    );
    assert_eq!(again["id"], id, "the session goes on under its own id");
    let other = Probe(&plugin, bob()).dispatch(&json!({"prompt": "more", "session_id": "s"}));
    assert_ne!(other["id"], id, "another agent's session never matches");
    assert!(host.wait_for_tasks(LONG));
}

#[test]
fn dispatch_refuses_in_the_documented_order() {
    let (host, plugin) = loaded(Host::builder());
    let probe = Probe(&plugin, alice());
    let refused = |request: Value| probe.dispatch(&request)["message"].clone();
    assert_eq!(refused(json!({})), "Missing required field: prompt");
    assert_eq!(refused(json!([])), "Missing required field: prompt");
    assert_eq!(refused(json!({"prompt": "  "})), "Prompt is empty");
    for agent in [None, Some(AgentId::DEFAULT)] {
        let answer = Probe(&plugin, agent).dispatch(&json!({"prompt": "x"}));
        assert_eq!(answer["error"], "built_in_agent_not_exposable");
    }
    for _ in 0..10 {
        assert_eq!(
            probe.dispatch(&json!({"prompt": "x", "tools": ["foreign", 7, "raw"]}))["status"],
            "running"
        );
        assert!(host.wait_for_tasks(LONG));
    }
    assert_eq!(
        probe.dispatch(&json!({"prompt": "x"}))["error"],
        "rate_limit_exceeded"
    );
    assert_eq!(
        Probe(&plugin, bob()).dispatch(&json!({"prompt": "x"}))["status"],
        "running"
    );
    let warned = host
        .log_lines()
        .into_iter()
        .filter(|line| line.message.contains("'foreign'"))
        .count();
    assert_eq!(warned, 1);
    assert_eq!(probe.status("nonsense")["error"], "invalid_task_id");
    assert_eq!(
        probe.status(&AgentId::named("x").to_string())["error"],
        "not_found"
    );
    let issue = probe.json(&["20", "t2", "nonsense", "NULL"]);
    assert_eq!(issue["error"], "not_supported");
    probe.call(&["10", "v2", "any", "answer"]);
    assert_eq!(
        host.activity()
            .into_iter()
            .rfind(|call| call.slot == "dispatch_clarify")
            .unwrap()
            .status,
        410
    );
}

/// A server whose answer never ends until the listener goes away.
fn endless() -> Server {
    Server::start(|_| events(&[r#"{"choices":[{"delta":{"content":"tick "}}]}"#; 2000]))
}

#[test]
fn running_tasks_are_limited_cancelled_interrupted_and_drafted() {
    let server = endless();
    let agent = osaurus_reference_host::Agent {
        model: Some("m".into()),
        ..osaurus_reference_host::Agent::named("alice")
    };
    let (host, plugin) = loaded(
        Host::builder()
            .agents([agent])
            .model_url(format!("http://{}", server.address)),
    );
    let probe = Probe(&plugin, alice());
    let ids: Vec<String> = (0..5)
        .map(|_| {
            probe.dispatch(&json!({"prompt": "go"}))["id"]
                .as_str()
                .unwrap()
                .to_string()
        })
        .collect();
    assert_eq!(
        probe.dispatch(&json!({"prompt": "go"}))["error"],
        "task_limit_reached"
    );
    assert_eq!(
        probe.json(&["17", "t0"])["tasks"].as_array().unwrap().len(),
        5
    );
    probe.call(&["18", "v2", &ids[0], r#"{"text":"draft"}"#]);
    assert_eq!(probe.status(&ids[0])["draft"], json!({"text": "draft"}));
    probe.call(&["18", "v2", &ids[1], "not an object"]);
    probe.call(&["9", "v1", &ids[0]]);
    assert_eq!(probe.status(&ids[0])["status"], "cancelled");
    for id in &ids[1..] {
        probe.call(&["19", "v2", id, "stop now"]);
    }
    probe.call(&["18", "v2", &ids[0], "{}"]);
    probe.call(&["9", "v1", "nonsense"]);
    assert!(host.wait_for_tasks(LONG));
    let kinds = |id: &str| {
        events_of(&probe, id)
            .iter()
            .map(|(kind, _)| kind.as_bytes()[6] - b'0')
            .collect::<Vec<_>>()
    };
    assert_eq!(kinds(&ids[0]), [0, 8, 6]);
    assert_eq!(
        kinds(&ids[1]),
        [0, 8, 4],
        "an interrupted task completes normally"
    );
    let draft = &events_of(&probe, &ids[1])[1].1;
    assert_eq!(
        draft,
        &json!({"title": "Chat"}),
        "a draft that is no object is left out"
    );
    assert_eq!(probe.status(&ids[1])["status"], "completed");
    let texts: Vec<String> = host
        .log_lines()
        .into_iter()
        .filter(|l| l.from_host)
        .map(|line| line.message)
        .collect();
    assert!(
        texts
            .iter()
            .any(|text| text.contains("dispatch_cancel: 'nonsense' is no task id"))
    );
    assert!(
        texts
            .iter()
            .any(|text| text.starts_with("send_draft: no such task"))
    );
}

#[test]
fn a_failing_model_fails_the_task_and_unloading_cancels_it() {
    let model = BuiltinModel::new().rule(Rule::when("break", Reply::Fail("no model today".into())));
    let (host, plugin) = loaded(Host::builder().model(model));
    let probe = Probe(&plugin, alice());
    let id = probe.dispatch(&json!({"prompt": "break"}))["id"]
        .as_str()
        .unwrap()
        .to_string();
    assert!(host.wait_for_tasks(LONG));
    let failed = events_of(&probe, &id).pop().unwrap();
    assert_eq!(failed.0, format!("event 5 {}", alice().unwrap()));
    assert_eq!(
        (failed.1["success"].as_bool(), failed.1["summary"].as_str()),
        (Some(false), Some("no model today"))
    );
    assert_eq!(probe.status(&id)["summary"], "no model today");
    host.unload(&plugin);
    assert!(
        plugin
            .invoke("raw", "x", alice())
            .contains("Plugin has been shut down")
    );
}

#[test]
fn hosts_of_the_first_revisions_send_no_task_events() {
    let (host, plugin) = loaded(Host::builder().abi_level("2b"));
    let probe = Probe(&plugin, alice());
    let id = probe.dispatch(&json!({"prompt": "x"}))["id"]
        .as_str()
        .unwrap()
        .to_string();
    assert!(host.wait_for_tasks(LONG));
    assert!(events_of(&probe, &id).is_empty());
    assert_eq!(probe.status(&id)["status"], "completed");
}
