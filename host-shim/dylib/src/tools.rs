//! The plugin's tools as the manifest declares them: which exist, and the compiled schema of each.
//! Used by `plugin`. Schemas are compiled at a tool's first call.
use crate::envelope::Failure;
use osaurus_arguments::{ArgumentSchema, Arguments, SchemaFault};
use osaurus_payload::{HandlerConfig, PayloadHead};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::OnceLock;

/// All tools by id.
pub struct Tools(HashMap<String, Tool>);

/// One tool.
pub struct Tool {
    parameters: Option<Value>,
    schema: OnceLock<Result<ArgumentSchema, SchemaFault>>,
    /// How the script declared it.
    pub handler: HandlerConfig,
}

impl Tools {
    /// Reads the manifest. A manifest that is not JSON has no tools: the host has refused it
    /// already.
    pub fn of(head: &PayloadHead) -> Self {
        let mut manifest: Value = serde_json::from_str(&head.manifest).unwrap_or_default();
        let listed = manifest["capabilities"]["tools"].take();
        let Value::Array(listed) = listed else {
            return Self(HashMap::new());
        };
        let tool = |mut entry: Value| {
            // The host looks tools up by the trimmed id.
            let id = entry["id"].as_str()?.trim().to_owned();
            let handler = head.config.tools.get(&id).cloned().unwrap_or_default();
            let parameters = Some(entry["parameters"].take()).filter(|p| !p.is_null());
            Some((
                id,
                Tool {
                    parameters,
                    schema: OnceLock::new(),
                    handler,
                },
            ))
        };
        Self(listed.into_iter().filter_map(tool).collect())
    }

    /// The tool with this id.
    ///
    /// # Errors
    /// `not_found`, not `tool_not_found`: that is what the conformance test of the official SDK
    /// expects of a plugin; the other word is the host's own, for a tool that no plugin has.
    pub fn get(&self, id: &str) -> Result<&Tool, Failure> {
        self.0.get(id).ok_or_else(|| {
            let mut names: Vec<&str> = self.0.keys().map(String::as_str).collect();
            names.sort_unstable();
            let text = format!(
                "this plugin has no tool `{id}`; it has: {}",
                names.join(", ")
            );
            Failure::new("not_found", text, false)
        })
    }
}

impl Tool {
    /// Coerces and checks a call's arguments.
    pub fn check<'a>(&self, id: &str, payload: &'a str) -> Result<Arguments<'a>, Failure> {
        let schema = self
            .schema
            .get_or_init(|| ArgumentSchema::compile(self.parameters.as_ref()));
        match schema {
            Ok(schema) => schema.check(payload).map_err(Failure::from),
            Err(why) => {
                let text = format!("the tool `{id}` cannot be called: {why}");
                Err(Failure::new("execution_error", text, false))
            }
        }
    }
}
