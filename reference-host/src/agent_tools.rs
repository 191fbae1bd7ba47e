//! Which tools a conversation may use, as OpenAI definitions: the agent's, pinned ones, and those that a session has loaded.

use crate::context::PluginContext;
use crate::host::HostCore;
use crate::ids::AgentId;
use crate::manifest::Tool;
use crate::special_tools;
use serde_json::{Value, json};

/// The tools that an agent's conversations start with: all, or those its settings name; the host's own always.
pub(crate) fn of_agent(host: &HostCore, agent: AgentId) -> Vec<Value> {
    let chosen = host
        .settings
        .agent(agent)
        .and_then(|agent| agent.tools.clone());
    let mut tools = all(host);
    if let Some(names) = chosen {
        let is_own = |name: &str| special_tools::NAMES.contains(&name);
        tools.retain(|tool| {
            name_of(tool).is_some_and(|name| is_own(name) || names.iter().any(|n| n == name))
        });
    }
    tools
}

/// The definition of one tool of any plugin or of the host.
pub(crate) fn named(host: &HostCore, name: &str) -> Option<Value> {
    all(host)
        .into_iter()
        .find(|tool| name_of(tool) == Some(name))
}

/// Adds tools that are not there yet.
pub(crate) fn add(tools: &mut Vec<Value>, more: impl IntoIterator<Item = Value>) {
    for tool in more {
        if !tools.iter().any(|known| name_of(known) == name_of(&tool)) {
            tools.push(tool);
        }
    }
}

/// All tools of the host and of all plugins; of two equal names the one registered later stands.
fn all(host: &HostCore) -> Vec<Value> {
    let mut tools = special_tools::definitions();
    for tool in host
        .plugins()
        .iter()
        .flat_map(|plugin| of_plugin(plugin.context()))
    {
        match tools
            .iter_mut()
            .find(|known| name_of(known) == name_of(&tool))
        {
            Some(known) => *known = tool,
            None => tools.push(tool),
        }
    }
    tools
}

fn of_plugin(context: &PluginContext) -> Vec<Value> {
    let empty = || json!({"type": "object", "properties": {}});
    let define = |(name, tool): (String, &Tool)| {
        let parameters = tool.parameters.clone().unwrap_or_else(empty);
        definition(&name, &tool.description, parameters)
    };
    context.named_tools().map(define).collect()
}

pub(crate) fn definition(name: &str, description: &str, parameters: Value) -> Value {
    let function = json!({"name": name, "description": description, "parameters": parameters});
    json!({"type": "function", "function": function})
}

/// The schema that these definitions give for a tool's arguments.
pub(crate) fn parameters<'a>(tools: &'a [Value], name: &str) -> Option<&'a Value> {
    let tool = tools.iter().find(|tool| name_of(tool) == Some(name))?;
    tool.pointer("/function/parameters")
}

fn name_of(tool: &Value) -> Option<&str> {
    tool.pointer("/function/name").and_then(Value::as_str)
}
