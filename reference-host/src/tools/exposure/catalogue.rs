//! The plugins, skills and tools that an agent may load, in the order in which they are told.
//! Section, gateway and scope read it.

use super::skill_card::SkillCard;
use super::tool_mode::ToolMode;
use crate::common::ids::AgentId;
use crate::host::core::HostCore;
use crate::plugin::loaded::LoadedPlugin;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// Tools of one plugin that are loaded together at most, and lines of tools in the section.
pub(crate) const MAX_TOOLS: usize = 70;

/// A plugin as a group of capabilities.
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) skills: Vec<SkillCard>,
    /// By name.
    pub(crate) tools: Vec<ToolCard>,
}

/// A tool that can be loaded.
#[derive(Clone)]
pub(crate) struct ToolCard {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) parameters: Option<Value>,
}

impl Group {
    /// What models are told the plugin is called.
    pub(crate) fn shown_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }

    /// The tools that are loaded with the group.
    pub(crate) fn first_tools(&self) -> &[ToolCard] {
        &self.tools[..self.tools.len().min(MAX_TOOLS)]
    }
}

/// The groups that an agent may load from, by plugin id. The Default agent may load nothing.
pub(crate) fn groups(host: &HostCore, agent: AgentId) -> Vec<Group> {
    let mode = ToolMode::of(host, agent);
    if mode == ToolMode::Never {
        return Vec::new();
    }
    let settings = host.settings.agent(agent);
    let allowed = settings.as_deref().and_then(|agent| match mode {
        ToolMode::Manual => agent.tools.clone(),
        _ => agent.loadable_tools.clone(),
    });
    let allows = |name: &str| {
        allowed
            .as_ref()
            .is_none_or(|names| names.iter().any(|n| n == name))
    };
    let mut groups = all(host);
    for group in &mut groups {
        group.tools.retain(|tool| allows(&tool.name));
    }
    groups.retain(|group| !group.tools.is_empty() || !group.skills.is_empty());
    groups
}

fn all(host: &HostCore) -> Vec<Group> {
    let plugins: Vec<Arc<LoadedPlugin>> = host.plugins.all();
    let mut owners = HashMap::new();
    for plugin in &plugins {
        let names = plugin.context().named_tools();
        owners.extend(names.map(|(name, _)| (name, plugin.id().to_string())));
    }
    let mut groups: Vec<Group> = plugins
        .iter()
        .map(|plugin| group(plugin, &owners))
        .collect();
    groups.sort_by(|a, b| a.id.cmp(&b.id));
    groups
}

/// Of tools with equal names the one registered later stands.
fn group(plugin: &LoadedPlugin, owners: &HashMap<String, String>) -> Group {
    let manifest = plugin.manifest();
    let named = plugin.context().named_tools();
    let own = named.filter(|(name, _)| owners.get(name).is_some_and(|id| id == plugin.id()));
    let mut tools: Vec<ToolCard> = own
        .map(|(name, tool)| ToolCard {
            name,
            description: tool.description.clone(),
            parameters: tool.parameters.clone(),
        })
        .collect();
    tools.sort_by(|a, b| a.name.cmp(&b.name));
    let skills = plugin.docs().skills.iter();
    Group {
        id: plugin.id().to_string(),
        name: manifest.name.clone(),
        description: manifest.description.clone(),
        skills: skills
            .filter_map(|skill| SkillCard::of(&skill.text))
            .collect(),
        tools,
    }
}
