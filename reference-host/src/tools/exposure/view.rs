//! What a model would get of the loaded plugins' tools, for authors to look at: names, first lines,
//! and the sizes of schemas beside the limits. The command line prints it.

use super::catalogue::{Group, MAX_TOOLS, ToolCard};
use super::schema_form::{block, first_sentence, skeleton};
use super::size_class::SizeClass;
use super::sizes::{LIMIT, first_line, length, sizes};
use super::tool_mode::ToolMode;
use super::{catalogue, loadable};
use crate::common::ids::AgentId;
use crate::host::Host;
use crate::tools::definitions;
use crate::tools::exposure::first_turn::{self, ConversationKind};
use serde::Serialize;

/// Characters that a tool's name may have.
const NAME: usize = 64;

/// What a model gets to see in a chat of an agent.
#[derive(Debug, Clone, Serialize)]
pub struct ModelView {
    /// `auto` (tools are loaded on demand), `manual` (the agent's picked tools), `never` (the
    /// Default agent) or `documented` (all at once, as in a host that follows the documents).
    pub mode: &'static str,
    /// The model's name.
    pub model: String,
    /// `long`, `short`, or `none` for a model whose context is too small for tools.
    pub prompt: &'static str,
    /// The tools in the schema of the first turn.
    pub schema: Vec<String>,
    /// The part of the system prompt that names what can be loaded.
    pub section: Option<String>,
    /// The plugins, by id.
    pub plugins: Vec<GroupView>,
}

/// The tools of one plugin.
#[derive(Debug, Clone, Serialize)]
pub struct GroupView {
    /// The plugin's id.
    pub plugin: String,
    /// Characters of all schemas, and how many may be shown.
    pub full_chars: usize,
    /// The same without what can be left out.
    pub skeleton_chars: usize,
    /// What both are compared with.
    pub limit: usize,
    /// What a model gets that loads the plugin: `full`, `skeletons` or `names`.
    pub form: &'static str,
    /// Tools beyond the first 70, which are not loaded with the plugin.
    pub left_out: usize,
    /// Names of its skills.
    pub skills: Vec<String>,
    /// Its tools, by name.
    pub tools: Vec<ToolView>,
}

/// One tool.
#[derive(Debug, Clone, Serialize)]
pub struct ToolView {
    /// The name that models call it by.
    pub name: String,
    /// What is left of its description where there is room for names alone.
    pub first_line: String,
    /// What is left of it in a skeleton.
    pub first_sentence: String,
    /// Characters of its schema as a model gets it.
    pub schema_chars: usize,
    /// Characters of its skeleton.
    pub skeleton_chars: usize,
    /// Whether it is in the schema of the first turn.
    pub in_schema: bool,
    /// What an author should change.
    pub remarks: Vec<String>,
}

impl Host {
    /// What a model of this name would get to see in a chat of this agent; without a name the
    /// agent's or the host's model, and without a window the one that the model tells of.
    pub fn model_view(
        &self,
        agent: AgentId,
        model: Option<&str>,
        window: Option<u64>,
    ) -> ModelView {
        let host = &self.core;
        let model_of_agent = host
            .settings
            .agent(agent)
            .and_then(|agent| agent.model.clone());
        let model = model.map(str::to_string).or(model_of_agent);
        let model = model.unwrap_or_else(|| host.model.default_model());
        let size = SizeClass::of_model(&model, window.or_else(|| host.model.context_window()));
        let tools = first_turn::tools(host, agent, ConversationKind::Chat, size);
        let schema: Vec<String> = tools
            .iter()
            .filter_map(definitions::name_of)
            .map(str::to_string)
            .collect();
        let limited = !host.settings.profile.of_june();
        let groups = catalogue::groups(host, agent);
        ModelView {
            mode: mode_name(ToolMode::of(host, agent)),
            model,
            prompt: size.name(),
            section: super::section::section(host, agent, size),
            plugins: groups
                .iter()
                .map(|group| group_view(group, &schema, limited))
                .collect(),
            schema,
        }
    }
}

fn mode_name(mode: ToolMode) -> &'static str {
    match mode {
        ToolMode::Auto => "auto",
        ToolMode::Manual => "manual",
        ToolMode::Never => "never",
        ToolMode::Documented => "documented",
    }
}

fn group_view(group: &Group, schema: &[String], limited: bool) -> GroupView {
    let first = group.first_tools();
    let loadable: Vec<ToolCard> = first
        .iter()
        .filter(|tool| loadable::fault(tool).is_none())
        .cloned()
        .collect();
    let sizes = sizes(&loadable, limited);
    GroupView {
        plugin: group.id.clone(),
        full_chars: sizes.full,
        skeleton_chars: sizes.skeletons,
        limit: LIMIT,
        form: sizes.form.name(),
        left_out: group.tools.len() - group.tools.len().min(MAX_TOOLS),
        skills: group
            .skills
            .iter()
            .map(|skill| skill.name.clone())
            .collect(),
        tools: group
            .tools
            .iter()
            .map(|tool| tool_view(tool, schema))
            .collect(),
    }
}

fn tool_view(tool: &ToolCard, schema: &[String]) -> ToolView {
    ToolView {
        name: tool.name.clone(),
        first_line: first_line(&tool.description),
        first_sentence: first_sentence(&tool.description),
        schema_chars: length(&block(tool)),
        skeleton_chars: length(&skeleton(tool)),
        in_schema: schema.contains(&tool.name),
        remarks: remarks(tool),
    }
}

fn remarks(tool: &ToolCard) -> Vec<String> {
    let mut remarks: Vec<String> = loadable::fault(tool)
        .into_iter()
        .map(|fault| fault.message)
        .collect();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if length(&tool.name) > NAME || !tool.name.chars().all(is_plain) {
        remarks.push(format!(
            "the name should be at most {NAME} letters, digits, `_` and `-`"
        ));
    }
    if first_sentence(&tool.description).ends_with("...") {
        remarks.push("the first sentence is cut after 177 characters".into());
    }
    if first_line(&tool.description).ends_with('…') {
        remarks.push("the first line is cut after 160 characters".into());
    }
    if tool.description.trim().lines().count() > 1 {
        remarks.push(
            "the description has several lines; the prompt has one line for each tool".into(),
        );
    }
    remarks
}
