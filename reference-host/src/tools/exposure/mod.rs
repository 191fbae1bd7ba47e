//! What models get to see of plugins' tools: which are in the schema from the start, which are named in the prompt and
//! loaded on demand, in what form, and what a call of a tool that was never exposed is told. Conversations ask it, and
//! [`view`] shows it to authors. It runs no tool and asks no model.

pub(crate) mod catalogue;
pub(crate) mod first_turn;
pub(crate) mod gateway;
mod loadable;
pub(crate) mod names;
mod schema_form;
mod scope;
mod section;
mod size_class;
mod sizes;
mod skill_card;
pub(crate) mod view;

pub(crate) use scope::refusal;
pub(crate) use section::section;
pub(crate) use size_class::SizeClass;

use crate::common::ids::AgentId;
use crate::host::HostCore;

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
    pub(crate) fn of(host: &HostCore, agent: AgentId) -> ToolMode {
        if host.settings.profile.documented() {
            return ToolMode::Documented;
        }
        if agent.is_default() {
            return ToolMode::Never;
        }
        let agent = host.settings.agent(agent);
        match agent.is_some_and(|agent| agent.tools.is_some()) {
            true => ToolMode::Manual,
            false => ToolMode::Auto,
        }
    }
}
