//! What plugins are told when an agent comes or goes, or its tunnel changes. The host's methods
//! that say so are in `host/agents.rs`.

use crate::common::ids::AgentId;
use crate::configuration::agents::TunnelChange;
use crate::configuration::delivery::{Repeat, TUNNEL_KEY};
use crate::plugin::loaded::LoadedPlugin;
use std::sync::Arc;

/// An agent's settings and its public address, without repeating.
pub(crate) fn welcome(plugin: &Arc<LoadedPlugin>, agent: AgentId) {
    plugin.deliver(agent, plugin.snapshot(agent), Repeat::No);
    if let Some(url) = plugin.context().services.settings.agents.tunnel(agent) {
        push_tunnel(plugin, agent, &url, Repeat::No);
    }
}

pub(crate) fn tunnel_changed(plugin: &Arc<LoadedPlugin>, agent: AgentId, change: &TunnelChange) {
    match change {
        TunnelChange::Nothing => {}
        TunnelChange::Reconnected(url) => {
            plugin.deliver(agent, plugin.snapshot(agent), Repeat::Yes);
            push_tunnel(plugin, agent, url, Repeat::Yes);
        }
        TunnelChange::Moved(url) => push_tunnel(plugin, agent, url, Repeat::No),
        TunnelChange::Down => push_tunnel(plugin, agent, "", Repeat::No),
    }
}

/// Only plugins with routes care. The address is stored as one of their secrets before they hear of
/// it, and deleted when the tunnel is down.
fn push_tunnel(plugin: &Arc<LoadedPlugin>, agent: AgentId, url: &str, repeat: Repeat) {
    if !has_routes(plugin) {
        return;
    }
    let (host, id) = (&plugin.context().services, plugin.id());
    let stored = if url.is_empty() {
        host.store.delete(agent, id, TUNNEL_KEY)
    } else {
        host.store.set(agent, id, TUNNEL_KEY, url)
    };
    if let Err(error) = stored {
        let text = format!("cannot store the tunnel's address: {error}");
        host.warn(id, Some(agent), &text);
    }
    plugin.deliver(agent, vec![(TUNNEL_KEY.into(), url.into())], repeat);
}

pub(crate) fn has_routes(plugin: &LoadedPlugin) -> bool {
    !plugin.manifest().routes().is_empty()
}

pub(crate) fn forget_secrets(plugin: &Arc<LoadedPlugin>, agent: AgentId) {
    let (host, id) = (&plugin.context().services, plugin.id());
    let all = host.store.all(agent, id).unwrap_or_default();
    let failed = all
        .iter()
        .find_map(|(key, _)| host.store.delete(agent, id, key).err());
    if let Some(error) = failed {
        let text = format!("cannot delete a removed agent's secrets: {error}");
        host.warn(id, Some(agent), &text);
    }
}
