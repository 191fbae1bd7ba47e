//! A tool call as a chat makes it: the tool is looked up, permission is asked for, arguments are coerced and checked,
//! secrets and the working folder are added, and whatever comes back becomes an envelope.

use crate::envelope::{self, Failure};
use crate::errors::CallError;
use crate::ids::AgentId;
use crate::json;
use crate::manifest::Tool;
use crate::permissions::Refused;
use crate::plugin::LoadedPlugin;
use crate::schema;
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
    /// Calls a tool as a chat of this agent would, and returns the tool envelope: see [`LoadedPlugin::call_tool`].
    pub fn invoke(self: &Arc<Self>, tool: &str, arguments: &str, agent: Option<AgentId>) -> String {
        self.call_tool(&ToolCall {
            tool: tool.into(),
            arguments: arguments.into(),
            agent,
            working_directory: None,
        })
    }

    /// [`LoadedPlugin::invoke`] with all that a chat can attach. Always returns an envelope: a failure when the tool
    /// is unknown (`tool_not_found`), not permitted (`unavailable`, `rejected`, `user_denied`), given arguments that
    /// its schema refuses even after lenient coercion (`invalid_args`), late (`timeout`) or answers NULL
    /// (`execution_error`); else what the plugin returned, wrapped where it is no envelope.
    pub fn call_tool(self: &Arc<Self>, call: &ToolCall) -> String {
        let name = call.tool.as_str();
        let answer = self.prepared(call).and_then(|payload| {
            self.try_invoke_raw("tool", name, &payload, call.agent)
                .map_err(failed)
        });
        match answer {
            Ok(raw) => envelope::normalise(&raw, name),
            Err(failure) => failure.write(name),
        }
    }

    /// The payload, once everything before the plugin's own turn went well.
    fn prepared(&self, call: &ToolCall) -> Result<String, Failure> {
        let tool = self.tool(&call.tool)?;
        self.permit(tool, call)?;
        let arguments = checked(tool, &call.arguments)?;
        Ok(self.with_extras(call, arguments))
    }

    fn tool(&self, name: &str) -> Result<&Tool, Failure> {
        let found = self.manifest().tools().iter().find(|tool| tool.id == name);
        found.ok_or_else(|| {
            let message = format!("Plugin '{}' has no tool '{name}'.", self.id());
            Failure::new("tool_not_found", message)
        })
    }

    fn permit(&self, tool: &Tool, call: &ToolCall) -> Result<(), Failure> {
        let permissions = &self.context().host.settings.permissions;
        let permitted = permissions.check(self.id(), tool, &call.arguments, call.agent);
        permitted.map_err(|refused| match refused {
            Refused::MissingSystem(names) => Failure::new(
                "unavailable",
                format!("Missing system permissions: {}", names.join(", ")),
            )
            .final_one(),
            Refused::ByPolicy => Failure::new("rejected", "The tool's permission policy is deny."),
            Refused::ByUser => Failure::new("user_denied", "The user refused to run this tool."),
        })
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
        let store = &self.context().host.store;
        let of = |agent| store.all(agent, self.id()).unwrap_or_default();
        let all = of(AgentId::DEFAULT).into_iter().chain(of(agent));
        all.map(|(key, value)| (key, Value::String(value)))
            .collect()
    }
}

/// Arguments that the tool's schema accepts. Without a schema, and where they cannot be read, they go as they are.
fn checked(tool: &Tool, arguments: &str) -> Result<String, Failure> {
    let (Some(schema), Ok(given)) = (&tool.parameters, serde_json::from_str::<Value>(arguments))
    else {
        return Ok(arguments.to_string());
    };
    match schema::accept(&given, schema) {
        Ok(accepted) if accepted == given => Ok(arguments.to_string()),
        Ok(accepted) => Ok(accepted.to_string()),
        Err(mismatch) => Err(Failure::new("invalid_args", mismatch.message())
            .with("field", mismatch.field)
            .with("expected", mismatch.expected)),
    }
}

fn failed(error: CallError) -> Failure {
    let kind = match error {
        CallError::Timeout { .. } => "timeout",
        _ => "execution_error",
    };
    Failure::new(kind, error.to_string())
}
