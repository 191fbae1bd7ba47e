//! Tool envelopes: how the host makes them, recognises them, and what it makes of any other text a plugin returns.

use serde_json::{Map, Value, json};

/// Characters of a result that are passed on whole.
const MAX_CHARS: usize = 100_000;
/// Characters that detection looks at.
const DETECT_CHARS: usize = 2_048;

/// A failure envelope with the default `retryable` of its kind.
pub(crate) fn failure(kind: &str, message: &str, tool: &str) -> String {
    failure_with(kind, message, tool, Map::new())
}

fn failure_with(kind: &str, message: &str, tool: &str, extra: Map<String, Value>) -> String {
    let retryable = matches!(
        kind,
        "invalid_args" | "timeout" | "execution_error" | "unavailable"
    );
    let mut rest = extra;
    rest.insert("kind".into(), kind.into());
    rest.insert("message".into(), message.into());
    rest.insert("retryable".into(), retryable.into());
    rest.insert("tool".into(), tool.into());
    write(false, rest)
}

/// A success envelope.
pub(crate) fn success(result: Value, tool: &str, warnings: Option<Value>) -> String {
    let mut rest = Map::new();
    rest.insert("result".into(), result);
    rest.insert("tool".into(), tool.into());
    if let Some(warnings) = warnings {
        rest.insert("warnings".into(), warnings);
    }
    write(true, rest)
}

/// `ok` first, then sorted keys.
fn write(ok: bool, rest: Map<String, Value>) -> String {
    let mut envelope = Map::new();
    envelope.insert("ok".into(), ok.into());
    if let Value::Object(rest) = crate::json::sorted(&Value::Object(rest)) {
        envelope.extend(rest);
    }
    Value::Object(envelope).to_string()
}

/// What a text looks like to the host.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) enum Looks {
    Success,
    Failure,
    Plain,
}

/// Recognises envelopes by the first characters, by substring only.
pub(crate) fn detect(text: &str) -> Looks {
    let head: String = text.trim_start().chars().take(DETECT_CHARS).collect();
    let has = |any: &[&str]| any.iter().any(|part| head.contains(part));
    if head.starts_with("[REJECTED]") || head.starts_with("[TIMEOUT]") {
        return Looks::Failure;
    }
    if !head.starts_with('{') {
        return Looks::Plain;
    }
    let legacy = head.contains("\"error\":") && head.contains("\"retryable\":");
    if legacy || has(&["\"ok\":false", "\"ok\": false"]) {
        Looks::Failure
    } else if has(&["\"ok\":true", "\"ok\": true"]) {
        Looks::Success
    } else {
        Looks::Plain
    }
}

/// The envelope that the rest of the host gets for what `invoke` returned.
pub(crate) fn normalise(raw: &str, tool: &str) -> String {
    let characters = raw.chars().count();
    let looks = detect(raw);
    match looks {
        _ if characters > MAX_CHARS => truncated(raw, characters, looks, tool),
        Looks::Plain => success(json!({"text": raw}), tool, None),
        _ => raw.to_string(),
    }
}

fn truncated(raw: &str, characters: usize, looks: Looks, tool: &str) -> String {
    let head = MAX_CHARS * 2 / 3;
    let tail = MAX_CHARS - head;
    let start: String = raw.chars().take(head).collect();
    let end: String = raw.chars().skip(characters - tail).collect();
    let content = format!(
        "{start}\n… [{} characters left out] …\n{end}",
        characters - MAX_CHARS
    );
    let mut facts = Map::new();
    facts.insert("truncated".into(), true.into());
    facts.insert("original_chars".into(), characters.into());
    facts.insert("content".into(), content.into());
    if looks == Looks::Failure {
        return failure_with(
            "execution_error",
            "The tool failed with an output too long to pass on.",
            tool,
            facts,
        );
    }
    facts.insert("kind".into(), "truncated_output".into());
    let warning = format!("Output was cut from {characters} to {MAX_CHARS} characters.");
    success(Value::Object(facts), tool, Some(json!([warning])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelopes_pass_and_everything_else_becomes_a_success() {
        let envelope = r#"{"ok": false, "kind": "not_found"}"#;
        assert_eq!(normalise(envelope, "t"), envelope);
        assert_eq!(
            normalise(r#"{"error":"x"}"#, "t"),
            r#"{"ok":true,"result":{"text":"{\"error\":\"x\"}"},"tool":"t"}"#
        );
        assert_eq!(detect(r#"{"error":"x","retryable":true}"#), Looks::Failure);
        assert_eq!(detect("[TIMEOUT] late"), Looks::Failure);
    }

    #[test]
    fn long_output_is_cut_in_the_middle() {
        let long = format!("a{}z", "x".repeat(100_000));
        let value: Value = serde_json::from_str(&normalise(&long, "t")).unwrap();
        assert_eq!(value["ok"], true);
        assert_eq!(value["result"]["original_chars"], 100_002);
        let content = value["result"]["content"].as_str().unwrap();
        assert!(content.starts_with('a') && content.ends_with('z'));
        let failed = format!("{{\"ok\":false,\"message\":\"{long}\"}}");
        assert!(normalise(&failed, "t").starts_with(r#"{"ok":false,"content":"#));
    }

    #[test]
    fn failures_have_ok_first_then_sorted_keys() {
        assert_eq!(
            failure("timeout", "late", "t"),
            r#"{"ok":false,"kind":"timeout","message":"late","retryable":true,"tool":"t"}"#
        );
    }
}
