//! Arguments for a tool, made from its JSON Schema: the fewest that it asks for, and all that it
//! knows. Pure; the project file can give better ones.

use super::project::Project;
use osaurus_abi::text;
use osaurus_reference_host::Manifest;
use osaurus_reference_host::manifest::Tool;
use osaurus_reference_host::manifest::{ConfigField, FieldKind};
use serde_json::{Map, Value, json};

/// A tool and what to call it with.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The tool's id.
    pub tool: String,
    /// Arguments that fit its schema.
    pub arguments: Vec<Value>,
}

/// How deep schemas may nest.
const DEEPEST: usize = 8;

/// Every tool that may be called, with arguments from the project file or from its schema.
pub(crate) fn of_tools(tools: &[Tool], project: &Project) -> Vec<Sample> {
    let of = |id: &str| project.tools.get(id);
    let allowed = tools
        .iter()
        .filter(|tool| of(&tool.id).is_none_or(|samples| samples.skip.is_none()));
    allowed
        .map(|tool| Sample {
            tool: tool.id.clone(),
            arguments: match of(&tool.id) {
                Some(given) if !given.arguments.is_empty() => given.arguments.clone(),
                _ => arguments(tool.parameters.as_ref()),
            },
        })
        .collect()
}

/// Two sets of arguments: only what is required, and everything. One when they are the same.
pub fn arguments(schema: Option<&Value>) -> Vec<Value> {
    let Some(schema) = schema else {
        return vec![json!({})];
    };
    let few = as_object(example(schema, Which::Required, 0));
    let all = as_object(example(schema, Which::All, 0));
    if few == all {
        vec![all]
    } else {
        vec![all, few]
    }
}

fn as_object(value: Value) -> Value {
    if value.is_object() { value } else { json!({}) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Required,
    All,
}

/// A value that the schema accepts, as far as it can be told from the keywords that the host looks
/// at.
fn example(schema: &Value, which: Which, depth: usize) -> Value {
    if depth > DEEPEST {
        return Value::Null;
    }
    if let Some(given) = given(schema) {
        return given;
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(first) = schema[key].get(0) {
            return example(first, which, depth + 1);
        }
    }
    match type_of(schema) {
        "object" => object(schema, which, depth),
        "array" => array(schema, which, depth),
        "integer" | "number" => number(schema),
        "boolean" => Value::Bool(true),
        "null" => Value::Null,
        _ => text(schema),
    }
}

/// What the schema itself names.
fn given(schema: &Value) -> Option<Value> {
    let named = [
        schema.get("const"),
        schema.get("default"),
        schema["examples"].get(0),
        schema["enum"].get(0),
    ];
    named.into_iter().flatten().next().cloned()
}

/// Of several types the first that is not null.
fn type_of(schema: &Value) -> &str {
    let stated = match &schema["type"] {
        Value::Array(types) => types
            .iter()
            .filter_map(Value::as_str)
            .find(|name| *name != "null"),
        other => other.as_str(),
    };
    let implied = if schema.get("properties").is_some() {
        "object"
    } else {
        "string"
    };
    stated.unwrap_or(implied)
}

fn object(schema: &Value, which: Which, depth: usize) -> Value {
    let required: Vec<&str> = schema["required"]
        .as_array()
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let empty = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&empty);
    let is_wanted = |name: &str| which == Which::All || required.contains(&name);
    let fields = properties.iter().filter(|(name, _)| is_wanted(name));
    let object: Map<String, Value> = fields
        .map(|(name, schema)| (name.clone(), example(schema, which, depth + 1)))
        .collect();
    Value::Object(object)
}

fn array(schema: &Value, which: Which, depth: usize) -> Value {
    let least = usize::try_from(schema["minItems"].as_u64().unwrap_or(0)).unwrap_or(0);
    let count = if which == Which::All {
        least.max(1)
    } else {
        least
    };
    let item = example(&schema["items"], which, depth + 1);
    Value::Array(vec![item; count.min(100)])
}

/// The number nearest to 1 that the bounds allow.
fn number(schema: &Value) -> Value {
    let least = schema["minimum"]
        .as_f64()
        .or_else(|| schema["exclusiveMinimum"].as_f64().map(|bound| bound + 1.0));
    let most = schema["maximum"]
        .as_f64()
        .or_else(|| schema["exclusiveMaximum"].as_f64().map(|bound| bound - 1.0));
    let value = 1.0_f64
        .max(least.unwrap_or(f64::MIN))
        .min(most.unwrap_or(f64::MAX));
    if type_of(schema) == "integer" || value.fract() == 0.0 {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a bound of a schema, saturating"
        )]
        return json!(value.ceil() as i64);
    }
    json!(value)
}

fn text(schema: &Value) -> Value {
    let sample = match schema["format"].as_str().unwrap_or_default() {
        "date" => "2026-01-31",
        "time" => "12:30:00Z",
        "date-time" => "2026-01-31T12:30:00Z",
        "email" => "ada@example.com",
        "uri" | "url" => "https://example.com/",
        "uuid" => "6f1c1b3e-5f0a-4d59-9d6b-0f6a3c1d2e4f",
        _ => "sample",
    };
    let size = |key: &str| schema[key].as_u64().and_then(|n| usize::try_from(n).ok());
    let mut text = sample.to_string();
    while text.len() < size("minLength").unwrap_or(0).min(100_000) {
        text.push('x');
    }
    text.truncate(size("maxLength").unwrap_or(usize::MAX));
    Value::String(text)
}

/// A value for each declared setting.
pub(crate) fn of_settings(manifest: &Manifest) -> Vec<(String, String)> {
    let value = |kind: FieldKind| match kind {
        FieldKind::Toggle => "true",
        FieldKind::Number => "1",
        FieldKind::Multiselect => "[]",
        _ => "sample",
    };
    let of_field = |field: &ConfigField| {
        let option = field.options.as_ref().and_then(|options| options.first());
        let text = option.map_or_else(
            || value(field.kind).to_string(),
            |choice| choice.value.clone(),
        );
        (field.key.clone(), text)
    };
    let tunnel = (
        text::TUNNEL_URL_KEY.to_string(),
        "https://0x1.example.com".to_string(),
    );
    manifest
        .config_fields()
        .map(of_field)
        .chain([tunnel])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_and_required_arguments_are_made_within_bounds() {
        let schema = json!({"type": "object", "required": ["name", "count"], "properties": {
            "name": {"type": "string", "minLength": 8, "maxLength": 9},
            "count": {"type": "integer", "minimum": 3},
            "ratio": {"type": "number", "maximum": 0.5},
            "tags": {"type": "array", "items": {"type": "string", "enum": ["x", "y"]}},
            "when": {"type": ["null", "string"], "format": "date"},
            "deep": {"properties": {"on": {"type": "boolean"}}},
        }});
        let sample = arguments(Some(&schema));
        let all = json!({"name": "samplexx", "count": 3, "ratio": 0.5, "tags": ["x"], "when": "2026-01-31",
            "deep": {"on": true}});
        assert_eq!(sample, [all, json!({"name": "samplexx", "count": 3})]);
    }

    #[test]
    fn no_schema_or_a_strange_one_gives_an_empty_object() {
        assert_eq!(arguments(None), [json!({})]);
        assert_eq!(arguments(Some(&json!({"type": "string"}))), [json!({})]);
        assert_eq!(arguments(Some(&json!(true))), [json!({})]);
    }

    #[test]
    #[cfg_attr(miri, ignore = "thousands of nested values take minutes there")]
    fn a_schema_without_an_end_is_cut() {
        let mut schema = json!({"type": "string"});
        for _ in 0..100 {
            schema = json!({"type": "object", "properties": {"next": schema}});
        }
        assert_eq!(arguments(Some(&schema)).len(), 2);
    }
}
