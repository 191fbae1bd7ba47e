//! What models get to see of plugins' tools: which are in the schema from the start, which are named in the prompt and
//! loaded on demand, in what form, and what a call of a tool that was never exposed is told. Conversations ask it, and
//! [`view`] shows it to authors. It runs no tool and asks no model.

pub(crate) mod catalogue;
pub(crate) mod gateway;
mod loadable;
mod schema_form;
mod scope;
mod section;
mod size_class;
mod sizes;
mod skill_card;
pub(crate) mod view;

pub(crate) use scope::refusal;
pub(crate) use section::section;
pub(crate) use size_class::SizeClass;

use crate::agent_tools;
use crate::host::HostCore;
use crate::ids::AgentId;
use crate::special_tools;
use serde_json::Value;

/// Loads tools in chats and tasks.
pub(crate) const GATEWAY: &str = "capabilities";
/// The older pair, which is used outside of chats, and was used everywhere in June 2026.
pub(crate) const LOAD: &str = "capabilities_load";
pub(crate) const DISCOVER: &str = "capabilities_discover";

/// How an agent's conversations come by plugin tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ToolMode {
    /// Named in the prompt, loaded when the model asks for them.
    Auto,
    /// Those that the user picked, from the start.
    Manual,
    /// None: the Default agent.
    Never,
    /// All of them, from the start: the documents know no loading.
    Documented,
}

/// Where a conversation takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A chat or a dispatched task.
    Chat,
    /// A plugin's own `complete` or `complete_stream`.
    Completion,
}

impl ToolMode {
    pub(crate) fn of(host: &HostCore, agent: AgentId) -> ToolMode {
        if host.settings.profile.documented() {
            return ToolMode::Documented;
        }
        if agent.is_default() {
            return ToolMode::Never;
        }
        let agent = host.settings.agent(agent);
        match agent.is_some_and(|agent| agent.tools.is_some()) {
            true => ToolMode::Manual,
            false => ToolMode::Auto,
        }
    }
}

/// The tools that an agent's conversations start with: the host's own, and what the agent's mode adds. Models with a very
/// small context get none.
pub(crate) fn tools(host: &HostCore, agent: AgentId, place: Place, size: SizeClass) -> Vec<Value> {
    if size == SizeClass::TooSmall {
        return Vec::new();
    }
    let mode = ToolMode::of(host, agent);
    let mut tools = special_tools::definitions(loaders(host, mode, place));
    let picked = host.settings.agent(agent);
    let picked = picked.as_deref().and_then(|agent| agent.tools.as_deref());
    match (mode, picked) {
        (ToolMode::Manual, Some(names)) => {
            let named = names
                .iter()
                .filter_map(|name| agent_tools::of_plugins(host, name));
            agent_tools::add(&mut tools, named);
        }
        (ToolMode::Documented, picked) => {
            let is_picked = |name: &str| picked.is_none_or(|names| names.iter().any(|n| n == name));
            agent_tools::replace(&mut tools, agent_tools::all_of_plugins(host, is_picked));
        }
        _ => {}
    }
    tools
}

/// The tools that load others.
fn loaders(host: &HostCore, mode: ToolMode, place: Place) -> &'static [&'static str] {
    match (mode, place) {
        (ToolMode::Documented, _) => &[LOAD],
        (ToolMode::Manual | ToolMode::Never, _) => &[],
        (ToolMode::Auto, Place::Chat) if !host.settings.profile.of_june() => &[GATEWAY],
        (ToolMode::Auto, _) => &[LOAD, DISCOVER],
    }
}
