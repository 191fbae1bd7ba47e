//! Arguments that a tool must refuse, made from its schema and arguments that it takes.

use crate::check::case::Case;
use crate::check::outcome::Problem;
use osaurus_reference_host::manifest::Tool;
use serde_json::{Value, json};

/// Calls that break a schema in what every tool can check: a required argument is missing, or of
/// another type.
pub(super) fn wrong_calls(case: &Case) -> Result<Vec<(String, Value)>, Problem> {
    let tools = case.manifest()?.tools();
    let samples = case.samples();
    let each = samples.iter().filter_map(|sample| {
        let tool = tools.iter().find(|tool| tool.id == sample.tool)?;
        Some(wrong_arguments(tool, sample.arguments.first()?))
    });
    let each: Vec<Vec<(String, Value)>> = each.collect();
    Ok(each.concat())
}

fn wrong_arguments(tool: &Tool, good: &Value) -> Vec<(String, Value)> {
    let schema = tool.parameters.as_ref().unwrap_or(&Value::Null);
    let required = schema["required"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let each = required.iter().filter_map(Value::as_str).flat_map(|name| {
        let mut missing = good.clone();
        missing
            .as_object_mut()
            .map(|arguments| arguments.remove(name));
        let mut wrong = good.clone();
        let other = other_type(&schema["properties"][name]);
        let other = other.map(|other| {
            wrong[name] = other;
            wrong
        });
        [Some(missing), other].into_iter().flatten()
    });
    each.filter(Value::is_object)
        .map(|payload| (tool.id.clone(), payload))
        .collect()
}

/// A value of a type that the schema does not allow and that no leniency turns into one that it
/// does.
fn other_type(schema: &Value) -> Option<Value> {
    match schema["type"].as_str()? {
        "string" | "number" | "integer" | "boolean" => Some(json!({"unexpected": [1]})),
        "object" | "array" => Some(json!(7)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(parameters: Value) -> Tool {
        serde_json::from_value(json!({"id": "t", "description": "d", "parameters": parameters}))
            .expect("a tool")
    }

    #[test]
    fn wrong_arguments_lack_or_misuse_what_is_required() {
        let schema = json!({"required": ["a", "b"], "properties": {"a": {"type": "string"}, "b": {"type": "array"},
            "c": {"type": "string"}}});
        let payloads = wrong_arguments(&tool(schema), &json!({"a": "x", "b": []}));
        let payloads: Vec<Value> = payloads.into_iter().map(|(_, payload)| payload).collect();
        let expected = [
            json!({"b": []}),
            json!({"a": {"unexpected": [1]}, "b": []}),
            json!({"a": "x"}),
            json!({"a": "x", "b": 7}),
        ];
        assert_eq!(payloads, expected);
        assert_eq!(
            wrong_arguments(&tool(json!({"type": "object"})), &json!({})),
            []
        );
    }
}
