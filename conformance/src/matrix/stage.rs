//! One probe in one host: what a scenario calls.
#![expect(
    clippy::expect_used,
    reason = "used by scenarios, which are tests: the panic's text is their result"
)]

use super::expect::{Expectation, Outcome};
use osaurus_reference_host::{AgentId, Host, LoadedPlugin};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// A loaded probe.
pub(crate) struct Stage {
    /// The host.
    pub(crate) host: Host,
    /// The probe.
    pub(crate) plugin: Arc<LoadedPlugin>,
    /// The calling agent.
    pub(crate) ada: AgentId,
    /// What becomes of each function here.
    pub(crate) expected: Vec<Expectation>,
}

impl Stage {
    /// What becomes of a function, as in `host.log`.
    pub(crate) fn outcome(&self, function: &str) -> Option<Outcome> {
        let expectation = self.expected.iter().find(|one| one.function == function);
        expectation.map(|one| one.outcome)
    }

    /// Whether it works.
    pub(crate) fn works(&self, function: &str) -> bool {
        self.outcome(function) == Some(Outcome::Works)
    }

    /// A tool's envelope, called as ada.
    pub(crate) fn tool(&self, tool: &str, arguments: &Value) -> Value {
        self.tool_as(tool, arguments, Some(self.ada))
    }

    /// A tool's envelope.
    pub(crate) fn tool_as(&self, tool: &str, arguments: &Value, agent: Option<AgentId>) -> Value {
        let text = self.plugin.invoke(tool, &arguments.to_string(), agent);
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{tool} answered {text}"))
    }

    /// What a function of the host answered, called as ada.
    pub(crate) fn call(&self, function: &str, arguments: Value) -> Option<String> {
        self.call_as(function, arguments, Some(self.ada))
    }

    /// What a function of the host answered.
    pub(crate) fn call_as(
        &self,
        function: &str,
        arguments: Value,
        agent: Option<AgentId>,
    ) -> Option<String> {
        let envelope = self.tool_as(
            "call",
            &json!({"function": function, "arguments": arguments}),
            agent,
        );
        assert_eq!(envelope["ok"], true, "{function}: {envelope}");
        envelope["result"]["answer"].as_str().map(str::to_owned)
    }

    /// What a function answered, as JSON.
    pub(crate) fn ask(&self, function: &str, arguments: Value) -> Value {
        let text = self
            .call(function, arguments)
            .unwrap_or_else(|| panic!("{function} answered NULL"));
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{function} answered {text}"))
    }

    /// A stream's chunks and its answer.
    pub(crate) fn stream(&self, request: &Value, cancel: Option<&str>) -> (Vec<Value>, Value) {
        let arguments = json!({"function": "complete_stream", "arguments": [request.to_string()], "cancel": cancel});
        let envelope = self.tool("call", &arguments);
        let parse =
            |text: &Value| serde_json::from_str(text.as_str().expect("a string")).expect("JSON");
        let chunks = envelope["result"]["chunks"].as_array();
        let chunks = chunks.unwrap_or_else(|| panic!("no chunks: {envelope}"));
        (
            chunks.iter().map(parse).collect(),
            parse(&envelope["result"]["answer"]),
        )
    }

    /// Starts a task and waits until its last event was delivered; its id.
    pub(crate) fn finished_task(&self, request: &Value) -> String {
        let started = self.ask("dispatch", json!([request.to_string()]));
        assert!(
            self.host.wait_for_tasks(Duration::from_secs(60)),
            "the task ends"
        );
        started["id"]
            .as_str()
            .unwrap_or_else(|| panic!("no id: {started}"))
            .to_owned()
    }

    /// The events that the probe saw and that begin so.
    pub(crate) fn seen(&self, start: &str) -> Vec<String> {
        let envelope = self.tool("seen", &json!({}));
        let events = envelope["result"]["events"].as_array().expect("a list");
        let lines = events
            .iter()
            .filter_map(|event| event.as_str().map(str::to_owned));
        lines.filter(|event| event.starts_with(start)).collect()
    }
}
