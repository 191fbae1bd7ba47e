//! How an agent's conversations come by plugins' tools: what the user chose, and what the host's
//! profile makes of it.

use crate::common::ids::AgentId;
use crate::host::services::Services;

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

impl ToolMode {
    pub(crate) fn of(services: &Services, agent: AgentId) -> ToolMode {
        if services.settings.profile.documented() {
            return ToolMode::Documented;
        }
        if agent.is_default() {
            return ToolMode::Never;
        }
        let agent = services.settings.agent(agent);
        match agent.is_some_and(|agent| agent.tools.is_some()) {
            true => ToolMode::Manual,
            false => ToolMode::Auto,
        }
    }
}
