//! Tool envelopes: how the host makes them, recognises them, and what it makes of any other text a plugin returns.

use serde_json::{Map, Value, json};

/// Characters of a result that are passed on whole.
const MAX_CHARS: usize = 100_000;
/// Characters that detection looks at.
const DETECT_CHARS: usize = 2_048;

/// A failure envelope with the default `retryable` of its kind.
pub(crate) fn failure(kind: &str, message: &str, tool: &str) -> String {
    Failure::new(kind, message).write(tool)
}

/// A failure that is about to become an envelope.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: String,
    message: String,
    retryable: bool,
    extra: Vec<(String, Value)>,
}

impl Failure {
    /// With the `retryable` that its kind usually has.
    pub(crate) fn new(kind: &str, message: impl Into<String>) -> Failure {
        let retryable = matches!(
            kind,
            "invalid_args" | "timeout" | "execution_error" | "unavailable"
        );
        Failure {
            kind: kind.to_string(),
            message: message.into(),
            retryable,
            extra: Vec::new(),
        }
    }

    /// Trying again does not help.
    pub(crate) fn final_one(mut self) -> Failure {
        self.retryable = false;
        self
    }

    pub(crate) fn with(mut self, key: &str, value: impl Into<Value>) -> Failure {
        self.extra.push((key.into(), value.into()));
        self
    }

    pub(crate) fn write(self, tool: &str) -> String {
        let mut rest: Map<String, Value> = self.extra.into_iter().collect();
        rest.insert("kind".into(), self.kind.into());
        rest.insert("message".into(), self.message.into());
        rest.insert("retryable".into(), self.retryable.into());
        rest.insert("tool".into(), tool.into());
        write(false, rest)
    }
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
    if looks == Looks::Failure {
        let message = "The tool failed with an output too long to pass on.";
        return Failure::new("execution_error", message)
            .with("truncated", true)
            .with("original_chars", characters)
            .with("content", content)
            .write(tool);
    }
    let facts = json!({
        "kind": "truncated_output",
        "truncated": true,
        "original_chars": characters,
        "content": content,
    });
    let warning = format!("Output was cut from {characters} to {MAX_CHARS} characters.");
    success(facts, tool, Some(json!([warning])))
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
        assert_eq!(detect("[REJECTED] no"), Looks::Failure);
        assert_eq!(detect(" \n{\"ok\": true}"), Looks::Success);
        assert_eq!(detect("prose about \"ok\":false"), Looks::Plain);
    }

    #[test]
    fn only_the_first_2048_characters_decide() {
        let padded = |before: usize| format!("  {{\"p\":\"{}\",\"ok\":true}}", "ä".repeat(before));
        // `{"p":"` and `","ok":true` are 6 and 11 characters.
        assert_eq!(detect(&padded(2048 - 17)), Looks::Success);
        assert_eq!(detect(&padded(2048 - 16)), Looks::Plain);
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
