//! From the host's answer text to a JSON value or an error. Called by every typed call. Accepts
//! what hosts really send: errors without a message, nested errors, raw control characters in
//! strings.

use crate::error::HostError;
use osaurus_abi::HostSlot;
use serde_json::Value;

/// Parses an answer; an error envelope becomes [`HostError::Host`].
pub(super) fn parse(slot: HostSlot, text: &str) -> Result<Value, HostError> {
    let value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            serde_json::from_str(&escape_controls(text)).map_err(|_| HostError::BadAnswer {
                slot,
                expected: "JSON".to_owned(),
                found: format!("{} ({error})", excerpt(text)),
            })?
        }
    };
    refusal(slot, value)
}

/// The value, unless it is an error envelope: `{"error": code, "message"}`, `{"error": {"code",
/// "message"}}` (the helper process) or `{"error": text}` (the database).
fn refusal(slot: HostSlot, value: Value) -> Result<Value, HostError> {
    let (code, message) = match value.get("error") {
        None | Some(Value::Null) => return Ok(value),
        Some(Value::Object(inner)) => (text_of(inner.get("code")), text_of(inner.get("message"))),
        Some(error) => (text_of(Some(error)), text_of(value.get("message"))),
    };
    if message.is_empty() && matches!(slot, HostSlot::DbExec | HostSlot::DbQuery) {
        return Err(HostError::host(slot, "db_error", &code, value));
    }
    let code = if code.is_empty() { "unknown" } else { &code };
    Err(HostError::host(slot, code, &message, value))
}

fn text_of(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// Hosts write database text with raw control characters and reals as `inf` or `nan`, which JSON
/// forbids. Escapes the former, makes the latter null.
fn escape_controls(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let (mut in_string, mut escaped) = (false, false);
    let mut word = String::new();
    for c in text.chars() {
        if !in_string && (c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.')) {
            word.push(c);
            continue;
        }
        flush_word(&mut word, &mut out);
        if in_string && (c as u32) < 0x20 {
            out.push_str(&format!("\\u{:04x}", c as u32));
            escaped = false;
            continue;
        }
        if c == '"' && !escaped {
            in_string = !in_string;
        }
        escaped = in_string && c == '\\' && !escaped;
        out.push(c);
    }
    flush_word(&mut word, &mut out);
    out
}

fn flush_word(word: &mut String, out: &mut String) {
    let bare = word.trim_start_matches(['-', '+']);
    if bare.eq_ignore_ascii_case("inf") || bare.eq_ignore_ascii_case("nan") {
        out.push_str("null");
    } else {
        out.push_str(word);
    }
    word.clear();
}

/// The beginning of an answer, for messages.
pub(super) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(80) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}…", &text[..end]),
    }
}

/// A complaint about an answer's shape.
pub(super) fn bad(slot: HostSlot, expected: &str, found: &Value) -> HostError {
    HostError::BadAnswer {
        slot,
        expected: expected.to_owned(),
        found: excerpt(&found.to_string()),
    }
}

/// A required string member.
pub(super) fn string(slot: HostSlot, value: &Value, key: &str) -> Result<String, HostError> {
    let member = value.get(key).and_then(Value::as_str);
    member
        .map(str::to_owned)
        .ok_or_else(|| bad(slot, &format!("an object with the string `{key}`"), value))
}

/// An optional string member.
pub(super) fn optional(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// A required array member.
pub(super) fn array<'a>(
    slot: HostSlot,
    value: &'a Value,
    key: &str,
) -> Result<&'a Vec<Value>, HostError> {
    let member = value.get(key).and_then(Value::as_array);
    member.ok_or_else(|| bad(slot, &format!("an object with the array `{key}`"), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_shapes_of_an_error_are_told_apart() {
        let code = |slot, text| match parse(slot, text) {
            Err(HostError::Host(envelope)) => (envelope.code, envelope.message),
            other => panic!("{other:?}"),
        };
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            code(
                HostSlot::Dispatch,
                r#"{"error":"task_limit_reached","message":"5 run"}"#
            ),
            pair("task_limit_reached", "5 run")
        );
        assert_eq!(
            code(HostSlot::DbExec, r#"{"error":"no such table: notes"}"#),
            pair("db_error", "no such table: notes")
        );
        assert_eq!(
            code(
                HostSlot::Embed,
                r#"{"error":{"code":"not_supported_out_of_process","message":"no"}}"#
            ),
            pair("not_supported_out_of_process", "no")
        );
        assert!(parse(HostSlot::DbQuery, r#"{"rows":[],"error":null}"#).is_ok());
    }

    #[test]
    fn raw_control_characters_and_infinities_of_the_database_are_repaired() {
        let text = "{\"columns\":[\"a\"],\"rows\":[[\"x\u{1}y \\\" inf\"],[inf],[-nan],[-1.5e+20],[true]]}";
        let value = parse(HostSlot::DbQuery, text).unwrap();
        assert_eq!(
            value["rows"],
            serde_json::json!([["x\u{1}y \" inf"], [null], [null], [-1.5e20], [true]])
        );
    }

    #[test]
    fn an_answer_that_is_not_json_is_shown() {
        let error = parse(HostSlot::Embed, "<html>busy</html>").unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("`embed`")
                && text.contains("expected JSON")
                && text.contains("<html>busy"),
            "{text}"
        );
    }
}
