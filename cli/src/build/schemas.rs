//! Every tool's schema, compiled as the library will compile it: what could not be called is not
//! built.

use crate::failure::Failure;
use osaurus_arguments::{ArgumentSchema, lint};
use serde_json::Value;

/// How many faults are told at once.
const MAX_TOLD: usize = 10;

/// Looks at all tools of a manifest.
pub fn check(manifest: &Value) -> Result<(), Failure> {
    let tools = manifest["capabilities"]["tools"].as_array();
    let faults: Vec<String> = tools.into_iter().flatten().flat_map(of_tool).collect();
    if faults.is_empty() {
        return Ok(());
    }
    let more = match faults.len().saturating_sub(MAX_TOLD) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    let problems = faults.into_iter().take(MAX_TOLD).collect::<Vec<_>>();
    Err(Failure::new(
        format!("{}{more}", problems.join("\n  ")),
        "fix the schema of the tool's arguments and build again",
    ))
}

fn of_tool(tool: &Value) -> Vec<String> {
    let id = tool["id"].as_str().unwrap_or_default();
    let parameters = Some(&tool["parameters"]).filter(|schema| !schema.is_null());
    let faults = match ArgumentSchema::compile(parameters) {
        Err(fault) => vec![fault],
        Ok(_) => parameters.map(lint).unwrap_or_default(),
    };
    let text = |fault| format!("the tool `{id}` cannot be called: {fault}");
    faults.into_iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(parameters: Value) -> String {
        let tools = json!([{"id": "good", "parameters": {"type": "object"}}, {"id": "find", "parameters": parameters}]);
        let failure = check(&json!({"capabilities": {"tools": tools}})).unwrap_err();
        format!("{failure:?}")
    }

    #[test]
    fn tool_place_and_reason_are_named() {
        let pattern = refused(json!({"properties": {"code": {"pattern": "(?P<y>[0-9)"}}}));
        let named = "the tool `find` cannot be called: its schema is not valid at \
                     `/properties/code/pattern`: `(?P<y>[0-9)` is not a usable regular expression";
        assert!(pattern.contains(named), "{pattern}");
        let required = refused(json!({"properties": {"a": {}}, "required": ["b"]}));
        let named =
            "its schema is not valid at `/required`: `b` is required and not in `properties`";
        assert!(required.contains(named), "{required}");
    }

    #[test]
    fn tools_without_a_schema_and_manifests_without_tools_pass() {
        check(&json!({"capabilities": {}})).unwrap();
        check(&json!({"capabilities": {"tools": [{"id": "a"}, {"id": "b", "parameters": null}]}}))
            .unwrap();
    }
}
