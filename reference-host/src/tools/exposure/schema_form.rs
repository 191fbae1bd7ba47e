//! The form in which local models are shown a tool, which is also what sizes are measured in; and
//! the skeleton that is left of a tool when there is no room for all of it.

use super::catalogue::ToolCard;
use crate::common::json;
use serde_json::{Map, Value, json};

/// Characters of a skeleton's description.
const SENTENCE: usize = 180;
/// Keys whose values are schemas by name.
const NAMED: [&str; 4] = ["properties", "$defs", "definitions", "patternProperties"];
/// Keys whose values are lists of schemas.
const LISTED: [&str; 4] = ["anyOf", "oneOf", "allOf", "prefixItems"];
/// Words that end in a dot within a sentence.
const ABBREVIATIONS: [&str; 12] = [
    "e.g.", "i.e.", "etc.", "vs.", "cf.", "approx.", "no.", "dr.", "mr.", "mrs.", "ms.", "st.",
];

/// `Schema for <name>:` and the whole tool.
pub(super) fn block(tool: &ToolCard) -> String {
    written(tool, &tool.description, shown(tool.parameters.as_ref()))
}

/// The same without descriptions of parameters, and with the first sentence of the tool's.
pub(super) fn skeleton(tool: &ToolCard) -> String {
    let parameters = bare(&shown(tool.parameters.as_ref()), false);
    written(tool, &first_sentence(&tool.description), parameters)
}

fn written(tool: &ToolCard, description: &str, parameters: Value) -> String {
    let function = json!({"name": tool.name, "description": description, "parameters": parameters});
    let tool_json = json::canonical(&json!({"type": "function", "function": function}));
    format!("Schema for {}:\n{tool_json}", tool.name)
}

fn shown(parameters: Option<&Value>) -> Value {
    parameters.map_or_else(|| json!({"type": "object", "properties": {}}), schema)
}

/// One schema and all beneath it, each with one type.
fn schema(value: &Value) -> Value {
    let Value::Object(given) = value else {
        return value.clone();
    };
    let mut object = Map::new();
    for (key, value) in given {
        match value {
            Value::Null => {}
            Value::Bool(_) if key == "additionalProperties" => {}
            Value::Object(named) if NAMED.contains(&key.as_str()) => {
                let inner = named
                    .iter()
                    .map(|(name, value)| (name.clone(), schema(value)));
                object.insert(key.clone(), Value::Object(inner.collect()));
            }
            Value::Array(list) if LISTED.contains(&key.as_str()) => {
                object.insert(key.clone(), list.iter().map(schema).collect());
            }
            Value::Object(_)
                if matches!(key.as_str(), "items" | "additionalProperties" | "not") =>
            {
                object.insert(key.clone(), schema(value));
            }
            other => {
                object.insert(key.clone(), other.clone());
            }
        }
    }
    give_type(&mut object);
    Value::Object(object)
}

fn give_type(shown: &mut Map<String, Value>) {
    if shown.get("type").is_some_and(Value::is_string) {
        return;
    }
    let types = shown.remove("type");
    let names = types
        .as_ref()
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let names: Vec<&str> = names.filter_map(Value::as_str).collect();
    let several: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| *name != "null")
        .collect();
    if several.len() < names.len() {
        shown.insert("nullable".into(), true.into());
    }
    if several.len() > 1 {
        shown.insert("x-osaurus-original-type".into(), json!(names));
    }
    let by_keys = if shown.contains_key("properties") {
        "object"
    } else if shown.contains_key("items") {
        "array"
    } else {
        "string"
    };
    let name = several.first().copied().unwrap_or(by_keys);
    shown.insert("type".into(), name.into());
}

/// Without `description` in any schema; a property of that name stays.
fn bare(value: &Value, names: bool) -> Value {
    match value {
        Value::Object(map) => {
            let entries = map
                .iter()
                .filter(|(key, _)| names || key.as_str() != "description");
            let inner = entries.map(|(key, value)| {
                let has_names = !names && NAMED.contains(&key.as_str());
                (key.clone(), bare(value, has_names))
            });
            Value::Object(inner.collect())
        }
        Value::Array(list) => list.iter().map(|value| bare(value, false)).collect(),
        other => other.clone(),
    }
}

/// The first sentence on one line, at most 180 characters.
pub(super) fn first_sentence(text: &str) -> String {
    let line = one_line(text);
    let ends = line.match_indices(['.', '!', '?']).map(|(at, _)| at + 1);
    let is_end = |end: &usize| {
        let word = line[..*end]
            .rsplit(' ')
            .next()
            .unwrap_or_default()
            .to_lowercase();
        let word = word.trim_start_matches(['(', '"', '\'']);
        (line[*end..].is_empty() || line[*end..].starts_with(' ')) && !ABBREVIATIONS.contains(&word)
    };
    let end = ends.into_iter().find(is_end).unwrap_or(line.len());
    cut(&line[..end], SENTENCE, SENTENCE - 3, "...")
}

/// A string without line ends.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A string that is too long, cut to `kept` characters and a mark.
pub(super) fn cut(text: &str, most: usize, kept: usize, mark: &str) -> String {
    if text.chars().count() <= most {
        return text.to_string();
    }
    text.chars().take(kept).chain(mark.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(description: &str, parameters: Value) -> ToolCard {
        ToolCard {
            name: "t".into(),
            description: description.into(),
            parameters: Some(parameters),
        }
    }

    #[test]
    fn every_schema_is_shown_with_one_type_and_without_flags_and_nulls() {
        let declared = json!({"type": "object", "additionalProperties": false, "title": null,
            "properties": {
            "a": {"type": ["integer", "null"]}, "b": {"type": ["string", "number"]},
            "c": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "d": {"items": {"enum": ["x"]}},
            "e": {"properties": {}}, "additionalProperties": {"type": "boolean"}}});
        let expected = json!({"type": "object", "properties": {
            "a": {"type": "integer", "nullable": true},
            "b": {"type": "string", "x-osaurus-original-type": ["string", "number"]},
            "c": {"anyOf": [{"type": "integer"}, {"type": "null"}], "type": "string"},
            "d": {"items": {"enum": ["x"], "type": "string"}, "type": "array"},
            "e": {"properties": {}, "type": "object"},
            "additionalProperties": {"type": "boolean"}}});
        assert_eq!(schema(&declared), expected);
    }

    #[test]
    fn a_skeleton_keeps_names_types_and_the_first_sentence() {
        let parameters = json!({"type": "object", "description": "d", "properties": {
            "description": {"type": "string", "description": "what it \
                is"}}, "required": ["description"]});
        let text = skeleton(&tool("Does it, e.g. now.\n Then more.", parameters));
        let expected = "Schema for t:\n{\"function\":{\"description\":\"Does it, e.g. \
                        now.\",\"name\":\"t\",\"parameters\":{\"properties\":\
                      {\"description\":{\"type\":\"string\"}},\"required\":[\"description\"],\"type\":\"object\"}},\"type\":\"function\"}";
        assert_eq!(text, expected);
    }

    #[test]
    fn sentences_end_at_a_mark_before_a_blank_or_the_end_and_are_cut() {
        for (text, first) in [
            ("Reads v1.2 files! Writes.", "Reads v1.2 files!"),
            ("No mark", "No mark"),
            ("Is it?", "Is it?"),
            ("", ""),
        ] {
            assert_eq!(first_sentence(text), first);
        }
        let long = "x".repeat(181);
        assert_eq!(first_sentence(&long), format!("{}...", "x".repeat(177)));
        assert_eq!(first_sentence(&long[1..]), long[1..]);
    }
}
