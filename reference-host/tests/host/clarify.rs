//! A task that asks its user: the pause, what can be done during it, and its end.

use crate::support::*;
use osaurus_reference_host::{Host, HostBuilder, LoadedPlugin, Profile};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

const ASKING: &str = r#"
[[rule]]
when = "where"
clarify = { question = "Which city?", options = ["Rome", "Oslo"], allow_multiple = true }

[[rule]]
when = "plain"
clarify = "Why?"

[[rule]]
when = "rome"
text = "It is warm in Rome."
"#;

/// A host with a task that waits.
fn waiting(builder: HostBuilder, prompt: &str) -> (Host, Arc<LoadedPlugin>, String) {
    let (host, plugin) = loaded(builder);
    let started = Probe(&plugin, alice()).dispatch(&json!({"prompt": prompt, "session_id": "s"}));
    let id = started["id"].as_str().unwrap().to_string();
    assert!(host.wait_for_tasks(LONG), "a waiting task does not work");
    (host, plugin, id)
}

fn kinds(probe: &Probe<'_>, id: &str) -> Vec<i32> {
    probe
        .task_events(id)
        .into_iter()
        .map(|event| event.0)
        .collect()
}

#[test]
fn a_question_pauses_the_task_and_the_answer_completes_it() {
    let (host, plugin, id) = waiting(scripted(ASKING), "where");
    let probe = Probe(&plugin, alice());
    let events = probe.task_events(&id);
    assert_eq!(kinds(&probe, &id), [0, 1, 3], "COMPLETED is suppressed");
    let question =
        json!({"allow_multiple": true, "options": ["Rome", "Oslo"], "question": "Which city?"});
    assert_eq!(events[2].1, question);
    let status = probe.status(&id);
    assert_eq!(status["status"], "running");
    assert_eq!(status["current_step"], "Waiting for clarification");
    assert_eq!(
        probe.json(&["17", "t0"])["tasks"][0]["id"],
        id.as_str(),
        "it is active"
    );
    let questions = host.clarifications();
    assert_eq!(
        (questions[0].question.as_str(), questions[0].options.len()),
        ("Which city?", 2)
    );
    assert_eq!(
        (&questions[0].task, questions[0].agent),
        (&id, alice().unwrap())
    );
    host.answer_clarification(&id.to_lowercase(), "Rome")
        .unwrap();
    assert!(host.wait_for_tasks(LONG));
    assert_eq!(kinds(&probe, &id), [0, 1, 3, 4]);
    assert_eq!(probe.task_events(&id)[3].1["output"], "It is warm in Rome.");
    assert!(host.clarifications().is_empty());
}

#[test]
fn a_question_without_options_has_none_in_its_event() {
    let (_host, plugin, id) = waiting(scripted(ASKING), "plain");
    let events = Probe(&plugin, alice()).task_events(&id);
    assert_eq!(
        events[2].1,
        json!({"allow_multiple": false, "question": "Why?"})
    );
}

#[test]
fn a_waiting_task_is_named_so_by_documented_hosts_only() {
    let state = |profile| {
        let (_host, plugin, id) = waiting(scripted(ASKING).profile(profile), "where");
        Probe(&plugin, alice()).status(&id)["status"].clone()
    };
    assert_eq!(state(Profile::Actual), "running");
    assert_eq!(state(Profile::Documented), "awaitingClarification");
}

#[test]
fn a_waiting_task_can_be_drafted_interrupted_and_cancelled() {
    let (host, plugin, id) = waiting(scripted(ASKING), "where");
    let probe = Probe(&plugin, alice());
    probe.call(&["18", "v2", &id, r#"{"text":"d"}"#]);
    probe.call(&["19", "v2", &id, "rome it is"]);
    assert_eq!(
        probe.status(&id)["status"],
        "running",
        "there is nothing to stop"
    );
    probe.call(&["9", "v1", &id]);
    assert!(host.wait_for_tasks(LONG));
    assert_eq!(kinds(&probe, &id), [0, 1, 3, 8, 6]);
    let error = host
        .answer_clarification(&id, "late")
        .unwrap_err()
        .to_string();
    assert_eq!(error, format!("task {id} does not wait for an answer"));
    let error = host
        .answer_clarification("nonsense", "x")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("\"nonsense\"") && error.contains("expected the UUID"),
        "{error}"
    );
}

#[test]
fn dispatch_clarify_answers_in_hosts_of_version_2_only() {
    for (abi, expected) in [(6, "running"), (2, "completed")] {
        let (host, plugin, id) = waiting(scripted(ASKING).abi(abi), "where");
        let probe = Probe(&plugin, alice());
        probe.call(&["10", "v2", &id, "Rome"]);
        assert!(host.wait_for_tasks(LONG));
        assert_eq!(probe.status(&id)["status"], expected, "version {abi}");
    }
}

#[test]
fn an_active_task_keeps_its_session_key_to_itself() {
    let (host, plugin, id) = waiting(scripted(ASKING), "where");
    let probe = Probe(&plugin, alice());
    let again =
        |text: &str| probe.dispatch(&json!({"prompt": text, "session_id": "s"}))["id"].clone();
    let other = again("rome");
    assert_ne!(other, id.as_str(), "the key is in use by the waiting task");
    assert!(host.wait_for_tasks(LONG));
    host.answer_clarification(&id, "Rome").unwrap();
    assert!(host.wait_for_tasks(LONG));
    assert_eq!(
        again("rome"),
        id.as_str(),
        "the session stored last goes on"
    );
}

#[test]
fn an_answer_goes_on_at_once_though_the_slot_was_given_away() {
    let talks = "pace_ms = 50\n[[rule]]\nmatches = \"^talk\"\ntext = \"WORDS\"\n";
    let script = talks.replace("WORDS", &"tick ".repeat(20_000)) + ASKING;
    let (host, plugin, asks) = waiting(scripted(&script).max_active_tasks(1), "where");
    let probe = Probe(&plugin, alice());
    let talks = probe.dispatch(&json!({"prompt": "talk"}))["id"].clone();
    let talks = talks.as_str().unwrap();
    until("it took the slot", || {
        probe.status(talks)["output"].is_string()
    });
    host.answer_clarification(&asks, "Rome").unwrap();
    until("it is answered", || {
        probe.status(&asks)["status"] == "completed"
    });
    assert_eq!(
        probe.status(talks)["status"],
        "running",
        "more than one ran"
    );
    probe.call(&["9", "v1", talks]);
    assert!(host.wait_for_tasks(LONG));
}
