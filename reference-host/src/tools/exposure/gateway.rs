//! The host's tools that load others: `capabilities` in chats and tasks, `capabilities_load` and
//! `capabilities_discover` elsewhere. They answer an envelope and say which tools join the schema
//! of the next turn.

use super::catalogue::{Group, ToolCard, groups};
use super::loadable;
use super::names::{DISCOVER, LOAD};
use super::schema_form::{block, cut, one_line};
use super::sizes::{description, sizes};
use super::skill_card::SkillCard;
use crate::common::ids::AgentId;
use crate::host::core::HostCore;
use crate::tools::envelope::{self, Failure};
use serde_json::{Map, Value, json};

/// Ids in one listing.
const PAGE: usize = 40;
/// Characters of a skill that is loaded with its references.
const SKILL: usize = 32_000;
/// Tools and skills that a search finds at most.
const FOUND: usize = 5;

/// What was loaded: the text for the model, the names of tools, and what did not work.
#[derive(Default)]
struct Loaded {
    strings: Vec<String>,
    tools: Vec<String>,
    failures: Vec<Failure>,
}

/// Runs one of the three; the envelope and the tools that were loaded.
pub(crate) fn run(
    host: &HostCore,
    agent: Option<AgentId>,
    tool: &str,
    arguments: &Map<String, Value>,
) -> (String, Vec<String>) {
    let groups = groups(host, agent.unwrap_or(AgentId::DEFAULT));
    let ids = strings(arguments.get("ids"));
    let query = strings(arguments.get("query")).join(" ");
    let listed = |text: String| {
        (
            envelope::success(json!({"text": text}), tool, None),
            Vec::new(),
        )
    };
    if !ids.is_empty() && tool != DISCOVER {
        return load(&groups, &ids, tool, !host.settings.profile.of_june());
    }
    if !query.trim().is_empty() && tool != LOAD {
        return listed(search(&groups, &query));
    }
    match tool {
        LOAD => missing(tool, "ids", "a list of ids such as \"tool/NAME\""),
        DISCOVER => missing(tool, "query", "what to search for"),
        _ => listed(listing(entries(&groups))),
    }
}

fn missing(tool: &str, field: &str, expected: &str) -> (String, Vec<String>) {
    let failure = Failure::new(
        "invalid_args",
        format!("Missing required property: {field}"),
    );
    let failure = failure.with("field", field).with("expected", expected);
    (failure.write(tool), Vec::new())
}

/// A string, or a list of strings, which may come as JSON in a string.
fn strings(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => match serde_json::from_str(text) {
            Ok(list @ Value::Array(_)) => strings(Some(&list)),
            _ => vec![text.clone()],
        },
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_string)
            .collect(),
        _ => Vec::new(),
    }
}

fn load(groups: &[Group], ids: &[String], tool: &str, limited: bool) -> (String, Vec<String>) {
    let mut loaded = Loaded::default();
    for id in ids {
        loaded.add(groups, id, limited);
    }
    let Loaded {
        strings,
        tools,
        failures,
    } = loaded;
    if strings.is_empty() {
        let failure = failures.into_iter().next();
        let failure = failure.unwrap_or_else(|| Failure::new("not_found", "Nothing was loaded."));
        return (failure.write(tool), Vec::new());
    }
    let warnings: Vec<&str> = failures.iter().map(Failure::message).collect();
    let warnings = (!warnings.is_empty()).then(|| json!(warnings));
    let result = json!({"text": strings.join("\n\n"), "loaded": tools});
    (envelope::success(result, tool, warnings), tools)
}

impl Loaded {
    fn add(&mut self, groups: &[Group], id: &str, limited: bool) {
        let exists = match id.split_once('/') {
            Some(("plugin", id)) => self.group(groups.iter().find(|group| group.id == id), limited),
            Some(("skill", name)) => self.skill(groups, name, limited),
            Some(("tool", name)) => self.tool(groups, name),
            _ => false,
        };
        if !exists {
            let message = format!(
                "There is no capability {id}. Ids have the form plugin/ID, skill/NAME or tool/NAME."
            );
            self.failures.push(Failure::new("not_found", message));
        }
    }

    /// The skill that governs the plugin, and all of its tools.
    fn group(&mut self, group: Option<&Group>, limited: bool) -> bool {
        let Some(group) = group else {
            return false;
        };
        self.strings
            .extend(group.skills.first().map(|skill| skill.text.clone()));
        self.tools_of(group, limited);
        true
    }

    fn skill(&mut self, groups: &[Group], name: &str, limited: bool) -> bool {
        let of = |group: &Group| {
            group
                .skills
                .iter()
                .find(|skill| skill.name == name)
                .cloned()
        };
        let group_and_skill = groups.iter().find_map(|group| Some((group, of(group)?)));
        let Some((group, skill)) = group_and_skill else {
            return false;
        };
        self.strings.push(cut(&skill.text, SKILL, SKILL, "…"));
        self.tools_of(group, limited);
        true
    }

    /// Tools that no model can be given are passed over.
    fn tools_of(&mut self, group: &Group, limited: bool) {
        let tools: Vec<ToolCard> = group.first_tools().to_vec();
        let tools: Vec<ToolCard> = tools
            .into_iter()
            .filter(|tool| loadable::fault(tool).is_none())
            .collect();
        if tools.is_empty() {
            self.strings
                .push(format!("plugin/{} has no tools.", group.id));
            return;
        }
        self.strings
            .push(description(&tools, sizes(&tools, limited).form));
        self.tools.extend(tools.into_iter().map(|tool| tool.name));
    }

    fn tool(&mut self, groups: &[Group], name: &str) -> bool {
        let mut tools = groups.iter().flat_map(|group| &group.tools);
        let Some(tool) = tools.find(|tool| tool.name == name) else {
            return false;
        };
        match loadable::fault(tool) {
            Some(fault) => {
                let failure = Failure::new("invalid_args", fault.message);
                let failure = failure
                    .with("field", fault.field)
                    .with("expected", fault.expected);
                self.failures.push(failure);
            }
            None => {
                self.strings.push(block(tool));
                self.tools.push(tool.name.clone());
            }
        }
        true
    }
}

/// An id and what it is.
struct Entry {
    id: String,
    description: String,
}

fn entries(groups: &[Group]) -> Vec<Entry> {
    let entry = |id: String, description: &str| Entry {
        id,
        description: description.to_string(),
    };
    let of = |group: &Group| {
        let about = group.description.as_deref().unwrap_or(group.shown_name());
        let skill = |skill: &SkillCard| entry(format!("skill/{}", skill.name), &skill.description);
        let tool = |tool: &ToolCard| entry(format!("tool/{}", tool.name), &tool.description);
        let mut entries = vec![entry(format!("plugin/{}", group.id), about)];
        entries.extend(group.skills.iter().map(skill));
        entries.extend(group.tools.iter().map(tool));
        entries
    };
    groups.iter().flat_map(of).collect()
}

fn listing(entries: Vec<Entry>) -> String {
    let more = entries.len().saturating_sub(PAGE);
    let line = |entry: &Entry| {
        format!(
            "{} — {}",
            entry.id,
            cut(&one_line(&entry.description), 100, 97, "…")
        )
    };
    let mut lines: Vec<String> = entries.iter().take(PAGE).map(line).collect();
    if lines.is_empty() {
        lines.push("No capabilities are enabled.".into());
    }
    if more > 0 {
        lines.push(format!("+{more} more: search with `query`."));
    }
    lines.join("\n")
}

/// The entries that have most of the query's words, best first.
fn search(groups: &[Group], query: &str) -> String {
    let words: Vec<String> = query
        .to_lowercase()
        .split_whitespace()
        .map(str::to_string)
        .collect();
    let score = |entry: &Entry| {
        let text = format!("{} {}", entry.id, entry.description).to_lowercase();
        words
            .iter()
            .filter(|word| text.contains(word.as_str()))
            .count()
    };
    let mut matches: Vec<Entry> = entries(groups)
        .into_iter()
        .filter(|entry| score(entry) > 0)
        .collect();
    if matches.is_empty() {
        return format!("No capabilities found matching '{query}'.");
    }
    matches.sort_by_key(|entry| std::cmp::Reverse(score(entry)));
    matches.truncate(FOUND);
    listing(matches)
}
