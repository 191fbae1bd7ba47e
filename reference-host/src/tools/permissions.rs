//! Whether a tool may run: the system's permissions that it needs, the user's policy or the
//! manifest's, and the function that answers for the user. The tool path asks before every call;
//! nothing else does.

use crate::common::ids::AgentId;
use crate::plugin::manifest::Tool;
use std::collections::HashMap;
use std::sync::Arc;

/// Requirements that are permissions of the system. All others are noted and nothing more.
pub const SYSTEM_PERMISSIONS: [&str; 13] = [
    "automation",
    "automation_calendar",
    "automation_mail",
    "calendar",
    "reminders",
    "location",
    "notes",
    "maps",
    "accessibility",
    "contacts",
    "disk",
    "microphone",
    "screen_recording",
];

/// What a user decided about a tool; wins over its manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolPolicy {
    /// Runs without a question.
    Auto,
    /// The user is asked every time.
    Ask,
    /// Never runs.
    Deny,
}

impl ToolPolicy {
    /// `auto` and `deny` in any case; everything else, and nothing, is `ask`.
    pub(crate) fn of_manifest(text: Option<&str>) -> ToolPolicy {
        match text.map(str::to_ascii_lowercase).as_deref() {
            Some("auto") => ToolPolicy::Auto,
            Some("deny") => ToolPolicy::Deny,
            _ => ToolPolicy::Ask,
        }
    }
}

/// A question to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PermissionRequest {
    /// May Osaurus have this permission of the system?
    System {
        /// The plugin that needs it.
        plugin: String,
        /// The permission, such as `calendar`.
        permission: String,
    },
    /// May this tool run now?
    Tool {
        /// The tool's plugin.
        plugin: String,
        /// The tool.
        tool: String,
        /// Its arguments, as the model gave them.
        arguments: String,
        /// The calling chat's agent.
        agent: Option<AgentId>,
    },
}

/// Why a tool may not run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    MissingSystem(Vec<String>),
    ByPolicy,
    ByUser,
}

type Answer = dyn Fn(&PermissionRequest) -> bool + Send + Sync;

/// The user's decisions. By default the user grants whatever is asked.
#[derive(Clone, Default)]
pub(crate) struct Permissions {
    pub(crate) policies: HashMap<String, ToolPolicy>,
    pub(crate) answer: Option<Arc<Answer>>,
}

impl Permissions {
    /// In Osaurus' order: permissions of the system first, then the policy, then the question.
    pub(crate) fn check(
        &self,
        plugin: &str,
        tool: &Tool,
        arguments: &str,
        agent: Option<AgentId>,
    ) -> Result<(), Refused> {
        let missing = self.missing_system(plugin, tool);
        if !missing.is_empty() {
            return Err(Refused::MissingSystem(missing));
        }
        let manifest = ToolPolicy::of_manifest(tool.permission_policy.as_deref());
        match self.policies.get(&tool.id).copied().unwrap_or(manifest) {
            ToolPolicy::Auto => Ok(()),
            ToolPolicy::Deny => Err(Refused::ByPolicy),
            ToolPolicy::Ask => {
                let question = PermissionRequest::Tool {
                    plugin: plugin.to_string(),
                    tool: tool.id.clone(),
                    arguments: arguments.to_string(),
                    agent,
                };
                self.ask(&question).then_some(()).ok_or(Refused::ByUser)
            }
        }
    }

    fn missing_system(&self, plugin: &str, tool: &Tool) -> Vec<String> {
        let needed = tool.requirements.iter().flatten();
        needed
            .filter(|need| SYSTEM_PERMISSIONS.contains(&need.to_ascii_lowercase().as_str()))
            .filter(|permission| {
                !self.ask(&PermissionRequest::System {
                    plugin: plugin.to_string(),
                    permission: (*permission).clone(),
                })
            })
            .cloned()
            .collect()
    }

    fn ask(&self, question: &PermissionRequest) -> bool {
        self.answer.as_ref().is_none_or(|answer| answer(question))
    }
}

impl std::fmt::Debug for Permissions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Permissions")
            .field("policies", &self.policies)
            .finish_non_exhaustive()
    }
}
