//! The part of a chat's system prompt that names the capabilities an agent may load. It is built
//! once per session.

use super::catalogue::{Group, MAX_TOOLS, groups};
use super::names::{GATEWAY, LOAD};
use super::size_class::SizeClass;
use super::tool_mode::ToolMode;
use crate::common::ids::AgentId;
use crate::host::core::HostCore;
use std::fmt::Write as _;

/// Lines of skills in the long form.
const MAX_SKILLS: usize = 30;

/// None where nothing can be loaded, and for models that get no tools.
pub(crate) fn section(host: &HostCore, agent: AgentId, size: SizeClass) -> Option<String> {
    if ToolMode::of(host, agent) != ToolMode::Auto || size == SizeClass::TooSmall {
        return None;
    }
    let groups = groups(host, agent);
    if groups.is_empty() {
        return None;
    }
    let loader = match host.settings.profile.of_june() {
        true => LOAD,
        false => GATEWAY,
    };
    let lines = match size {
        SizeClass::Short => short(&groups),
        _ => long(&groups, loader),
    };
    Some(format!(
        "## Enabled capabilities\nNot loaded yet. Call `{loader}` with ids from this list before \
         you use one.\n{}",
        lines.trim_end()
    ))
}

fn long(groups: &[Group], loader: &str) -> String {
    let (mut skills_left, mut tools_left, mut left_out) = (MAX_SKILLS, MAX_TOOLS, 0);
    let mut lines = String::new();
    for group in groups {
        let skills = &group.skills[..group.skills.len().min(skills_left)];
        let tools = &group.tools[..group.tools.len().min(tools_left)];
        skills_left -= skills.len();
        tools_left -= tools.len();
        left_out += group.tools.len() - tools.len();
        if skills.is_empty() && tools.is_empty() {
            continue;
        }
        let _ = writeln!(lines, "<plugin: {}>", group.shown_name());
        for skill in skills {
            let _ = writeln!(lines, "  skill/{} — {}", skill.name, skill.description);
        }
        for tool in tools {
            let _ = writeln!(lines, "  tool/{} — {}", tool.name, tool.description);
        }
    }
    if left_out > 0 {
        let _ = writeln!(
            lines,
            "+{left_out} more tool(s): call `{loader}` to find them."
        );
    }
    lines
}

fn short(groups: &[Group]) -> String {
    let line = |group: &Group| {
        let skill = if group.skills.is_empty() {
            ""
        } else {
            " — skill-governed"
        };
        format!("plugin/{} — {}{skill}\n", group.id, group.shown_name())
    };
    groups.iter().map(line).collect()
}
