//! The agents of a host and their tunnels, as its user changes them. Part of [`Host`].

use crate::common::ids::AgentId;
use crate::configuration::agent::Agent;
use crate::configuration::delivery::{Repeat, TUNNEL_KEY};
use crate::configuration::redelivery::{forget_secrets, has_routes, tunnel_changed, welcome};
use crate::host::Host;
use crate::plugin::loaded::LoadedPlugin;
use std::sync::Arc;

impl Host {
    /// Adds an agent, or replaces the details of one that has the same id. Plugins get a new
    /// agent's settings, and its public address if its tunnel is connected; what they were told
    /// before is not repeated.
    pub fn add_agent(&self, agent: impl Into<Agent>) {
        let agent = agent.into();
        let id = agent.id;
        if self.core.settings.agents.add(agent) {
            self.each_plugin(|plugin| welcome(plugin, id));
        }
    }

    /// Removes an agent. Plugins with routes hear first that its tunnel is gone, while they can
    /// still read its secrets; then these are deleted. False when there is no such agent.
    pub fn remove_agent(&self, agent: AgentId) -> bool {
        if self.core.settings.agents.get(agent).is_none() {
            return false;
        }
        self.each_plugin(|plugin| {
            if has_routes(plugin) {
                let no_tunnel = vec![(TUNNEL_KEY.to_string(), String::new())];
                plugin.deliver_and_wait(agent, no_tunnel, Repeat::No);
            }
        });
        self.each_plugin(|plugin| forget_secrets(plugin, agent));
        self.core.settings.agents.remove(agent)
    }

    /// Says that an agent's tunnel is connected under this address, or (None) that it is not. The
    /// first time for an agent only sets where it starts. A tunnel that was down and comes up makes
    /// plugins get all the agent's settings again, even equal ones.
    pub fn set_tunnel(&self, agent: AgentId, url: Option<&str>) {
        let change = self.core.settings.agents.observe_tunnel(agent, url);
        self.each_plugin(|plugin| tunnel_changed(plugin, agent, &change));
    }

    fn each_plugin(&self, act: impl Fn(&Arc<LoadedPlugin>)) {
        self.core.plugins.all().iter().for_each(act);
    }
}
