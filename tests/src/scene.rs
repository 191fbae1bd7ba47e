//! A host with one agent in a process of its own, for tests that load Python plugins in one mode.

use crate::project::Project;
use crate::{child, pythons};
use osaurus_reference_host::{AgentId, Host, LoadedPlugin};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;

/// What a test body gets.
pub struct Scene {
    /// The host.
    pub host: Host,
    /// The interpreter that builds and runs the plugins.
    pub python: PathBuf,
    /// The calling agent.
    pub ada: AgentId,
}

impl Scene {
    /// A host with the agents ada and ben.
    ///
    /// # Panics
    /// When the host cannot start.
    pub fn new() -> Self {
        let python = std::env::var_os("OSAURUS_BRIDGE_PYTHON")
            .map_or_else(|| pythons::newest().executable, PathBuf::from);
        let host = Host::builder()
            .agents(["ada", "ben"])
            .build()
            .expect("the host starts");
        Scene {
            host,
            python,
            ada: AgentId::named("ada"),
        }
    }

    /// Builds a project and loads it.
    ///
    /// # Panics
    /// When either fails.
    pub fn load(&self, project: &Project) -> Arc<LoadedPlugin> {
        self.host
            .load(&project.build(&self.python))
            .expect("the plugin loads")
    }

    /// Calls a tool as ada and returns the envelope.
    ///
    /// # Panics
    /// When what comes back is not JSON.
    pub fn call(&self, plugin: &Arc<LoadedPlugin>, tool: &str, arguments: Value) -> Value {
        let text = plugin.invoke(tool, &arguments.to_string(), Some(self.ada));
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{tool} answered {text}"))
    }

    /// Calls a tool and returns its result.
    ///
    /// # Panics
    /// When the tool fails.
    pub fn result(&self, plugin: &Arc<LoadedPlugin>, tool: &str, arguments: Value) -> Value {
        let envelope = self.call(plugin, tool, arguments);
        assert_eq!(
            envelope["ok"],
            true,
            "{tool}: {envelope}\n{:#?}",
            self.host.log_lines()
        );
        envelope["result"].clone()
    }

    /// Whether plugins are to run in the host's process.
    pub fn is_embedded(&self) -> bool {
        std::env::var("OSAURUS_BRIDGE_MODE").is_ok_and(|mode| mode == "embedded")
    }

    /// True when a line of the host's log holds all of these.
    pub fn logged(&self, parts: &[&str]) -> bool {
        self.host
            .log_lines()
            .iter()
            .any(|line| parts.iter().all(|part| line.message.contains(part)))
    }
}

impl Default for Scene {
    fn default() -> Self {
        Self::new()
    }
}

/// Runs `body` in a child process with plugins embedded in the newest Python.
pub fn embedded(test: &str, body: impl FnOnce(&Scene)) {
    in_mode(test, "embedded", body);
}

/// Runs `body` in a child process with each plugin in a worker.
pub fn worker(test: &str, body: impl FnOnce(&Scene)) {
    in_mode(test, "worker", body);
}

/// Runs `body` in both modes, one child process each.
pub fn both(test: &str, body: impl Fn(&Scene)) {
    embedded(test, &body);
    worker(test, &body);
}

fn in_mode(test: &str, mode: &str, body: impl FnOnce(&Scene)) {
    if child::is_child() && std::env::var("OSAURUS_BRIDGE_MODE").as_deref() != Ok(mode) {
        return;
    }
    let python = pythons::newest().executable.display().to_string();
    let envs = [
        ("OSAURUS_BRIDGE_MODE", mode),
        ("OSAURUS_BRIDGE_PYTHON", python.as_str()),
    ];
    child::run(test, &envs, || body(&Scene::new()));
}
