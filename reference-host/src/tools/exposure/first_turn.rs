//! The tools in the schema of a conversation's first turn: the host's own, and what the agent's
//! mode adds. Chats, tasks and completions begin with them; what comes later is loaded.

use crate::common::ids::AgentId;
use crate::host::core::HostCore;
use crate::tools::built_in;
use crate::tools::definitions;
use crate::tools::exposure::names::{DISCOVER, GATEWAY, LOAD};
use crate::tools::exposure::size_class::SizeClass;
use crate::tools::exposure::tool_mode::ToolMode;
use serde_json::Value;

/// Where a conversation takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConversationKind {
    /// A chat or a dispatched task.
    Chat,
    /// A plugin's own `complete` or `complete_stream`.
    Completion,
}

/// The tools that an agent's conversations start with: the host's own, and what the agent's mode
/// adds. Models with a very small context get none.
pub(crate) fn tools(
    host: &HostCore,
    agent: AgentId,
    kind: ConversationKind,
    size: SizeClass,
) -> Vec<Value> {
    if size == SizeClass::TooSmall {
        return Vec::new();
    }
    let mode = ToolMode::of(host, agent);
    let mut tools = built_in::definitions(loaders(host, mode, kind));
    let picked = host.settings.agent(agent);
    let picked = picked.as_deref().and_then(|agent| agent.tools.as_deref());
    match (mode, picked) {
        (ToolMode::Manual, Some(names)) => {
            let named = names
                .iter()
                .filter_map(|name| definitions::of_plugins(host, name));
            definitions::add(&mut tools, named);
        }
        (ToolMode::Documented, picked) => {
            let is_picked = |name: &str| picked.is_none_or(|names| names.iter().any(|n| n == name));
            definitions::replace(&mut tools, definitions::all_of_plugins(host, is_picked));
        }
        _ => {}
    }
    tools
}

/// The tools that load others.
fn loaders(host: &HostCore, mode: ToolMode, kind: ConversationKind) -> &'static [&'static str] {
    match (mode, kind) {
        (ToolMode::Documented, _) => &[LOAD],
        (ToolMode::Manual | ToolMode::Never, _) => &[],
        (ToolMode::Auto, ConversationKind::Chat) if !host.settings.profile.of_june() => &[GATEWAY],
        (ToolMode::Auto, _) => &[LOAD, DISCOVER],
    }
}
