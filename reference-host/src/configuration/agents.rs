//! The agents of a host and the state of their tunnels, both of which change while it runs. The
//! settings hold the list; chats, deliveries and routes ask it.

use crate::common::ids::AgentId;
use crate::configuration::agent::Agent;
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::sync::Arc;

/// Agents in order, and what was last seen of each one's tunnel.
#[derive(Debug, Default)]
pub(crate) struct Agents {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    agents: Vec<Arc<Agent>>,
    tunnels: HashMap<AgentId, Option<String>>,
}

/// What a new observation of a tunnel means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TunnelChange {
    /// The first observation of this agent, or nothing new.
    Nothing,
    /// It was seen to be down and is up now.
    Reconnected(String),
    /// It was up and has another address now.
    Moved(String),
    /// It was up and is down now.
    Down,
}

impl Agents {
    pub(crate) fn new(agents: Vec<Agent>) -> Agents {
        let agents = agents.into_iter().map(Arc::new).collect();
        Agents {
            state: Mutex::new(State {
                agents,
                tunnels: HashMap::new(),
            }),
        }
    }

    pub(crate) fn ids(&self) -> Vec<AgentId> {
        self.state().agents.iter().map(|agent| agent.id).collect()
    }

    pub(crate) fn get(&self, id: AgentId) -> Option<Arc<Agent>> {
        let state = self.state();
        state.agents.iter().find(|agent| agent.id == id).cloned()
    }

    /// False when there is one with this id already; its details are replaced then.
    pub(crate) fn add(&self, agent: Agent) -> bool {
        let mut state = self.state();
        let agent = Arc::new(agent);
        let place = state.agents.iter_mut().find(|old| old.id == agent.id);
        if let Some(place) = place {
            *place = agent;
            return false;
        }
        state.agents.push(agent);
        true
    }

    /// False when there is none with this id. What was seen of its tunnel is forgotten.
    pub(crate) fn remove(&self, id: AgentId) -> bool {
        let mut state = self.state();
        let before = state.agents.len();
        state.agents.retain(|agent| agent.id != id);
        state.tunnels.remove(&id);
        state.agents.len() < before
    }

    /// The public address, while the tunnel is connected.
    pub(crate) fn tunnel(&self, id: AgentId) -> Option<String> {
        self.state().tunnels.get(&id).cloned().flatten()
    }

    /// The agent whose connected tunnel has an address with this host name; the first one of
    /// several.
    pub(crate) fn reached_at(&self, name: &str) -> Option<AgentId> {
        let state = self.state();
        let is_its = |id: &&Agent| {
            let url = state.tunnels.get(&id.id).cloned().flatten();
            let url = url.and_then(|url| url::Url::parse(&url).ok());
            url.is_some_and(|url| url.host_str() == Some(name))
        };
        let agents = state.agents.iter().map(|agent| &**agent);
        agents.into_iter().find(is_its).map(|agent| agent.id)
    }

    /// Takes note of a tunnel's state and says what changed.
    pub(crate) fn observe_tunnel(&self, id: AgentId, url: Option<&str>) -> TunnelChange {
        let now = url.filter(|url| !url.is_empty()).map(str::to_string);
        match (self.state().tunnels.insert(id, now.clone()), now) {
            (Some(None), Some(url)) => TunnelChange::Reconnected(url),
            (Some(Some(old)), Some(url)) if old != url => TunnelChange::Moved(url),
            (Some(Some(_)), None) => TunnelChange::Down,
            _ => TunnelChange::Nothing,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}
