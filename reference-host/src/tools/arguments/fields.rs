//! Whether arguments, and objects inside of them, have the properties that their schema asks for,
//! and whether each value is what its schema says: null, alternatives, type, bounds, elements,
//! `enum`. Keywords that Osaurus does not know have no effect. Called by the module's `prepare` and
//! `check`.

use super::{Mismatch, allowed, branches, coerce, numbers, permits_null};
use super::{same_ignoring_case, single_type};
use fancy_regex::Regex;
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
        return check_value(None, arguments, schema);
    }
    match arguments {
        Value::Object(fields) => object(fields, schema),
        _ => Err(Mismatch::at(None, "Arguments must be an object")),
    }
}

/// One object: required names, undeclared names, groups of which one must be there, then each
/// property.
pub(super) fn object(fields: &Map<String, Value>, schema: &Value) -> Result<(), Mismatch> {
    let none = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object);
    let declared = properties.unwrap_or(&none);
    required(fields, declared, schema)?;
    if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
        undeclared(fields, declared)?;
    }
    groups(fields, schema)?;
    let present = declared
        .iter()
        .filter_map(|(name, of)| Some((name, fields.get(name)?, of)));
    for (name, value, of) in present.filter(|(_, _, of)| of.is_object()) {
        check_value(Some(name), value, of)?;
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
    let mut allowed_names: Vec<&str> = declared.keys().map(String::as_str).collect();
    allowed_names.sort_unstable();
    let message = format!(
        "Unexpected property `{name}`. Allowed: {}",
        allowed_names.join(", ")
    );
    Err(Mismatch::at(Some(name), message))
}

/// Branches of `anyOf` (else `oneOf`) that have a `required` list: one of them must be there as a
/// whole.
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

/// Checks in Osaurus' order. `key` is the property's name, none for the arguments as a whole.
fn check_value(key: Option<&str>, value: &Value, schema: &Value) -> Result<(), Mismatch> {
    if value.is_null() {
        return null(key, schema);
    }
    if let Some(branches) = branches(schema) {
        return alternatives(key, value, branches);
    }
    has_type(key, value, schema)?;
    length(key, value, schema)?;
    pattern(key, value, schema)?;
    range(key, value, schema)?;
    elements(key, value, schema)?;
    listed(key, value, schema)
}

/// A sentence about the property, named if it has a name.
fn mismatch(key: Option<&str>, rest: &str) -> Mismatch {
    let subject = match key {
        Some(key) => format!("Property '{key}'"),
        None => "Property".to_string(),
    };
    Mismatch::at(key, format!("{subject} {rest}"))
}

fn null(key: Option<&str>, schema: &Value) -> Result<(), Mismatch> {
    if !permits_null(schema) {
        return Err(mismatch(key, "must be a non-null"));
    }
    listed(key, &Value::Null, schema)
}

/// The first branch that passes ends the check: keywords beside the list are not looked at.
fn alternatives(key: Option<&str>, value: &Value, branches: &[Value]) -> Result<(), Mismatch> {
    let passes = |branch: &&Value| branch.is_object() && check_value(key, value, branch).is_ok();
    match branches.iter().find(passes) {
        Some(_) => Ok(()),
        None => Err(mismatch(
            key,
            "did not match any of the allowed schema branches.",
        )),
    }
}

fn has_type(key: Option<&str>, value: &Value, schema: &Value) -> Result<(), Mismatch> {
    let text = value.as_str();
    let (fits, noun) = match single_type(schema) {
        Some("string") => (text.is_some(), "a string"),
        Some("integer") => (numbers::is_whole(value), "an integer"),
        Some("number") => (numbers::double(value).is_some(), "a number"),
        Some("boolean") => {
            let word = text.is_some_and(|text| coerce::boolean(text).is_some());
            (value.is_boolean() || word, "a boolean")
        }
        Some("object") => (value.is_object(), "an object"),
        Some("array") => (value.is_array() || text.is_some_and(holds_list), "an array"),
        _ => (true, ""),
    };
    if fits {
        return Ok(());
    }
    Err(mismatch(key, &format!("must be {noun}")))
}

fn holds_list(text: &str) -> bool {
    serde_json::from_str::<Vec<serde::de::IgnoredAny>>(text).is_ok()
}

fn length(key: Option<&str>, value: &Value, schema: &Value) -> Result<(), Mismatch> {
    let Some(text) = value.as_str() else {
        return Ok(());
    };
    let count = text.chars().count() as u64;
    let bound = |keyword: &str| schema.get(keyword).and_then(numbers::cut_to_integer);
    let shorter = bound("minLength").filter(|least| i128::from(count) < *least);
    let longer = bound("maxLength").filter(|most| i128::from(count) > *most);
    let (word, limit) = match (shorter, longer) {
        (Some(least), _) => ("least", least),
        (None, Some(most)) => ("most", most),
        (None, None) => return Ok(()),
    };
    let rest = format!("must contain at {word} {limit} characters (got {count}).");
    Err(mismatch(key, &rest))
}

/// Searched for anywhere in the string; a pattern that does not compile is ignored.
fn pattern(key: Option<&str>, value: &Value, schema: &Value) -> Result<(), Mismatch> {
    let pattern = schema.get("pattern").and_then(Value::as_str);
    let (Some(text), Some(pattern)) = (value.as_str(), pattern) else {
        return Ok(());
    };
    let matches = Regex::new(pattern).map_or(Ok(true), |regex| regex.is_match(text));
    if matches.unwrap_or(true) {
        return Ok(());
    }
    let rest = format!("does not match required pattern `{pattern}`.");
    Err(mismatch(key, &rest))
}

/// Bounds of numbers, and of strings that read as numbers, whatever the type.
fn range(key: Option<&str>, value: &Value, schema: &Value) -> Result<(), Mismatch> {
    let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
    let Some(number) = numbers::double(value) else {
        return Ok(());
    };
    let low = bound("minimum").filter(|least| number < *least);
    let high = bound("maximum").filter(|most| number > *most);
    let (sign, limit) = match (low, high) {
        (Some(least), _) => (">=", least),
        (None, Some(most)) => ("<=", most),
        (None, None) => return Ok(()),
    };
    let (limit, number) = (numbers::described(limit), numbers::described(number));
    Err(mismatch(
        key,
        &format!("must be {sign} {limit} (got {number})."),
    ))
}

fn elements(key: Option<&str>, value: &Value, schema: &Value) -> Result<(), Mismatch> {
    let of = schema.get("items").filter(|items| items.is_object());
    let (Some(items), Some(of)) = (value.as_array(), of) else {
        return Ok(());
    };
    for (at, item) in items.iter().enumerate() {
        let key = format!("{}[{at}]", key.unwrap_or_default());
        check_value(Some(&key), item, of)?;
        match item {
            Value::Object(fields) if of.get("properties").is_some() => object(fields, of)?,
            _ => {}
        }
    }
    Ok(())
}

fn listed(key: Option<&str>, value: &Value, schema: &Value) -> Result<(), Mismatch> {
    let Some(entries) = allowed(schema) else {
        return Ok(());
    };
    if entries.iter().any(|entry| equals(entry, value)) {
        return Ok(());
    }
    let entries: Vec<String> = entries.iter().map(shown).collect();
    let rest = format!("must be one of: [{}]", entries.join(", "));
    Err(mismatch(key, &rest))
}

/// Strings in any case, numbers by value; lists and objects equal nothing.
fn equals(entry: &Value, value: &Value) -> bool {
    match (entry, value) {
        (Value::String(entry), Value::String(text)) => same_ignoring_case(entry, text),
        (Value::Number(entry), Value::Number(number)) => entry.as_f64() == number.as_f64(),
        (Value::Bool(entry), Value::Bool(flag)) => entry == flag,
        (Value::Null, Value::Null) => true,
        _ => false,
    }
}

/// An entry of `enum` as the message lists it.
fn shown(entry: &Value) -> String {
    match entry {
        Value::Number(number) => numbers::described(number.as_f64().unwrap_or_default()),
        Value::Null => "<null>".to_string(),
        other => other.to_string(),
    }
}
