//! `osaurus-check.toml`: what an author tells the checker about one plugin. Rules turned off with a
//! written reason, arguments for tools, and what may be tried. Pure.

use super::rule;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The file's usual name, beside the library or in the current folder.
pub const FILE_NAME: &str = "osaurus-check.toml";

/// The settings of one plugin's checks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Project {
    /// Rules that are not run, each with the reason.
    #[serde(default)]
    pub off: BTreeMap<String, String>,
    /// What to call tools with.
    #[serde(default)]
    pub tools: BTreeMap<String, ToolSamples>,
    /// Whether `http_request` may leave this machine (default: it answers `dns_failure`).
    #[serde(default)]
    pub network: bool,
    /// The strictness, unless the command line says another.
    pub level: Option<u8>,
}

/// How the checker calls one tool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ToolSamples {
    /// Sets of arguments, instead of those made from the schema.
    #[serde(default)]
    pub arguments: Vec<Value>,
    /// Why it is never called; a tool that would do harm.
    pub skip: Option<String>,
}

/// Why a project file cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ProjectError {
    /// It is not TOML, or has other keys.
    #[error("{0}")]
    Syntax(String),
    /// A rule that does not exist.
    #[error(
        "`off` names the rule {0:?}, which does not exist; `osaurus-bridge check --list` shows all"
    )]
    UnknownRule(String),
    /// A rule turned off without a reason.
    #[error(
        "the rule {0:?} is turned off without a reason; write why it does not apply, in at least \
         three words"
    )]
    NoReason(String),
    /// A level that does not exist.
    #[error("`level` is {0}; expected 1 to 10")]
    Level(u8),
}

impl Project {
    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Project, ProjectError> {
        let project: Project = toml::from_str(text)
            .map_err(|error| ProjectError::Syntax(error.to_string().trim_end().to_string()))?;
        for (id, reason) in &project.off {
            if rule::find(id).is_none() {
                return Err(ProjectError::UnknownRule(id.clone()));
            }
            if reason.split_whitespace().count() < 3 {
                return Err(ProjectError::NoReason(id.clone()));
            }
        }
        match project.level {
            Some(level) if !(1..=10).contains(&level) => Err(ProjectError::Level(level)),
            _ => Ok(project),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn the_file_that_the_page_shows_turns_rules_off_and_gives_arguments() {
        let page = include_str!("../../../docs/check.md");
        let text = page.split("```toml\n").nth(1).expect("the page's file");
        let text = text.split("```").next().expect("its end");
        let project = Project::parse(text).expect("a good file");
        assert_eq!(project.level, Some(6));
        assert_eq!(project.tools["search"].arguments[0]["query"], "cats");
        assert!(project.tools["erase_disk"].skip.is_some());
    }

    #[test]
    #[cfg_attr(miri, ignore = "reading all rules takes minutes there")]
    fn mistakes_say_what_to_write_instead() {
        let error_of = |text| Project::parse(text).expect_err(text).to_string();
        assert!(
            error_of("[off]\nno-rule = \"because of that\"")
                .contains("\"no-rule\", which does not exist")
        );
        assert!(error_of("[off]\nresult-null = \" \"").contains("write why it does not apply"));
        assert!(error_of("level = 11").contains("1 to 10"));
        assert!(error_of("levle = 1").contains("levle"));
    }
}
