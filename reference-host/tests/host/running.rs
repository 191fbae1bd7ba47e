//! Helpers for tests of running tasks: a model that talks until it is stopped, and what is done
//! with tasks.

use crate::support::*;
use osaurus_reference_host::{AgentId, Host, HostBuilder, LoadedPlugin};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

pub const LONG: Duration = Duration::from_secs(60);

/// Answers that take a quarter of an hour, if they are not stopped.
const ENDLESS: &str = r#"
pace_ms = 50
[[rule]]
matches = "^talk"
text = "WORDS"
"#;

pub fn endless() -> HostBuilder {
    scripted(&ENDLESS.replace("WORDS", &"tick ".repeat(20_000)))
}

pub fn dispatch(plugin: &Arc<LoadedPlugin>, agent: Option<AgentId>) -> Value {
    Probe(plugin, agent).dispatch(&json!({"prompt": "talk"}))
}

pub fn id_of(answer: &Value) -> String {
    answer["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"))
        .to_string()
}

pub fn kinds(probe: &Probe<'_>, id: &str) -> Vec<i32> {
    probe
        .task_events(id)
        .into_iter()
        .map(|event| event.0)
        .collect()
}

pub fn cancel_all(host: &Host, plugin: &Arc<LoadedPlugin>) {
    let probe = Probe(plugin, None);
    for task in probe.json(&["17", "t0"])["tasks"].as_array().unwrap() {
        probe.call(&["9", "v1", task["id"].as_str().unwrap()]);
    }
    assert!(host.wait_for_tasks(LONG));
}
