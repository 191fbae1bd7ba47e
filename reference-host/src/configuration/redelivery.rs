//! What plugins are told when an agent comes or goes, or its tunnel changes. The public methods of the host that say
//! so are here.

use crate::common::ids::AgentId;
use crate::configuration::agent::Agent;
use crate::configuration::agents::TunnelChange;
use crate::configuration::delivery::{Repeat, TUNNEL_KEY};
use crate::host::{Host, HostCore};
use crate::plugin::loaded::LoadedPlugin;
use std::sync::Arc;

impl Host {
    /// Adds an agent, or replaces the details of one that has the same id. Plugins get a new agent's settings, and
    /// its public address if its tunnel is connected; what they were told before is not repeated.
    pub fn add_agent(&self, agent: impl Into<Agent>) {
        let agent = agent.into();
        let id = agent.id;
        if self.core.settings.agents.add(agent) {
            self.core.each_plugin(|plugin| welcome(plugin, id));
        }
    }

    /// Removes an agent. Plugins with routes hear first that its tunnel is gone, while they can still read its
    /// secrets; then these are deleted. False when there is no such agent.
    pub fn remove_agent(&self, agent: AgentId) -> bool {
        if self.core.settings.agents.get(agent).is_none() {
            return false;
        }
        self.core.each_plugin(|plugin| {
            if has_routes(plugin) {
                let gone = vec![(TUNNEL_KEY.to_string(), String::new())];
                plugin.deliver_and_wait(agent, gone, Repeat::No);
            }
        });
        self.core
            .each_plugin(|plugin| forget_secrets(plugin, agent));
        self.core.settings.agents.remove(agent)
    }

    /// Says that an agent's tunnel is connected under this address, or (None) that it is not. The first time for an
    /// agent only sets where it starts. A tunnel that was down and comes up makes plugins get all the agent's
    /// settings again, even equal ones.
    pub fn set_tunnel(&self, agent: AgentId, url: Option<&str>) {
        let change = self.core.settings.agents.observe_tunnel(agent, url);
        self.core
            .each_plugin(|plugin| tunnel_changed(plugin, agent, &change));
    }
}

impl HostCore {
    pub(crate) fn each_plugin(&self, act: impl Fn(&Arc<LoadedPlugin>)) {
        let plugins = self.plugins().clone();
        plugins.iter().for_each(act);
    }
}

/// An agent's settings and its public address, without repeating.
pub(crate) fn welcome(plugin: &Arc<LoadedPlugin>, agent: AgentId) {
    plugin.deliver(agent, plugin.snapshot(agent), Repeat::No);
    if let Some(url) = plugin.context().host.settings.agents.tunnel(agent) {
        push_tunnel(plugin, agent, &url, Repeat::No);
    }
}

fn tunnel_changed(plugin: &Arc<LoadedPlugin>, agent: AgentId, change: &TunnelChange) {
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

/// Only plugins with routes care. The address is stored as one of their secrets before they hear of it, and deleted
/// when the tunnel is down.
fn push_tunnel(plugin: &Arc<LoadedPlugin>, agent: AgentId, url: &str, repeat: Repeat) {
    if !has_routes(plugin) {
        return;
    }
    let (host, id) = (&plugin.context().host, plugin.id());
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

fn has_routes(plugin: &LoadedPlugin) -> bool {
    !plugin.manifest().routes().is_empty()
}

fn forget_secrets(plugin: &Arc<LoadedPlugin>, agent: AgentId) {
    let (host, id) = (&plugin.context().host, plugin.id());
    let all = host.store.all(agent, id).unwrap_or_default();
    let failed = all
        .iter()
        .find_map(|(key, _)| host.store.delete(agent, id, key).err());
    if let Some(error) = failed {
        let text = format!("cannot delete a removed agent's secrets: {error}");
        host.warn(id, Some(agent), &text);
    }
}
