//! JSON as the host writes it (sorted keys, `/` unescaped), the flat error envelope, and C strings
//! in and out.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::ffi::{CStr, CString, c_char};

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

/// Values that one text may hold. A value takes up to forty times the bytes of its text.
const MAX_VALUES: usize = 2_000_000;

/// Reads what a plugin, a model or a client said: bounded in how many values it makes, as strings
/// are in their length.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    if has_more_values(text.as_bytes(), MAX_VALUES) {
        let why = format!("more than {MAX_VALUES} values");
        return Err(serde::de::Error::custom(why));
    }
    serde_json::from_str(text)
}

/// Whether there are more values than `most`, each of which has a comma, a colon or a bracket of
/// its own.
fn has_more_values(text: &[u8], most: usize) -> bool {
    if text.len() <= most {
        return false;
    }
    let (mut values, mut in_text, mut is_escaped) = (0, false, false);
    for byte in text {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_text,
            b'"' => in_text = !in_text,
            b',' | b':' | b'[' | b'{' if !in_text => values += 1,
            _ => {}
        }
    }
    values > most
}

/// A JSON object, or None for anything else.
pub(crate) fn object(text: &str) -> Option<Map<String, Value>> {
    match parse(text) {
        Ok(Value::Object(map)) => Some(map),
        _ => None,
    }
}

/// How deep JSON may be nested for the parser of this host.
pub(crate) const MAX_DEPTH: usize = 127;

/// How deep lists and objects of a JSON text are nested.
pub(crate) fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_text, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
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

/// A malloc'ed copy that the plugin owns (freed by the host's `free_string` or libc `free`). It
/// ends at the first NUL, as Osaurus' strings do. NULL when memory is out.
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

/// A C string, cut at a NUL, as Osaurus' strings are on their way to a plugin.
pub(crate) fn c_text(text: &str) -> CString {
    let end = text.find('\0').unwrap_or(text.len());
    CString::new(&text[..end]).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_counts_brackets_outside_of_strings_and_the_parser_agrees_with_the_limit() {
        assert_eq!(depth(r#"{"a":["]}\"[[[", [1, {}]]}"#), 4);
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        for (levels, reads) in [(MAX_DEPTH, true), (MAX_DEPTH + 1, false)] {
            let text = nested(levels);
            assert_eq!(depth(&text), levels);
            assert_eq!(serde_json::from_str::<Value>(&text).is_ok(), reads);
        }
    }

    #[test]
    fn values_of_a_json_string_are_bounded_and_long_strings_in_it_are_not() {
        let many = format!("[{}0]", "0,".repeat(2_500_000));
        let error = parse::<Value>(&many).unwrap_err().to_string();
        assert_eq!(error, "more than 2000000 values");
        let long = format!("{{\"a\":\"{}\\\\\",\"b\":1}}", ",[\\\"".repeat(1_000_000));
        assert_eq!(parse::<Value>(&long).unwrap()["b"], 1);
    }

    #[test]
    fn canonical_sorts_every_level_and_leaves_slashes() {
        let value = json!({"b": 1, "a": {"z": "x/y", "c": [{"k": 1, "a": 2}]}});
        assert_eq!(
            canonical(&value),
            r#"{"a":{"c":[{"a":2,"k":1}],"z":"x/y"},"b":1}"#
        );
    }
}
