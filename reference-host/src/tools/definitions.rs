//! Definitions of tools as models get them, in OpenAI's form: those of plugins, by name and all.
//! Which of them a conversation has is decided in `exposure`.

use crate::host::core::HostCore;
use crate::plugin::context::PluginContext;
use crate::plugin::manifest::Tool;
use serde_json::{Value, json};

/// The definition of one plugin's tool; of two with one name the one registered later stands.
pub(crate) fn of_plugins(host: &HostCore, name: &str) -> Option<Value> {
    let tools = all_of_plugins(host, |known| known == name);
    tools.into_iter().next_back()
}

/// The definitions of all plugins' tools whose names are wanted, in the order in which they were
/// registered.
pub(crate) fn all_of_plugins(host: &HostCore, wanted: impl Fn(&str) -> bool) -> Vec<Value> {
    let plugins = host.plugins.lock();
    let all = plugins
        .iter()
        .flat_map(|plugin| of_plugin(plugin.context()));
    all.filter(|tool| name_of(tool).is_some_and(&wanted))
        .collect()
}

/// Adds tools that are not there yet.
pub(crate) fn add(tools: &mut Vec<Value>, more: impl IntoIterator<Item = Value>) {
    for tool in more {
        if !tools.iter().any(|known| name_of(known) == name_of(&tool)) {
            tools.push(tool);
        }
    }
}

/// Adds tools, each in the place of one with its name.
pub(crate) fn replace(tools: &mut Vec<Value>, more: impl IntoIterator<Item = Value>) {
    for tool in more {
        match tools
            .iter_mut()
            .find(|known| name_of(known) == name_of(&tool))
        {
            Some(known) => *known = tool,
            None => tools.push(tool),
        }
    }
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

pub(crate) fn name_of(tool: &Value) -> Option<&str> {
    tool.pointer("/function/name").and_then(Value::as_str)
}
