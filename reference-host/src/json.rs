//! JSON as the host writes it (sorted keys, `/` unescaped), the flat error envelope, and C strings in and out.

use serde_json::{Map, Value, json};
use std::ffi::{CStr, c_char};

/// Canonical JSON: keys sorted at every level.
pub(crate) fn canonical(value: &Value) -> String {
    sorted(value).to_string()
}

/// The same value with the keys of every object in order.
pub(crate) fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(b.0));
            Value::Object(
                entries
                    .into_iter()
                    .map(|(k, v)| (k.clone(), sorted(v)))
                    .collect(),
            )
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// `{"error": code, "message": text}`.
pub(crate) fn error(code: &str, message: impl Into<String>) -> Value {
    json!({"error": code, "message": message.into()})
}

/// The error envelope with further fields.
pub(crate) fn error_with(
    code: &str,
    message: impl Into<String>,
    extra: Map<String, Value>,
) -> Value {
    let mut value = error(code, message);
    if let Value::Object(map) = &mut value {
        map.extend(extra);
    }
    value
}

/// A JSON object, or None for anything else.
pub(crate) fn object(text: &str) -> Option<Map<String, Value>> {
    match serde_json::from_str(text) {
        Ok(Value::Object(map)) => Some(map),
        _ => None,
    }
}

/// Decodes a C string with replacement of invalid bytes; NULL is None.
///
/// # Safety
/// A non-null `pointer` must be a NUL-terminated string that stays readable during the call.
pub(crate) unsafe fn text(pointer: *const c_char) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: non-null, and NUL-terminated by this function's contract.
    let bytes = unsafe { CStr::from_ptr(pointer) }.to_bytes();
    Some(String::from_utf8_lossy(bytes).into_owned())
}

/// A malloc'ed copy that the plugin owns (freed by the host's `free_string` or libc `free`). It ends at the first
/// NUL, as Osaurus' strings do. NULL when memory is out.
pub(crate) fn give(text: &str) -> *const c_char {
    let bytes = text.as_bytes();
    let length = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    // SAFETY: plain allocation; the result is checked before use.
    let memory = unsafe { libc::malloc(length + 1) }.cast::<u8>();
    if memory.is_null() {
        return std::ptr::null();
    }
    // SAFETY: `memory` holds length + 1 bytes and `bytes` at least length; they cannot overlap.
    unsafe {
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), memory, length);
        memory.add(length).write(0);
    }
    memory.cast()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_sorts_every_level_and_leaves_slashes() {
        let value = json!({"b": 1, "a": {"z": "x/y", "c": [{"k": 1, "a": 2}]}});
        assert_eq!(
            canonical(&value),
            r#"{"a":{"c":[{"a":2,"k":1}],"z":"x/y"},"b":1}"#
        );
    }
}
