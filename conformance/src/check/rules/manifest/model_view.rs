//! How much of its tools a plugin shows to a model that loads them all at once. Pure.

use super::{list, text};
use crate::check::Evidence;
use serde_json::{Map, Value, json};

/// Characters of all schemas that a model gets whole.
const MOST: usize = 6_000;
/// Tools that are loaded at once.
const TOOLS: usize = 70;
/// Characters of a first line that are shown.
const LINE: usize = 160;
/// Characters of a first sentence that are shown.
const SENTENCE: usize = 180;
/// Tools that are named as the largest.
const NAMED: usize = 3;

fn tools(manifest: &Value) -> &[Value] {
    list(&manifest["capabilities"]["tools"])
}

/// `manifest-description-line`
pub(super) fn first_lines(manifest: &Value) -> Vec<Evidence> {
    let long = tools(manifest).iter().enumerate().filter_map(|(index, tool)| {
        let line = text(tool, "description")?.lines().next()?;
        let count = line.chars().count();
        let said = format!(
            "`capabilities.tools[{index}].description` begins with a line of {count} characters; hosts show {LINE}"
        );
        (count > LINE).then(|| Evidence::new(said).bytes(line))
    });
    long.collect()
}

/// `manifest-schemas-size`
pub(super) fn size(manifest: &Value) -> Vec<Evidence> {
    let tools = tools(manifest);
    let (whole, bare) = (sum(tools, block), sum(tools, skeleton));
    let mut found = Vec::new();
    if whole > MOST {
        let gets = if bare <= MOST {
            "a model gets them without the descriptions of their arguments, and first sentences alone"
        } else {
            "a model gets names and first lines alone"
        };
        let count = match tools.len() {
            1 => "1 tool".to_owned(),
            many => format!("{many} tools"),
        };
        found.push(format!(
            "the schemas of {count} take {whole} characters, and {MOST} are shown whole: {gets}. The largest: {}",
            largest(tools)
        ));
    }
    if tools.len() > TOOLS {
        found.push(format!(
            "there are {} tools, and a model is shown {TOOLS}",
            tools.len()
        ));
    }
    found.into_iter().map(Evidence::new).collect()
}

fn sum(tools: &[Value], form: fn(&Value) -> String) -> usize {
    tools.iter().map(|tool| form(tool).chars().count()).sum()
}

fn largest(tools: &[Value]) -> String {
    let size = |tool: &Value| block(tool).chars().count();
    let mut sizes: Vec<(usize, &str)> = tools
        .iter()
        .map(|tool| (size(tool), text(tool, "id").unwrap_or_default()))
        .collect();
    sizes.sort_by(|one, other| other.cmp(one));
    let named = sizes.iter().take(NAMED);
    let named: Vec<String> = named.map(|(size, id)| format!("{id} ({size})")).collect();
    named.join(", ")
}

/// A tool as a model gets it when there is room.
fn block(tool: &Value) -> String {
    let description = text(tool, "description").unwrap_or_default();
    written(tool, description, shown(&tool["parameters"], true))
}

/// A tool as a model gets it when there is less room.
fn skeleton(tool: &Value) -> String {
    let description = text(tool, "description").unwrap_or_default();
    written(
        tool,
        &first_sentence(description),
        shown(&tool["parameters"], false),
    )
}

fn written(tool: &Value, description: &str, parameters: Value) -> String {
    let id = text(tool, "id").unwrap_or_default();
    let function = json!({"description": description, "name": id, "parameters": parameters});
    format!(
        "Schema for {id}:\n{}",
        json!({"function": function, "type": "function"})
    )
}

/// A schema in the form for models: one type each, without `additionalProperties` and nulls. Deep ones are cut, as no
/// host loads them.
fn shown(schema: &Value, described: bool) -> Value {
    const DEEPEST: usize = 64;
    within(schema, described, DEEPEST)
}

fn within(schema: &Value, described: bool, depth: usize) -> Value {
    let Some(object) = schema.as_object().filter(|_| depth > 0) else {
        return schema.clone();
    };
    let mut out = Map::new();
    for (key, value) in object {
        let drop = value.is_null()
            || (key == "additionalProperties" && value.is_boolean())
            || (key == "description" && !described && value.is_string());
        if !drop {
            out.insert(key.clone(), part(key, value, described, depth - 1));
        }
    }
    one_type(&mut out);
    Value::Object(out)
}

fn part(key: &str, value: &Value, described: bool, depth: usize) -> Value {
    match value {
        Value::Object(map) if ["properties", "$defs", "definitions"].contains(&key) => map
            .iter()
            .map(|(name, schema)| (name.clone(), within(schema, described, depth)))
            .collect(),
        Value::Array(items) if ["anyOf", "oneOf", "allOf"].contains(&key) => items
            .iter()
            .map(|item| within(item, described, depth))
            .collect(),
        Value::Object(_) if ["items", "not", "additionalProperties"].contains(&key) => {
            within(value, described, depth)
        }
        _ => value.clone(),
    }
}

/// The first type of a list that is not null; one that is implied where there is none.
fn one_type(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = schema.get("type") {
        let names: Vec<String> = types
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        let others: Vec<&String> = names.iter().filter(|name| *name != "null").collect();
        let first = others.first().map_or("string", |name| name.as_str());
        let (first, several) = (Value::from(first), others.len() > 1);
        if names.iter().any(|name| name == "null") {
            schema.insert("nullable".into(), true.into());
        }
        if several {
            schema.insert("x-osaurus-original-type".into(), json!(names));
        }
        schema.insert("type".into(), first);
    } else if !schema.contains_key("type") && !schema.contains_key("$ref") {
        let implied = match () {
            () if schema.contains_key("properties") => "object",
            () if schema.contains_key("items") => "array",
            () => "string",
        };
        schema.insert("type".into(), implied.into());
    }
}

/// Up to the first mark that ends a sentence, and not too long.
fn first_sentence(description: &str) -> String {
    let words: Vec<&str> = description.split_whitespace().collect();
    let end = words
        .iter()
        .position(|word| word.ends_with(['.', '!', '?']));
    let sentence = words[..end.map_or(words.len(), |end| end + 1)].join(" ");
    if sentence.chars().count() <= SENTENCE {
        return sentence;
    }
    let cut: String = sentence.chars().take(SENTENCE - 3).collect();
    format!("{cut}...")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(id: &str, argument: &str) -> Value {
        json!({"id": id, "description": "Finds notes. Slowly.", "parameters": {"type": "object", "additionalProperties": false,
            "properties": {"text": {"type": ["string", "null"], "description": argument}}}})
    }

    fn with(tools: &[Value]) -> Value {
        json!({"capabilities": {"tools": tools}})
    }

    #[test]
    fn a_tool_is_measured_as_models_get_it() {
        let parameters = r#"{"type":"object","properties":{"text":{"type":"string","description":"What.","nullable":true}}}"#;
        let function = format!(
            r#"{{"description":"Finds notes. Slowly.","name":"find","parameters":{parameters}}}"#
        );
        let expected =
            format!("Schema for find:\n{{\"function\":{function},\"type\":\"function\"}}");
        assert_eq!(block(&tool("find", "What.")), expected);
        assert!(skeleton(&tool("find", "What.")).contains("\"Finds notes.\""));
        assert!(!skeleton(&tool("find", "What.")).contains("What."));
    }

    #[test]
    fn what_a_model_gets_instead_depends_on_how_much_is_left() {
        assert!(size(&with(&[tool("find", "What.")])).is_empty());
        let long = size(&with(&[tool("find", &"x".repeat(6_000)), tool("add", "y")]));
        assert!(
            long[0]
                .what
                .contains("without the descriptions of their arguments"),
            "{long:?}"
        );
        assert!(long[0].what.contains("The largest: find (6"), "{long:?}");
        let many: Vec<Value> = (0..71)
            .map(|number| tool(&format!("t{number}"), "y"))
            .collect();
        let many = size(&with(&many));
        assert!(
            many[0].what.contains("names and first lines alone"),
            "{many:?}"
        );
        assert!(many[1].what.contains("there are 71 tools"), "{many:?}");
    }

    #[test]
    fn a_first_line_is_counted_in_characters() {
        let with_line = |count: usize| {
            let text = format!("{}\nmore", "é".repeat(count));
            with(&[json!({"id": "t", "description": text})])
        };
        assert!(first_lines(&with_line(160)).is_empty());
        assert!(
            first_lines(&with_line(161))[0]
                .what
                .contains("161 characters; hosts show 160")
        );
    }
}
