//! Whether arguments, and objects inside of them, have the properties that their schema asks for. Called by the
//! module's `prepare` and `check`; single values are judged by `values`.

use super::{Mismatch, coerce, permits_null, single_type, values};
use serde_json::{Map, Value};

/// All arguments of a call.
pub(super) fn check(arguments: &Value, schema: &Value) -> Result<(), Mismatch> {
    if !schema.is_object() {
        return Err(Mismatch::at(None, "Schema must be an object"));
    }
    let has_branches = schema.get("oneOf").is_some() || schema.get("anyOf").is_some();
    let as_value = match single_type(schema) {
        Some(name) => name != "object",
        None => has_branches,
    };
    if as_value {
        return values::check(None, arguments, schema);
    }
    match arguments {
        Value::Object(fields) => object(fields, schema),
        _ => Err(Mismatch::at(None, "Arguments must be an object")),
    }
}

/// One object: required names, undeclared names, groups of which one must be there, then each property.
pub(super) fn object(fields: &Map<String, Value>, schema: &Value) -> Result<(), Mismatch> {
    let none = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object);
    let declared = properties.unwrap_or(&none);
    required(fields, declared, schema)?;
    if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
        undeclared(fields, declared)?;
    }
    groups(fields, schema)?;
    let given = declared
        .iter()
        .filter_map(|(name, of)| Some((name, fields.get(name)?, of)));
    for (name, value, of) in given.filter(|(_, _, of)| of.is_object()) {
        values::check(Some(name), value, of)?;
        nested(value, of)?;
    }
    Ok(())
}

/// The same rules inside of an object with declared properties.
fn nested(value: &Value, schema: &Value) -> Result<(), Mismatch> {
    match value {
        Value::Object(fields)
            if single_type(schema) == Some("object") && schema.get("properties").is_some() =>
        {
            object(fields, schema)
        }
        _ => Ok(()),
    }
}

fn required(
    fields: &Map<String, Value>,
    declared: &Map<String, Value>,
    schema: &Value,
) -> Result<(), Mismatch> {
    let names = schema.get("required").and_then(Value::as_array);
    let missing = names
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .find(|name| match fields.get(*name) {
            None => true,
            Some(Value::Null) => !declared.get(*name).is_some_and(permits_null),
            Some(_) => false,
        });
    let Some(name) = missing else { return Ok(()) };
    let twin = fields
        .keys()
        .find(|sent| !declared.contains_key(*sent) && coerce::fold(sent) == coerce::fold(name));
    let hint = twin.map_or_else(String::new, |sent| {
        format!(" (you sent `{sent}` — JSON keys are exact; use `{name}`)")
    });
    let message = format!("Missing required property: {name}{hint}");
    Err(Mismatch::at(Some(name), message))
}

fn undeclared(fields: &Map<String, Value>, declared: &Map<String, Value>) -> Result<(), Mismatch> {
    let Some(name) = fields.keys().find(|name| !declared.contains_key(*name)) else {
        return Ok(());
    };
    let mut known: Vec<&str> = declared.keys().map(String::as_str).collect();
    known.sort_unstable();
    let message = format!(
        "Unexpected property `{name}`. Allowed: {}",
        known.join(", ")
    );
    Err(Mismatch::at(Some(name), message))
}

/// Branches of `anyOf` (else `oneOf`) that have a `required` list: one of them must be there as a whole.
fn groups(fields: &Map<String, Value>, schema: &Value) -> Result<(), Mismatch> {
    let groups = required_groups(schema);
    let is_there = |name: &&str| fields.get(*name).is_some_and(|value| !value.is_null());
    if groups.is_empty() || groups.iter().any(|group| group.iter().all(is_there)) {
        return Ok(());
    }
    let quoted = |group: &Vec<&str>| {
        let names: Vec<String> = group.iter().map(|name| format!("`{name}`")).collect();
        names.join(" + ")
    };
    let choices: Vec<String> = groups.iter().map(quoted).collect();
    let message = format!("Arguments must include {}.", choices.join(" OR "));
    Err(Mismatch::at(groups[0].first().copied(), message))
}

fn required_groups(schema: &Value) -> Vec<Vec<&str>> {
    let list = |keyword: &str| schema.get(keyword).and_then(Value::as_array);
    let branches = list("anyOf").or_else(|| list("oneOf"));
    branches
        .into_iter()
        .flatten()
        .filter_map(|branch| branch.get("required").and_then(Value::as_array))
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .filter(|names: &Vec<&str>| !names.is_empty())
        .collect()
}
