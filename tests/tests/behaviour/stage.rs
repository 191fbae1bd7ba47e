//! One probe in one host: what a scenario calls, and which functions the two have between them.

use crate::columns::Column;
use crate::scenarios::Scenario;
use crate::server;
use osaurus_reference_host::{AgentId, Host, LoadedPlugin};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The functions of the host, with the version and the revision of version 2 that brought them.
const FUNCTIONS: [(&str, u32, char); 23] = [
    ("config_get", 2, 'a'),
    ("config_set", 2, 'a'),
    ("config_delete", 2, 'a'),
    ("db_exec", 2, 'a'),
    ("db_query", 2, 'a'),
    ("log", 2, 'a'),
    ("dispatch", 2, 'b'),
    ("task_status", 2, 'b'),
    ("dispatch_cancel", 2, 'b'),
    ("dispatch_clarify", 2, 'b'),
    ("complete", 2, 'b'),
    ("complete_stream", 2, 'b'),
    ("embed", 2, 'b'),
    ("list_models", 2, 'b'),
    ("http_request", 2, 'b'),
    ("file_read", 2, 'd'),
    ("list_active_tasks", 2, 'e'),
    ("send_draft", 2, 'e'),
    ("dispatch_interrupt", 2, 'e'),
    ("dispatch_add_issue", 2, 'e'),
    ("complete_cancel", 3, 'a'),
    ("get_active_agent_id", 4, 'a'),
    ("log_structured", 5, 'a'),
];

/// A host of a version that does not exist yet, with one more function than the newest.
pub const DRAFTED: &str = "7";

/// A loaded probe.
pub struct Stage {
    /// The host.
    pub host: Host,
    /// The probe.
    pub plugin: Arc<LoadedPlugin>,
    /// The calling agent.
    pub ada: AgentId,
    host_version: u32,
    version: u32,
    oldest_revision: char,
    host_revision: char,
}

impl Stage {
    /// Loads a build of the probe in a host of this version.
    pub fn new(column: &Column, host: &str) -> Stage {
        let web = server::start().to_string();
        let made = Host::builder()
            .agents(["ada", "ben"])
            .map_host("api.example.com", &web);
        let made = match host {
            DRAFTED => made.drafted_abi(7, 208),
            level => made.abi_level(level),
        };
        let made = made.build().expect("the host starts");
        let plugin = made.load(&column.library);
        let plugin =
            plugin.unwrap_or_else(|error| panic!("{} in version {host}: {error}", column.name));
        let digits: u32 = host[..1].parse().expect("a version");
        Stage {
            host: made,
            plugin,
            ada: AgentId::named("ada"),
            host_version: digits,
            version: column.version,
            oldest_revision: column.oldest_revision,
            host_revision: host.chars().nth(1).unwrap_or('e'),
        }
    }

    /// Plays a scenario, or, where a function that it needs is missing, checks that the probe says so.
    pub fn play(&self, scenario: &Scenario) {
        let missing: Vec<&&str> = scenario
            .calls
            .iter()
            .filter(|name| !self.has(name))
            .collect();
        if missing.is_empty() && (!scenario.needs_callbacks || self.has_callbacks()) {
            return (scenario.play)(self);
        }
        for name in missing {
            let envelope = self.tool(
                "call",
                &json!({"function": name, "arguments": ["x", "{}", "{}"]}),
            );
            let kind = envelope["kind"].as_str();
            assert_eq!(
                kind,
                Some("unavailable"),
                "{name} is missing, but: {envelope}"
            );
        }
    }

    /// Whether plugin and host both have a function.
    pub fn has(&self, name: &str) -> bool {
        let (_, version, revision) = FUNCTIONS
            .iter()
            .find(|one| one.0 == name)
            .copied()
            .expect("a known function");
        let promised = self.version.min(self.host_version);
        promised >= version
            && (self.host_version > 2 || version < 2 || revision <= self.oldest_revision)
    }

    /// Whether the host calls routes and events: both sides are of version 2 or later.
    pub fn has_callbacks(&self) -> bool {
        self.version.min(self.host_version) >= 2
    }

    /// Whether the host has the callback of task events with today's arguments.
    pub fn has_task_events(&self) -> bool {
        self.has_callbacks() && (self.host_version > 2 || self.host_revision >= 'c')
    }

    /// A tool's envelope, called as ada.
    pub fn tool(&self, tool: &str, arguments: &Value) -> Value {
        self.tool_as(tool, arguments, Some(self.ada))
    }

    /// A tool's envelope.
    pub fn tool_as(&self, tool: &str, arguments: &Value, agent: Option<AgentId>) -> Value {
        let text = self.plugin.invoke(tool, &arguments.to_string(), agent);
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{tool} answered {text}"))
    }

    /// What a function of the host answered, called as ada.
    pub fn call(&self, function: &str, arguments: Value) -> Option<String> {
        self.call_as(function, arguments, Some(self.ada))
    }

    /// What a function of the host answered.
    pub fn call_as(
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
    pub fn ask(&self, function: &str, arguments: Value) -> Value {
        let text = self
            .call(function, arguments)
            .unwrap_or_else(|| panic!("{function} answered NULL"));
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{function} answered {text}"))
    }

    /// A stream's chunks and its answer.
    pub fn stream(&self, request: &Value, cancel: Option<&str>) -> (Vec<Value>, Value) {
        let arguments = json!({"function": "complete_stream", "arguments": [request.to_string()], "cancel": cancel});
        let envelope = self.tool("call", &arguments);
        let read =
            |text: &Value| serde_json::from_str(text.as_str().expect("a text")).expect("JSON");
        let chunks = envelope["result"]["chunks"].as_array();
        let chunks = chunks.unwrap_or_else(|| panic!("no chunks: {envelope}"));
        (
            chunks.iter().map(read).collect(),
            read(&envelope["result"]["answer"]),
        )
    }

    /// Starts a task and waits until its last event was delivered; its id.
    pub fn finished_task(&self, request: &Value) -> String {
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
    pub fn seen(&self, start: &str) -> Vec<String> {
        let envelope = self.tool("seen", &json!({}));
        let events = envelope["result"]["events"].as_array().expect("a list");
        let texts = events
            .iter()
            .filter_map(|event| event.as_str().map(str::to_owned));
        texts.filter(|event| event.starts_with(start)).collect()
    }
}
