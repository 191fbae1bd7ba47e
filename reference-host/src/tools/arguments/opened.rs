//! What a model's arguments go through in a plugin's own completion before the tool call itself:
//! JSON inside of strings is opened at every depth, and the result is judged by the schema of the
//! request. Called by the chat loop.

use super::{Mismatch, Rules, coerce, fields};
use serde_json::{Value, json};

/// How often a string inside of a string is opened.
const MAX_LAYERS: usize = 64;

/// The arguments text that goes on to the tool: canonical JSON, or the marker that ends the call as
/// `invalid_args`.
pub(crate) fn opened(tool: &str, text: &str, schema: Option<&Value>, rules: Rules) -> String {
    let Some(parsed) = parsed(text) else {
        return text.to_string();
    };
    let mut arguments = open(parsed, MAX_LAYERS);
    let checked = schema.map_or(Ok(()), |schema| {
        let schema = rules.schema(schema);
        arguments = coerce::value(&arguments, &schema, rules);
        fields::check(&arguments, &schema)
    });
    match checked {
        Ok(()) => crate::common::json::canonical(&arguments),
        Err(mismatch) => marker(tool, mismatch).to_string(),
    }
}

/// The text as JSON; escaped quotes are tried as plain ones.
fn parsed(text: &str) -> Option<Value> {
    let plain = || crate::common::json::parse(&text.replace("\\\"", "\"")).ok();
    crate::common::json::parse(text).ok().or_else(plain)
}

fn open(value: Value, layers: usize) -> Value {
    match value {
        Value::String(text) => match crate::common::json::parse(&text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) if layers > 0 => {
                open(inner, layers - 1)
            }
            _ => Value::String(text),
        },
        Value::Array(items) => items.into_iter().map(|item| open(item, layers)).collect(),
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, value)| (name, open(value, layers)))
                .collect(),
        ),
        other => other,
    }
}

/// What stands for arguments that the request's schema refuses.
fn marker(tool: &str, mismatch: Mismatch) -> Value {
    let mut marker = json!({
        "_error": super::INVALID_MARKER,
        "_expected": "schema-compliant arguments",
        "_message": mismatch.message,
        "_tool": tool,
    });
    if let Some(field) = mismatch.field {
        marker["_field"] = field.into();
    }
    marker
}
