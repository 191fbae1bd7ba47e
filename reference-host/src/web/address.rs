//! Where a host, its plugins and its agents are reached.

use crate::common::ids::AgentId;
use crate::host::services::Services;
use std::sync::atomic::Ordering;

impl Services {
    /// Where an agent reaches this host: its tunnel while that is connected, else this machine.
    /// What a plugin has stored as `tunnel_url` says nothing: it may have written that itself.
    pub(crate) fn base_url(&self, agent: AgentId) -> String {
        let port = match self.web.port.load(Ordering::Relaxed) {
            0 => self.settings.port,
            port => port,
        };
        let tunnel = self.settings.agents.tunnel(agent);
        tunnel.unwrap_or_else(|| format!("http://127.0.0.1:{port}"))
    }

    /// Where an agent reaches a plugin's routes and pages.
    pub(crate) fn plugin_url(&self, agent: AgentId, plugin_id: &str) -> String {
        format!("{}/plugins/{plugin_id}", self.base_url(agent))
    }

    /// An agent's public address; empty when it has none.
    pub(crate) fn agent_address(&self, agent: AgentId) -> String {
        let agent = self.settings.agent(agent);
        agent
            .and_then(|agent| agent.address.clone())
            .unwrap_or_default()
    }
}
