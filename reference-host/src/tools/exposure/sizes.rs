//! In what form a group of tools is given to a model when it loads them together: whole, as
//! skeletons, or by name alone. The gateway and the view ask.

use super::catalogue::ToolCard;
use super::schema_form::{block, cut, skeleton};

/// Characters that the schemas of a group may have together.
pub(super) const LIMIT: usize = 6_000;
/// Characters of a description's first line, where there is room for names only.
const LINE: usize = 160;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Full,
    Skeletons,
    Names,
}

impl Form {
    pub(super) fn name(self) -> &'static str {
        match self {
            Form::Full => "full",
            Form::Skeletons => "skeletons",
            Form::Names => "names",
        }
    }
}

/// Characters of a group, whole and as skeletons, and what follows from it. The host of June 2026
/// knew no limit.
pub(super) struct Sizes {
    pub(super) full: usize,
    pub(super) skeletons: usize,
    pub(super) form: Form,
}

pub(super) fn sizes(tools: &[ToolCard], limited: bool) -> Sizes {
    let sum =
        |form: fn(&ToolCard) -> String| tools.iter().map(|tool| length(&form(tool))).sum::<usize>();
    let (full, skeletons) = (sum(block), sum(skeleton));
    let form = if !limited || full <= LIMIT {
        Form::Full
    } else if skeletons <= LIMIT {
        Form::Skeletons
    } else {
        Form::Names
    };
    Sizes {
        full,
        skeletons,
        form,
    }
}

/// What a model is told about the tools.
pub(super) fn description(tools: &[ToolCard], form: Form) -> String {
    let line = |tool: &ToolCard| match form {
        Form::Full => block(tool),
        Form::Skeletons => skeleton(tool),
        Form::Names => format!("{}: {}", tool.name, first_line(&tool.description)),
    };
    tools.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The first line of a description, at most 160 characters.
pub(super) fn first_line(description: &str) -> String {
    let line = description.trim().lines().next().unwrap_or_default();
    cut(line.trim(), LINE, LINE, "…")
}

pub(super) fn length(text: &str) -> usize {
    text.chars().count()
}
