//! Repairs of arguments by the schema's single type names: words to numbers and booleans, JSON
//! inside of strings, wrappers, misspelt keys. Nothing below a type list or inside `anyOf` is
//! touched. Called by the module's `prepare`.

use super::{Rules, allowed, numbers, permits_null, same_ignoring_case, single_type};
use serde_json::{Map, Value};

/// Keys that models like to put around all arguments, in the order in which they are taken off.
const WRAPPERS: [&str; 2] = ["properties", "arguments"];
/// What models send instead of `path`, best first.
const PATH_SYNONYMS: [&str; 5] = ["filename", "file_name", "filepath", "file_path", "file"];

/// The value as its schema would have it, where a known repair applies; else the value.
pub(super) fn value(given: &Value, schema: &Value, rules: Rules) -> Value {
    if is_null_word(given) && permits_null(schema) {
        return Value::Null;
    }
    let Some(name) = single_type(schema) else {
        return given.clone();
    };
    match (name, given) {
        ("integer", Value::String(text)) => or_unchanged(numbers::integer(text), given),
        ("number", Value::String(text)) => or_unchanged(numbers::number(text), given),
        ("boolean", Value::String(text)) => or_unchanged(boolean(text).map(Value::Bool), given),
        ("string", Value::String(text)) => or_unchanged(declared_spelling(text, schema), given),
        ("array", _) => array(given, schema, rules),
        ("object", _) => object(given, schema, rules),
        _ => given.clone(),
    }
}

/// The words that Osaurus reads as booleans.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}

fn is_null_word(value: &Value) -> bool {
    let text = value.as_str();
    text.is_some_and(|text| text.trim().to_lowercase() == "null")
}

fn or_unchanged(repaired: Option<Value>, given: &Value) -> Value {
    repaired.unwrap_or_else(|| given.clone())
}

/// The entry of `enum` that differs in case only.
fn declared_spelling(text: &str, schema: &Value) -> Option<Value> {
    let entries = allowed(schema)?;
    let strings = || entries.iter().filter_map(Value::as_str);
    if strings().any(|entry| entry == text) {
        return None;
    }
    strings()
        .find(|entry| same_ignoring_case(entry, text))
        .map(Value::from)
}

/// JSON text of the wanted kind, read.
fn inside_text(value: &Value, wanted: fn(&Value) -> bool) -> Value {
    let parsed = value
        .as_str()
        .and_then(|text| crate::common::json::parse::<Value>(text).ok());
    parsed.filter(wanted).unwrap_or_else(|| value.clone())
}

fn array(given: &Value, schema: &Value, rules: Rules) -> Value {
    let list = inside_text(given, Value::is_array);
    let of = schema.get("items").filter(|items| items.is_object());
    match (list, of) {
        (Value::Array(items), Some(of)) => {
            items.iter().map(|item| value(item, of, rules)).collect()
        }
        (other, _) => other,
    }
}

fn object(given: &Value, schema: &Value, rules: Rules) -> Value {
    let declared = schema.get("properties").and_then(Value::as_object);
    match (inside_text(given, Value::is_object), declared) {
        (Value::Object(fields), Some(declared)) => {
            Value::Object(repaired(fields, declared, schema, rules))
        }
        (other, _) => other,
    }
}

/// One object, in Osaurus' order: wrappers, spelling of keys, synonyms, blank optional strings,
/// then the values.
fn repaired(
    mut fields: Map<String, Value>,
    declared: &Map<String, Value>,
    schema: &Value,
    rules: Rules,
) -> Map<String, Value> {
    if rules.repair_keys() {
        for wrapper in WRAPPERS {
            fields = unwrapped(fields, wrapper, declared);
        }
        fields = respelt(fields, declared);
        fields = with_path(fields, declared);
    } else if fields.get(WRAPPERS[0]).is_some_and(Value::is_object) {
        fields = unwrapped(fields, WRAPPERS[0], declared);
    }
    fields.retain(|name, value| !is_droppable(name, value, declared, schema));
    for (name, field) in &mut fields {
        if let Some(of) = declared.get(name).filter(|of| of.is_object()) {
            *field = value(field, of, rules);
        }
    }
    fields
}

/// Takes a wrapper off if it holds at least one declared name. What is beside it wins.
fn unwrapped(
    mut fields: Map<String, Value>,
    wrapper: &str,
    declared: &Map<String, Value>,
) -> Map<String, Value> {
    if declared.contains_key(wrapper) {
        return fields;
    }
    let inner = fields
        .get(wrapper)
        .map(|held| inside_text(held, Value::is_object));
    let Some(Value::Object(inner)) = inner else {
        return fields;
    };
    if !inner.keys().any(|name| declared.contains_key(name)) {
        return fields;
    }
    fields.shift_remove(wrapper);
    for (name, value) in inner {
        fields.entry(name).or_insert(value);
    }
    fields
}

/// A key's letters and digits in lower case.
pub(super) fn fold(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// Renames undeclared keys to the one declared and absent key that reads the same.
fn respelt(fields: Map<String, Value>, declared: &Map<String, Value>) -> Map<String, Value> {
    let mut respelt = Map::new();
    for (name, value) in &fields {
        let target = declared_twin(name, declared)
            .filter(|twin| !fields.contains_key(*twin) && !respelt.contains_key(*twin));
        respelt.insert(target.unwrap_or(name).to_string(), value.clone());
    }
    respelt
}

fn declared_twin<'a>(name: &str, declared: &'a Map<String, Value>) -> Option<&'a str> {
    if declared.contains_key(name) {
        return None;
    }
    let folded = fold(name);
    let mut twins = declared.keys().filter(|other| fold(other) == folded);
    match (twins.next(), twins.next()) {
        (Some(twin), None) if !folded.is_empty() => Some(twin),
        _ => None,
    }
}

/// Fills a missing `path` from the first of its synonyms.
fn with_path(mut fields: Map<String, Value>, declared: &Map<String, Value>) -> Map<String, Value> {
    if !declared.contains_key("path") || fields.contains_key("path") {
        return fields;
    }
    let synonym = PATH_SYNONYMS
        .iter()
        .find(|name| fields.contains_key(**name) && !declared.contains_key(**name));
    if let Some(value) = synonym.and_then(|name| fields.shift_remove(*name)) {
        fields.insert("path".into(), value);
    }
    fields
}

/// A blank string for a property of type string that is not required.
fn is_droppable(name: &str, value: &Value, declared: &Map<String, Value>, schema: &Value) -> bool {
    let is_string = declared.get(name).and_then(single_type) == Some("string");
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = required.is_some_and(|names| names.iter().any(|one| one == name));
    is_string && !is_required && value.as_str().is_some_and(|text| text.trim().is_empty())
}
