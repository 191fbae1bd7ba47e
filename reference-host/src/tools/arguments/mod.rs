//! Tool arguments on their way to a plugin, as Osaurus treats them: frequent mistakes of models are
//! repaired first, then the result is checked against the tool's schema. `tool_call` and the model
//! loop of a plugin's own completions call it; it knows nothing of plugins. The rules are those of
//! Osaurus of August 2026, or of June, not of JSON Schema.

mod coerce;
mod fields;
mod numbers;
mod opened;
mod rules;

pub(crate) use opened::opened;
pub(crate) use rules::Rules;

use serde_json::Value;

/// The `_error` of arguments that the engine found invalid before the tool call.
pub(crate) const INVALID_MARKER: &str = "invalid_tool_arguments";

/// What is wrong with the arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// The property at fault, as `list[2]` for an element; none for the arguments as a whole.
    pub(crate) field: Option<String>,
    /// The sentence for the model.
    pub(crate) message: String,
}

impl Mismatch {
    fn at(field: Option<&str>, message: impl Into<String>) -> Mismatch {
        Mismatch {
            field: field.map(str::to_string),
            message: message.into(),
        }
    }
}

/// The JSON text that the tool gets for these arguments.
///
/// A string that holds no JSON object or list passes unchecked. Arguments that needed no repair
/// keep every byte; repaired ones are written anew with sorted keys and `\/` for `/`.
pub(crate) fn prepare(text: &str, schema: &Value, rules: Rules) -> Result<String, Mismatch> {
    let arguments: Value = match crate::common::json::parse(text) {
        Ok(value @ (Value::Object(_) | Value::Array(_))) => value,
        _ => return Ok(text.to_string()),
    };
    let schema = rules.schema(schema);
    let coerced = coerce::value(&arguments, &schema, rules);
    fields::check(&coerced, &schema)?;
    let (before, after) = (written(&arguments), written(&coerced));
    Ok(if before == after {
        text.to_string()
    } else {
        after
    })
}

/// As Osaurus writes repaired arguments: sorted keys, whole numbers without a fraction, slashes
/// escaped.
fn written(value: &Value) -> String {
    crate::common::json::canonical(&numbers::whole_as_integers(value)).replace('/', "\\/")
}

/// Whether a schema lets null through. `"type": "null"`, `const` and a null branch of `anyOf` do
/// not.
fn permits_null(schema: &Value) -> bool {
    let lists_null = |keyword: &str, null: &Value| {
        let list = schema.get(keyword).and_then(Value::as_array);
        list.is_some_and(|entries| entries.contains(null))
    };
    schema.get("nullable") == Some(&Value::Bool(true))
        || lists_null("type", &Value::from("null"))
        || lists_null("enum", &Value::Null)
}

/// The type of a schema that names exactly one.
fn single_type(schema: &Value) -> Option<&str> {
    schema.get("type").and_then(Value::as_str)
}

/// The list of alternatives that Osaurus reads: `oneOf`, else `anyOf`.
fn branches(schema: &Value) -> Option<&Vec<Value>> {
    let list = |keyword: &str| schema.get(keyword).and_then(Value::as_array);
    list("oneOf").or_else(|| list("anyOf"))
}

/// The allowed values, if there is a list of them.
fn allowed(schema: &Value) -> Option<&Vec<Value>> {
    schema.get("enum").and_then(Value::as_array)
}

/// Equal but for upper and lower case.
fn same_ignoring_case(one: &str, other: &str) -> bool {
    one == other || one.to_lowercase() == other.to_lowercase()
}

#[cfg(test)]
mod tests;
