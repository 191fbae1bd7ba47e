//! What a call of a tool is told that the conversation never exposed. The chat loop asks before it
//! runs a tool.

use super::catalogue::groups;
use super::loadable;
use super::names::{GATEWAY, LOAD};
use crate::common::ids::AgentId;
use crate::host::core::HostCore;
use crate::tools::envelope::Failure;

/// None if the tool may be called. `exposed` says what is in the conversation's schema.
pub(crate) fn refusal(
    host: &HostCore,
    agent: Option<AgentId>,
    exposed: impl Fn(&str) -> bool,
    name: &str,
) -> Option<Failure> {
    if exposed(name) {
        return None;
    }
    let groups = groups(host, agent.unwrap_or(AgentId::DEFAULT));
    let mut tools = groups.iter().flat_map(|group| &group.tools);
    if tools.any(|tool| tool.name == name && loadable::fault(tool).is_none()) {
        let loader = if exposed(LOAD) && !exposed(GATEWAY) {
            LOAD
        } else {
            GATEWAY
        };
        return Some(not_found(
            format!(
                "{name} exists but is not loaded in this conversation. Call {loader} with ids: \
                 [\"tool/{name}\"] to load \
             it, then retry this call."
            ),
            true,
        ));
    }
    let id = name.strip_prefix("plugin/").unwrap_or(name);
    if groups.iter().any(|group| group.id == id) {
        return Some(not_found(
            format!(
                "'{name}' is a capability id for a plugin group, not a callable function. Call \
                 {GATEWAY} with \
             {{\"ids\":[\"plugin/{id}\"]}} to load it, then call one of the loaded tool names to \
             continue."
            ),
            true,
        ));
    }
    Some(not_found(
        format!("{name} is not available in this conversation."),
        false,
    ))
}

fn not_found(message: String, again: bool) -> Failure {
    Failure::new("tool_not_found", message).retryable(again)
}
