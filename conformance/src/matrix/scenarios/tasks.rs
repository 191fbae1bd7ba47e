//! Background tasks: their life, their events, what is refused, what is reserved.

use super::{Scenario, calling};
use crate::matrix::stage::Stage;
use serde_json::{Value, json};

/// The task's events: type and details.
fn events(stage: &Stage, id: &str) -> Vec<(String, Value)> {
    let events = stage
        .seen("task ")
        .into_iter()
        .filter(|event| event.contains(id));
    events
        .map(|event| {
            let parts: Vec<&str> = event.splitn(4, ' ').collect();
            (
                parts[1].to_owned(),
                serde_json::from_str(parts[3]).expect("JSON"),
            )
        })
        .collect()
}

pub(super) const LIFE_OF_A_TASK: Scenario = Scenario {
    name: "a task starts, tells what happens, ends, and can be asked",
    needs: &["host.dispatch", "host.task_status"],
    also: &["plugin.on_task_event"],
    play: |stage| {
        let id = stage.finished_task(&json!({"prompt": "say hello", "title": "Hello"}));
        let status = stage.ask("task_status", json!([id]));
        assert_eq!(
            (&status["status"], &status["success"]),
            (&json!("completed"), &json!(true)),
            "{status}"
        );
        let events = events(stage, &id);
        let kinds: Vec<&str> = events.iter().map(|(kind, _)| kind.as_str()).collect();
        if !stage.works("plugin.on_task_event") {
            return assert!(kinds.is_empty(), "{kinds:?}");
        }
        assert_eq!(
            (kinds.first(), kinds.last()),
            (Some(&"0"), Some(&"4")),
            "{kinds:?}"
        );
        assert_eq!(events[0].1["title"], "Hello");
        assert_eq!(
            events.last().expect("an event").1["output"],
            "You said: say hello"
        );
    },
};

pub(super) const REFUSED_TASKS: Scenario = calling(
    "what cannot be done says why",
    &["host.dispatch", "host.task_status", "host.dispatch_cancel"],
    |stage| {
        let refused = stage.ask("dispatch", json!([r#"{"prompt": " "}"#]));
        assert_eq!(
            refused,
            json!({"error": "invalid_request", "message": "Prompt is empty"})
        );
        let refusal = stage
            .call_as("dispatch", json!([r#"{"prompt": "x"}"#]), None)
            .expect("an answer");
        assert!(
            refusal.contains("built_in_agent_not_exposable"),
            "{refusal}"
        );
        assert_eq!(
            stage.ask("task_status", json!(["nonsense"]))["error"],
            "invalid_task_id"
        );
        let unknown = "123E4567-E89B-42D3-A456-426614174000";
        assert_eq!(
            stage.ask("task_status", json!([unknown]))["error"],
            "not_found"
        );
        assert_eq!(stage.call("dispatch_cancel", json!(["nonsense"])), None);
    },
);

pub(super) const RESERVED: Scenario = calling(
    "reserved functions and those of no task do no harm",
    &[
        "host.dispatch_clarify",
        "host.dispatch_add_issue",
        "host.list_active_tasks",
        "host.send_draft",
        "host.dispatch_interrupt",
    ],
    |stage| {
        stage.call("dispatch_clarify", json!(["any", "answer"]));
        assert_eq!(
            stage.ask("dispatch_add_issue", json!(["any", "{}"]))["error"],
            "not_supported"
        );
        assert_eq!(
            stage.ask("list_active_tasks", json!([])),
            json!({"tasks": []})
        );
        stage.call("send_draft", json!(["any", r#"{"text": "x"}"#]));
        stage.call("dispatch_interrupt", json!(["any", null]));
    },
);
