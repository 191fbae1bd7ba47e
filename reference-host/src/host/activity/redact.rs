//! What records do not keep. Every record of a call goes through here.

use crate::common::json;
use serde_json::Value;

/// What a record has instead of a secret's value.
pub(crate) const REDACTED: &str = "(redacted)";

/// A JSON text as records keep it: the value at `place` (a JSON pointer) is hidden. Of an object
/// the keys stay.
pub(crate) fn without(place: &str, text: &str) -> String {
    let name = place.rsplit('/').next().unwrap_or_default();
    let may_have_it = text.contains(name);
    let Some(mut value) = may_have_it
        .then(|| json::object(text))
        .flatten()
        .map(Value::Object)
    else {
        return text.to_string();
    };
    match value.pointer_mut(place) {
        None => return text.to_string(),
        Some(Value::Object(fields)) => fields.values_mut().for_each(|v| *v = REDACTED.into()),
        Some(other) => *other = REDACTED.into(),
    }
    value.to_string()
}
