//! What agent, plugin and host contribute to a conversation before and while it runs: rounds,
//! defaults, prompts, and a fit into the model's context. The chat loop calls it.

use crate::chat::model::{ChatRequest, content_text};
use crate::common::ids::AgentId;
use crate::host::services::Services;
use crate::plugin::context::PluginContext;
use serde_json::{Value, json};

const DEFAULT_ITERATIONS: i64 = 30;
const MAX_ITERATIONS: i64 = 120;
/// The same in hosts of version 2.
const V2_DEFAULT_ITERATIONS: i64 = 1;
const V2_MAX_ITERATIONS: i64 = 30;

/// Rounds of a request: asked for, brought into the bounds that this version of the host has.
pub(crate) fn iterations(context: &PluginContext, asked: Option<i64>) -> u64 {
    let (default, most) = match context.services.settings.abi.version() {
        2 => (V2_DEFAULT_ITERATIONS, V2_MAX_ITERATIONS),
        _ => (DEFAULT_ITERATIONS, MAX_ITERATIONS),
    };
    asked.unwrap_or(default).clamp(1, most).unsigned_abs()
}

/// The model that is meant: a name is taken as it is, none is left to the agent, and then to the
/// host.
pub(crate) fn model(services: &Services, agent: Option<AgentId>, named: &str) -> String {
    if !matches!(named.trim().to_ascii_lowercase().as_str(), "" | "default") {
        return named.to_string();
    }
    let bound = agent.and_then(|id| services.settings.agent(id));
    let model = bound.and_then(|agent| agent.model.clone());
    model.unwrap_or_else(|| services.model.default_model())
}

/// Model, temperature and limit of tokens that the request leaves to the agent or the host.
pub(crate) fn add_defaults(services: &Services, agent: Option<AgentId>, request: &mut ChatRequest) {
    let bound = agent.and_then(|id| services.settings.agent(id));
    let bound = bound.as_deref();
    request.model = model(services, agent, &request.model);
    if let Some(temperature) = bound.and_then(|agent| agent.temperature) {
        let options = &mut request.options;
        options.entry("temperature").or_insert(temperature.into());
    }
    if let Some(tokens) = bound.and_then(|agent| agent.max_tokens) {
        request.options.entry("max_tokens").or_insert(tokens.into());
    }
}

/// The agent's prompt and memory, the section of capabilities in a chat, and the plugin's
/// instructions or what the agent has instead of them.
pub(crate) fn add_prompts(
    context: &PluginContext,
    agent: Option<AgentId>,
    section: Option<String>,
    messages: &mut Vec<Value>,
) {
    let bound = agent.and_then(|id| context.services.settings.agent(id));
    let bound = bound.as_deref();
    let before = bound.map(|agent| [agent.system_prompt.clone(), agent.memory.clone()]);
    let before = before.into_iter().flatten().chain([section]).flatten();
    let after = bound.and_then(|agent| agent.instructions_for(&context.plugin_id));
    let after = after.or_else(|| context.instructions());
    add_system(messages, before.collect(), after);
}

/// Drops the oldest turns of a conversation that no longer fits; never the system prompt nor what
/// follows the last user turn.
pub(crate) fn trim(services: &Services, request: &mut ChatRequest) {
    let Some(window) = services.model.context_window() else {
        return;
    };
    while request.estimated_tokens() > window {
        let messages = &mut request.messages;
        let oldest = messages
            .iter()
            .position(|message| !has_role(message, "system"));
        let last_user = messages
            .iter()
            .rposition(|message| has_role(message, "user"));
        match (oldest, last_user) {
            (Some(oldest), Some(user)) if oldest < user => drop_turn(messages, oldest),
            _ => return,
        }
    }
}

/// A turn, and the tools' answers that belong to it.
fn drop_turn(messages: &mut Vec<Value>, at: usize) {
    messages.remove(at);
    while messages
        .get(at)
        .is_some_and(|message| has_role(message, "tool"))
    {
        messages.remove(at);
    }
}

fn has_role(message: &Value, role: &str) -> bool {
    message.get("role").and_then(Value::as_str) == Some(role)
}

/// The agent's prompts go before the request's own system prompt, the plugin's instructions after
/// it.
fn add_system(messages: &mut Vec<Value>, before: Vec<String>, after: Option<String>) {
    let own = messages
        .first()
        .is_some_and(|message| has_role(message, "system"))
        .then(|| content_text(&messages[0]));
    if before.is_empty() && after.is_none() {
        return;
    }
    if own.is_some() {
        messages.remove(0);
    }
    let parts: Vec<String> = before.into_iter().chain(own).chain(after).collect();
    messages.insert(0, json!({"role": "system", "content": parts.join("\n\n")}));
}
