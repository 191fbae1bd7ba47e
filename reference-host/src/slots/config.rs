//! config_get, config_set, config_delete: per agent, with the Default agent's values underneath.
//! Without a chat agent all three are inert; by the documents they are then the Default agent's.

use super::{HostCall, Reply};
use crate::common::ids::AgentId;

/// The longest value that is stored, in bytes.
const MAX_VALUE: usize = 1_048_576;

pub(super) fn config_get(call: &HostCall, key: &str) -> Reply {
    let Some(agent) = chat_agent(call) else {
        return Reply::Null;
    };
    let stored = call
        .host()
        .store
        .get_or_default(agent, &call.context.plugin_id, key);
    let value = stored.unwrap_or_else(|error| {
        call.note(format!("the settings store failed: {error}"));
        None
    });
    call.hides(key);
    value.map_or(Reply::Null, Reply::Text)
}

pub(super) fn config_set(call: &HostCall, key: &str, value: &str) -> Reply {
    if value.len() > MAX_VALUE {
        let message = format!(
            "config_set: the value of '{key}' has {} bytes; more than 1 MiB is not stored",
            value.len()
        );
        call.context
            .warn_once(&format!("config_set|too_large|{key}"), call.agent, &message);
        call.note("dropped: larger than 1 MiB");
        return Reply::Void(204);
    }
    let Some(agent) = chat_agent(call) else {
        return Reply::Void(204);
    };
    call.hides(key);
    let store = &call.host().store;
    report(call, store.set(agent, &call.context.plugin_id, key, value))
}

pub(super) fn config_delete(call: &HostCall, key: &str) -> Reply {
    let Some(agent) = chat_agent(call) else {
        return Reply::Void(204);
    };
    let store = &call.host().store;
    report(call, store.delete(agent, &call.context.plugin_id, key))
}

/// Warns when there is no agent, whatever the profile makes of that.
fn chat_agent(call: &HostCall) -> Option<AgentId> {
    let agent = call.chat_agent();
    if call.agent.is_none() || agent.is_none() {
        call.warn_no_agent();
    }
    if agent.is_none() {
        call.met_no_chat_agent();
    }
    agent
}

fn report(call: &HostCall, outcome: rusqlite::Result<()>) -> Reply {
    if let Err(error) = outcome {
        let message = format!("the settings store failed: {error}");
        call.host()
            .warn(&call.context.plugin_id, call.agent, &message);
        call.note(message);
    }
    Reply::Void(204)
}
