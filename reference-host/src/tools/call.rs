//! A tool call as a chat makes it: the tool is looked up, permission is asked for, arguments are
//! coerced and checked, secrets and the working folder are added, and whatever comes back becomes
//! an envelope.

use crate::common::ids::AgentId;
use crate::common::json;
use crate::host::errors::CallError;
use crate::plugin::loaded::LoadedPlugin;
use crate::plugin::manifest::Tool;
use crate::tools::arguments::{self, Rules};
use crate::tools::envelope::{self, Failure};
use crate::tools::permissions::Refused;
use serde_json::{Map, Value};
use std::path::PathBuf;
use std::sync::Arc;

/// A tool call with everything a chat would attach to it.
#[derive(Debug, Clone, Default)]
pub struct ToolCall {
    /// The tool's id.
    pub tool: String,
    /// The arguments, a JSON object.
    pub arguments: String,
    /// The calling chat's agent.
    pub agent: Option<AgentId>,
    /// The chat's working folder, if it has one.
    pub working_directory: Option<PathBuf>,
}

impl LoadedPlugin {
    /// Calls a tool as a chat of this agent would, and returns the tool envelope: see
    /// [`LoadedPlugin::call_tool`].
    pub fn invoke(self: &Arc<Self>, tool: &str, arguments: &str, agent: Option<AgentId>) -> String {
        self.call_tool(&ToolCall {
            tool: tool.into(),
            arguments: arguments.into(),
            agent,
            working_directory: None,
        })
    }

    /// [`LoadedPlugin::invoke`] with all that a chat can attach. Always returns an envelope: a
    /// failure when the tool is unknown (`tool_not_found`), not permitted (`unavailable`,
    /// `rejected`, `user_denied`), given arguments that its schema refuses even after lenient
    /// coercion (`invalid_args`), late (`timeout`) or answers NULL (`execution_error`); else what
    /// the plugin returned, wrapped where it is not an envelope.
    pub fn call_tool(self: &Arc<Self>, call: &ToolCall) -> String {
        self.run_tool(call, late_for_a_chat)
    }

    /// [`LoadedPlugin::call_tool`] in the tool loop of a plugin's own completion.
    pub(crate) fn call_tool_in_completion(self: &Arc<Self>, call: &ToolCall) -> String {
        self.run_tool(call, late_for_a_completion)
    }

    fn run_tool(self: &Arc<Self>, call: &ToolCall, late: Late) -> String {
        let name = self.registered_name(&call.tool);
        let answer = self.prepared(call).and_then(|payload| {
            self.try_invoke_raw("tool", name, &payload, call.agent)
                .map_err(|error| failed(&error, name, late))
        });
        match answer {
            Ok(raw) if self.context().services.settings.profile.of_june() => {
                envelope::as_it_is(&raw, name)
            }
            Ok(raw) => envelope::normalise(&raw, name),
            Err(failure) => failure.write(name),
        }
    }

    /// The payload, once everything before the plugin's own turn went well.
    fn prepared(&self, call: &ToolCall) -> Result<String, Failure> {
        let tool = self.tool(self.registered_name(&call.tool))?;
        refuse_marker(&call.arguments)?;
        self.permit(tool, call)?;
        let profile = self.context().services.settings.profile;
        let arguments = checked(tool, &call.arguments, profile.argument_rules())?;
        Ok(self.with_extras(call, arguments))
    }

    /// The name without a leading `tool/`, which models copy from capability ids, where only the
    /// rest is a tool.
    fn registered_name<'a>(&self, name: &'a str) -> &'a str {
        let is_tool = |name: &str| self.manifest().tools().iter().any(|tool| tool.id == name);
        let rest = name.strip_prefix("tool/");
        rest.filter(|rest| !is_tool(name) && is_tool(rest))
            .unwrap_or(name)
    }

    fn tool(&self, name: &str) -> Result<&Tool, Failure> {
        let tool = self.manifest().tools().iter().find(|tool| tool.id == name);
        tool.ok_or_else(|| not_available(name))
    }

    fn permit(&self, tool: &Tool, call: &ToolCall) -> Result<(), Failure> {
        let permissions = &self.context().services.settings.permissions;
        let permitted = permissions.check(self.id(), tool, &call.arguments, call.agent);
        permitted.map_err(|refused| refusal(refused, &tool.id))
    }

    /// Adds `_secrets` and `_context` to an arguments object; other payloads stay as they are.
    fn with_extras(&self, call: &ToolCall, arguments: String) -> String {
        let secrets = call
            .agent
            .filter(|agent| !agent.is_default())
            .map(|agent| self.secrets(agent))
            .filter(|secrets| !secrets.is_empty());
        if secrets.is_none() && call.working_directory.is_none() {
            return arguments;
        }
        let Some(mut payload) = json::object(&arguments) else {
            return arguments;
        };
        if let Some(secrets) = secrets {
            payload.insert("_secrets".into(), Value::Object(secrets));
        }
        if let Some(folder) = &call.working_directory {
            let context = serde_json::json!({"working_directory": folder});
            payload.insert("_context".into(), context);
        }
        Value::Object(payload).to_string()
    }

    /// Everything stored for the plugin: the agent's values over the Default agent's.
    fn secrets(&self, agent: AgentId) -> Map<String, Value> {
        let store = &self.context().services.store;
        let of = |agent| store.all(agent, self.id()).unwrap_or_default();
        let all = of(AgentId::DEFAULT).into_iter().chain(of(agent));
        all.map(|(key, value)| (key, Value::String(value)))
            .collect()
    }
}

/// No tool of this name is registered.
pub(crate) fn not_available(name: &str) -> Failure {
    let message = format!(
        "Tool '{name}' is not available in this session. Do not guess tool names: use exactly the \
         names in your \
         tool schema and instructions (check them for the tool covering this task before answering \
         that it can't be \
         done)."
    );
    let kind = if name.starts_with("sandbox_") {
        "unavailable"
    } else {
        "tool_not_found"
    };
    Failure::new(kind, message)
}

fn refusal(refused: Refused, tool: &str) -> Failure {
    match refused {
        Refused::MissingSystem(names) => Failure::new(
            "unavailable",
            format!(
                "Missing system permissions for tool: {tool}. Required: {}. Please grant these \
                 permissions in the \
                 Permissions tab or System Settings.",
                names.join(", ")
            ),
        )
        .final_one(),
        Refused::ByPolicy => Failure::new(
            "rejected",
            format!("Execution denied by policy for tool: {tool}"),
        ),
        Refused::ByUser => Failure::new("user_denied", "The user refused to run this tool."),
    }
}

/// Arguments that the engine marked as invalid end the call before the user is asked for
/// permission.
fn refuse_marker(text: &str) -> Result<(), Failure> {
    let Some(marker) = json::object(text) else {
        return Ok(());
    };
    let text_of = |key: &str| marker.get(key).and_then(Value::as_str);
    if text_of("_error") != Some(arguments::INVALID_MARKER) {
        return Ok(());
    }
    let message = text_of("_message").unwrap_or("invalid tool arguments");
    let named = [("field", "_field"), ("expected", "_expected")];
    let failure = named
        .into_iter()
        .filter_map(|(key, given)| Some((key, text_of(given)?)))
        .fold(
            Failure::new("invalid_args", message),
            |failure, (key, value)| failure.with(key, value),
        );
    Err(failure)
}

/// Arguments that the tool's schema accepts. A tool without a schema takes anything.
fn checked(tool: &Tool, text: &str, rules: Rules) -> Result<String, Failure> {
    let Some(schema) = &tool.parameters else {
        return Ok(text.to_string());
    };
    arguments::prepare(text, schema, rules).map_err(|mismatch| {
        let failure = Failure::new("invalid_args", mismatch.message);
        match mismatch.field {
            Some(field) => failure.with("field", field),
            None => failure,
        }
    })
}

/// What ended the call before the plugin answered. `late` words the message when the time was up.
fn failed(error: &CallError, tool: &str, late: Late) -> Failure {
    match error {
        CallError::Timeout { limit, .. } => Failure::new("timeout", late(tool, limit.as_secs())),
        other => Failure::new("execution_error", other.to_string()),
    }
}

/// The message about a tool that did not answer within so many seconds.
type Late = fn(&str, u64) -> String;

fn late_for_a_chat(tool: &str, seconds: u64) -> String {
    format!("Tool '{tool}' exceeded the {seconds}s execution budget.")
}

fn late_for_a_completion(_tool: &str, seconds: u64) -> String {
    format!("Tool did not complete within {seconds}s.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_late_tool_is_reported_in_the_words_of_its_caller() {
        let error = CallError::Timeout {
            what: "Tool 'x'".into(),
            limit: Duration::from_secs(120),
        };
        let chat = failed(&error, "x", late_for_a_chat).write("x");
        assert!(chat.contains("\"message\":\"Tool 'x' exceeded the 120s execution budget.\""));
        assert!(chat.contains("\"kind\":\"timeout\""));
        let completion = failed(&error, "x", late_for_a_completion).write("x");
        assert!(completion.contains("\"message\":\"Tool did not complete within 120s.\""));
    }
}
