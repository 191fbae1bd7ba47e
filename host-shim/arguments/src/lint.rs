//! What no validator minds and every author would: names in `required` that no property has, and
//! keywords that differ from a known one by a letter. Used by `build` after the schema has been
//! compiled.
use crate::schema::{SchemaFault, escaped};
use serde_json::{Map, Value};

/// Keywords whose spelling is checked.
const KNOWN: &[&str] = &[
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "contains",
    "default",
    "dependentRequired",
    "dependentSchemas",
    "description",
    "enum",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "nullable",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "propertyNames",
    "required",
    "title",
    "type",
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
];

/// Slips in a schema that compiles. Each says what to do.
pub fn lint(parameters: &Value) -> Vec<SchemaFault> {
    let mut faults = Vec::new();
    visit(parameters, "", &mut faults);
    faults
}

fn visit(schema: &Value, place: &str, faults: &mut Vec<SchemaFault>) {
    let Value::Object(map) = schema else { return };
    faults.extend(unknown_required(map, place));
    faults.extend(misspelt(map, place));
    for (key, value) in map {
        let inside = format!("{place}/{}", escaped(key));
        match (key.as_str(), value) {
            (
                "properties" | "patternProperties" | "$defs" | "dependentSchemas",
                Value::Object(all),
            ) => {
                for (name, one) in all {
                    visit(one, &format!("{inside}/{}", escaped(name)), faults);
                }
            }
            ("allOf" | "anyOf" | "oneOf" | "prefixItems", Value::Array(all)) => {
                for (index, one) in all.iter().enumerate() {
                    visit(one, &format!("{inside}/{index}"), faults);
                }
            }
            ("items" | "additionalProperties" | "not" | "if" | "then" | "else", one) => {
                visit(one, &inside, faults);
            }
            _ => {}
        }
    }
}

fn unknown_required(map: &Map<String, Value>, place: &str) -> Vec<SchemaFault> {
    let (Some(Value::Object(properties)), Some(Value::Array(required))) =
        (map.get("properties"), map.get("required"))
    else {
        return Vec::new();
    };
    if map.contains_key("patternProperties") {
        return Vec::new();
    }
    required
        .iter()
        .filter_map(Value::as_str)
        .filter(|name| !properties.contains_key(*name))
        .map(|name| SchemaFault {
            place: format!("{place}/required"),
            reason: format!(
                "`{name}` is required and not in `properties`{}",
                meant(name, properties.keys().map(String::as_str))
            ),
        })
        .collect()
}

fn misspelt(map: &Map<String, Value>, place: &str) -> Vec<SchemaFault> {
    map.keys()
        .filter(|key| !KNOWN.contains(&key.as_str()))
        .filter_map(|key| {
            let keyword = KNOWN.iter().find(|known| is_close(key, known))?;
            Some(SchemaFault {
                place: format!("{place}/{}", escaped(key)),
                reason: format!(
                    "`{key}` is not a keyword of JSON Schema; did you mean `{keyword}`?"
                ),
            })
        })
        .collect()
}

fn meant<'a>(name: &str, mut known: impl Iterator<Item = &'a str>) -> String {
    known
        .find(|one| is_close(name, one))
        .map(|one| format!("; did you mean `{one}`?"))
        .unwrap_or_default()
}

/// Equal but for case, or for one letter missing, added, changed or swapped with its neighbour.
fn is_close(one: &str, other: &str) -> bool {
    if one.eq_ignore_ascii_case(other) {
        return true;
    }
    let (a, b): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let start = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[start..], &b[start..]);
    let end = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
    let short = one.len().min(other.len()) < 4;
    match (a, b) {
        _ if short => false,
        ([], [_]) | ([_], []) | ([_], [_]) => true,
        ([x, y], [z, w]) => x == w && y == z,
        _ => false,
    }
}
