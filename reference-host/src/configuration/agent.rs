//! An agent as the host's settings describe it. Chats, deliveries and routes read it; the list of
//! them is in `agents`.

use crate::common::ids::AgentId;
use std::collections::HashMap;

/// An agent of the host: whose settings, tasks and limits a call belongs to.
#[derive(Debug, Clone)]
pub struct Agent {
    /// Its id.
    pub id: AgentId,
    /// Its name, for people.
    pub name: String,
    /// The model its inference uses when a request leaves the choice to the host.
    pub model: Option<String>,
    /// Prepended to its conversations.
    pub system_prompt: Option<String>,
    /// What it remembers of the user; follows the system prompt.
    pub memory: Option<String>,
    /// Instead of a plugin's own instructions, by plugin id; blank ones do not count.
    pub plugin_instructions: HashMap<String, String>,
    /// Manual mode: the names of the plugin tools that its conversations have, from the start. None
    /// is auto mode: tools are loaded when a model asks for them.
    pub tools: Option<Vec<String>>,
    /// Names of the plugin tools that may be loaded in auto mode; None: all that there are.
    pub loadable_tools: Option<Vec<String>>,
    /// Its default temperature.
    pub temperature: Option<f64>,
    /// Its default limit on answer tokens.
    pub max_tokens: Option<u64>,
    /// Its public address (`0x…`), which route requests name.
    pub address: Option<String>,
}

impl Agent {
    /// An agent known by a name; the id is derived from it ([`AgentId::named`]).
    pub fn named(name: &str) -> Agent {
        Agent {
            id: AgentId::parse_or_name(name),
            name: name.to_string(),
            model: None,
            system_prompt: None,
            memory: None,
            plugin_instructions: HashMap::new(),
            tools: None,
            loadable_tools: None,
            temperature: None,
            max_tokens: None,
            address: None,
        }
    }

    pub(crate) fn instructions_for(&self, plugin_id: &str) -> Option<String> {
        let text = self.plugin_instructions.get(plugin_id)?;
        (!text.trim().is_empty()).then(|| text.clone())
    }
}

impl From<&str> for Agent {
    fn from(name: &str) -> Self {
        Agent::named(name)
    }
}

impl From<String> for Agent {
    fn from(name: String) -> Self {
        Agent::named(&name)
    }
}

impl From<AgentId> for Agent {
    fn from(id: AgentId) -> Self {
        Agent {
            id,
            ..Agent::named(&id.to_string())
        }
    }
}
