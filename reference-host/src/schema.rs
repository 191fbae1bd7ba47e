//! Tool arguments against a tool's schema, as leniently as Osaurus: what models usually get wrong is put right first
//! (numbers and booleans as text, JSON inside of text, a `properties` wrapper, blank optional texts). Only the
//! keywords below are known; others are ignored. The tool path calls it; it knows nothing of plugins.

use fancy_regex::Regex;
use serde_json::{Map, Value};

/// What is wrong with the arguments, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// The place, as `list[2].name`; empty for the arguments as a whole.
    pub(crate) field: String,
    pub(crate) expected: String,
    found: String,
}

impl Mismatch {
    fn new(field: &str, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Mismatch {
            field: field.to_string(),
            expected: expected.into(),
            found: found.into(),
        }
    }

    pub(crate) fn message(&self) -> String {
        let place = match self.field.as_str() {
            "" => "The arguments".to_string(),
            field => format!("Argument '{field}'"),
        };
        format!("{place}: expected {}, found {}.", self.expected, self.found)
    }
}

type Checked = Result<Value, Mismatch>;

/// The arguments as the tool gets them, or what is wrong with them.
pub(crate) fn accept(arguments: &Value, schema: &Value) -> Checked {
    check(unwrapped(arguments, schema), schema, "")
}

/// Models copy the schema's shape: `{"properties": {…}}` means what is inside.
fn unwrapped<'a>(arguments: &'a Value, schema: &Value) -> &'a Value {
    let inner = arguments
        .as_object()
        .filter(|fields| fields.len() == 1)
        .and_then(|fields| fields.get("properties"))
        .filter(|inner| inner.is_object());
    let declared = schema.pointer("/properties/properties").is_some();
    inner.filter(|_| !declared).unwrap_or(arguments)
}

fn check(value: &Value, schema: &Value, field: &str) -> Checked {
    let Some(schema) = schema.as_object() else {
        return Ok(value.clone());
    };
    let value = typed(value, schema, field)?;
    let value = listed(value, schema, field)?;
    let value = alternatives(value, schema, field)?;
    within_bounds(&value, schema, field)?;
    matching(&value, schema, field)?;
    match value {
        Value::Object(fields) => object(fields, schema, field),
        Value::Array(items) => array(items, schema, field),
        plain => Ok(plain),
    }
}

/// The value in the first of the declared types that it has or can be read as.
fn typed(value: &Value, schema: &Map<String, Value>, field: &str) -> Checked {
    let types = types(schema);
    if types.is_empty() || types.iter().any(|name| is(value, name)) {
        return Ok(value.clone());
    }
    let coerced = types.iter().find_map(|name| coerced(value, name));
    coerced.ok_or_else(|| Mismatch::new(field, types.join(" or "), shown(value)))
}

fn types(schema: &Map<String, Value>) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => true,
    }
}

fn coerced(value: &Value, name: &str) -> Option<Value> {
    let text = value.as_str().map(str::trim);
    match name {
        "integer" => whole(value).or_else(|| whole(&number(text?)?)),
        "number" => number(text?),
        "boolean" => boolean(text?),
        "array" | "object" => {
            let inner: Value = serde_json::from_str(text?).ok()?;
            is(&inner, name).then_some(inner)
        }
        _ => None,
    }
}

fn number(text: &str) -> Option<Value> {
    let integer = text.parse::<i64>().ok().map(Value::from);
    integer.or_else(|| {
        let real: f64 = text.parse().ok()?;
        serde_json::Number::from_f64(real).map(Value::Number)
    })
}

/// `3.0` is an integer.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn whole(value: &Value) -> Option<Value> {
    if value.is_i64() {
        return Some(value.clone());
    }
    let real = value.as_f64()?;
    let fits = real.fract() == 0.0 && (i64::MIN as f64..i64::MAX as f64).contains(&real);
    fits.then(|| Value::from(real as i64))
}

fn boolean(text: &str) -> Option<Value> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true.into()),
        "false" => Some(false.into()),
        _ => None,
    }
}

/// `enum`: the value itself, or the text that differs in case only.
fn listed(value: Value, schema: &Map<String, Value>, field: &str) -> Checked {
    let Some(allowed) = schema.get("enum").and_then(Value::as_array) else {
        return Ok(value);
    };
    if allowed.contains(&value) {
        return Ok(value);
    }
    let folded = |other: &&Value| match (other.as_str(), value.as_str()) {
        (Some(other), Some(text)) => other.to_lowercase() == text.to_lowercase(),
        _ => false,
    };
    allowed.iter().find(folded).cloned().ok_or_else(|| {
        let names: Vec<String> = allowed.iter().map(Value::to_string).collect();
        Mismatch::new(field, format!("one of {}", names.join(", ")), shown(&value))
    })
}

/// `oneOf` and `anyOf`: the first that accepts the value decides what becomes of it.
fn alternatives(value: Value, schema: &Map<String, Value>, field: &str) -> Checked {
    ["oneOf", "anyOf"].iter().try_fold(value, |value, keyword| {
        let Some(several) = schema.get(*keyword).and_then(Value::as_array) else {
            return Ok(value);
        };
        let first = several
            .iter()
            .find_map(|one| check(&value, one, field).ok());
        first.ok_or_else(|| {
            let expected = format!("one of the {} alternatives in {keyword}", several.len());
            Mismatch::new(field, expected, shown(&value))
        })
    })
}

fn within_bounds(value: &Value, schema: &Map<String, Value>, field: &str) -> Result<(), Mismatch> {
    let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
    let Some(number) = value.as_f64() else {
        return Ok(());
    };
    let low = bound("minimum").filter(|least| number < *least);
    let high = bound("maximum").filter(|most| number > *most);
    match (low, high) {
        (Some(least), _) => Err(Mismatch::new(
            field,
            format!("at least {least}"),
            shown(value),
        )),
        (_, Some(most)) => Err(Mismatch::new(
            field,
            format!("at most {most}"),
            shown(value),
        )),
        _ => Ok(()),
    }
}

/// `pattern` is searched for anywhere in the text; one that is no regular expression is ignored.
fn matching(value: &Value, schema: &Map<String, Value>, field: &str) -> Result<(), Mismatch> {
    let (Some(text), Some(pattern)) = (
        value.as_str(),
        schema.get("pattern").and_then(Value::as_str),
    ) else {
        return Ok(());
    };
    let found = Regex::new(pattern).map_or(Ok(true), |regex| regex.is_match(text));
    if found.unwrap_or(true) {
        return Ok(());
    }
    let expected = format!("text that matches {pattern}");
    Err(Mismatch::new(field, expected, shown(value)))
}

fn object(fields: Map<String, Value>, schema: &Map<String, Value>, field: &str) -> Checked {
    let none = Map::new();
    let declared = schema
        .get("properties")
        .and_then(Value::as_object)
        .unwrap_or(&none);
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    let mut accepted = Map::new();
    for (name, value) in fields {
        let place = inside(field, &name);
        match declared.get(&name) {
            Some(_) if is_blank(&value) && !required.contains(&name.as_str()) => {}
            Some(schema) => drop(accepted.insert(name, check(&value, schema, &place)?)),
            None if closed => {
                let names: Vec<&str> = declared.keys().map(String::as_str).collect();
                let expected = format!("only {}", names.join(", "));
                return Err(Mismatch::new(&place, expected, "an unknown argument"));
            }
            None => drop(accepted.insert(name, value)),
        }
    }
    match required.iter().find(|name| !accepted.contains_key(**name)) {
        Some(name) => Err(Mismatch::new(&inside(field, name), "a value", "nothing")),
        None => Ok(Value::Object(accepted)),
    }
}

fn is_blank(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim().is_empty())
}

fn array(items: Vec<Value>, schema: &Map<String, Value>, field: &str) -> Checked {
    let Some(of) = schema.get("items") else {
        return Ok(Value::Array(items));
    };
    let checked = items
        .iter()
        .enumerate()
        .map(|(at, item)| check(item, of, &format!("{field}[{at}]")));
    checked.collect::<Result<Vec<Value>, _>>().map(Value::Array)
}

fn inside(field: &str, name: &str) -> String {
    match field {
        "" => name.to_string(),
        outer => format!("{outer}.{name}"),
    }
}

/// A value for a message: short whatever it is.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
