//! Whether a tool's schema can be given to a model at all. The gateway asks before it loads a tool.

use super::catalogue::ToolCard;
use serde_json::Value;

/// Why a tool cannot be loaded: message, field, and what was expected.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unloadable {
    pub(super) message: String,
    pub(super) field: &'static str,
    pub(super) expected: &'static str,
}

/// What is wrong with the tool's parameters; none at all are fine.
pub(super) fn fault(tool: &ToolCard) -> Option<Unloadable> {
    let (what, field, expected) = fault_of(tool.parameters.as_ref()?)?;
    let message = format!("Loaded tool '{}' {what}", tool.name);
    Some(Unloadable {
        message,
        field,
        expected,
    })
}

fn fault_of(parameters: &Value) -> Option<(&'static str, &'static str, &'static str)> {
    let Some(schema) = parameters.as_object() else {
        let what = "has a non-object parameter schema.";
        return Some((what, "parameters", "JSON Schema object with type: object"));
    };
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        let what = "parameter schema must declare type: object.";
        return Some((what, "parameters.type", "object"));
    }
    if schema
        .get("properties")
        .is_some_and(|value| !value.is_object())
    {
        let what = "parameter schema has non-object properties.";
        let expected = "object mapping property names to schemas";
        return Some((what, "parameters.properties", expected));
    }
    let are_texts = |value: &Value| {
        let names = value.as_array();
        names.is_some_and(|names| names.iter().all(Value::is_string))
    };
    if schema
        .get("required")
        .is_some_and(|value| !are_texts(value))
    {
        let what = "parameter schema has malformed required fields.";
        return Some((what, "parameters.required", "array of property names"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parameters_are_absent_or_an_object_that_says_so() {
        let message = |parameters: Option<Value>| {
            let tool = ToolCard {
                name: "x".into(),
                description: String::new(),
                parameters,
            };
            fault(&tool).map(|fault| fault.message)
        };
        assert_eq!(message(None), None);
        assert_eq!(
            message(Some(
                json!({"type": "object", "properties": {}, "required": ["a"]})
            )),
            None
        );
        for (parameters, wanted) in [
            (json!(true), "has a non-object parameter schema."),
            (json!({}), "parameter schema must declare type: object."),
            (
                json!({"type": ["object"]}),
                "parameter schema must declare type: object.",
            ),
            (
                json!({"type": "object", "properties": []}),
                "parameter schema has non-object properties.",
            ),
            (
                json!({"type": "object", "required": [1]}),
                "parameter schema has malformed required fields.",
            ),
        ] {
            assert_eq!(
                message(Some(parameters)),
                Some(format!("Loaded tool 'x' {wanted}"))
            );
        }
    }
}
