//! Tool envelopes: how the host makes them, recognises them, and what it makes of any other text a
//! plugin returns.

use crate::tools::compaction::compact;
use serde_json::{Map, Value, json};
use unicode_segmentation::UnicodeSegmentation;

/// Characters (grapheme clusters) of a result that are passed on whole.
const MAX_CHARS: usize = 100_000;
/// Of a longer one, how many of the first and of the last are kept.
const HEAD_CHARS: usize = 66_666;
const TAIL_CHARS: usize = 33_334;
/// What a model is told when a result was cut.
const CUT_HINT: &str = "Output exceeded the per-call cap and was truncated (head and tail kept). \
                        Re-run with narrower \
    arguments — filters, `max_results`, line ranges, or head/tail options — to retrieve the \
    missing region.";
/// Characters that detection kind at.
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

    /// Whether trying again may help, where the kind does not say.
    pub(crate) fn retryable(mut self, retryable: bool) -> Failure {
        self.retryable = retryable;
        self
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
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
    if let Value::Object(rest) = crate::common::json::sorted(&Value::Object(rest)) {
        envelope.extend(rest);
    }
    Value::Object(envelope).to_string()
}

/// What a result looks like to the host.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) enum ResultKind {
    Success,
    Failure,
    Plain,
}

/// Recognises envelopes by the first characters, by substring only.
pub(crate) fn detect(text: &str) -> ResultKind {
    let head: String = text.trim_start().chars().take(DETECT_CHARS).collect();
    let has = |any: &[&str]| any.iter().any(|part| head.contains(part));
    if head.starts_with("[REJECTED]") || head.starts_with("[TIMEOUT]") {
        return ResultKind::Failure;
    }
    if !head.starts_with('{') {
        return ResultKind::Plain;
    }
    let legacy = head.contains("\"error\":") && head.contains("\"retryable\":");
    if legacy || has(&["\"ok\":false", "\"ok\": false"]) {
        ResultKind::Failure
    } else if has(&["\"ok\":true", "\"ok\": true"]) {
        ResultKind::Success
    } else {
        ResultKind::Plain
    }
}

/// The envelope that the rest of the host gets for what `invoke` returned: white space is taken
/// out, envelopes are recognised, what is too long is cut, and any other text becomes a success.
pub(crate) fn normalise(raw: &str, tool: &str) -> String {
    as_it_is(&compact(raw), tool)
}

/// The same without taking white space out, which came on 2026-06-21.
pub(crate) fn as_it_is(text: &str, tool: &str) -> String {
    let kind = detect(text);
    match cut(text) {
        Some(cut) => truncated(cut, kind, tool),
        None if kind == ResultKind::Plain => success(json!({"text": text}), tool, None),
        None => text.to_string(),
    }
}

/// What is left of a result that is too long.
struct Cut {
    content: String,
    original_chars: usize,
}

fn cut(text: &str) -> Option<Cut> {
    // A cluster has at least one byte, and counting clusters is slow.
    if text.len() <= MAX_CHARS {
        return None;
    }
    let starts: Vec<usize> = text.grapheme_indices(true).map(|(at, _)| at).collect();
    let original_chars = starts.len();
    if original_chars <= MAX_CHARS {
        return None;
    }
    let head = &text[..starts[HEAD_CHARS]];
    let tail = &text[starts[original_chars - TAIL_CHARS]..];
    let omitted = original_chars - MAX_CHARS;
    let content =
        format!("{head}\n... [TRUNCATED: {omitted} of {original_chars} chars omitted] ...\n{tail}");
    Some(Cut {
        content,
        original_chars,
    })
}

fn truncated(cut: Cut, kind: ResultKind, tool: &str) -> String {
    if kind == ResultKind::Failure {
        let message = format!(
            "Tool '{tool}' failed and its error output exceeded the per-call cap. {CUT_HINT}"
        );
        return Failure::new("execution_error", message)
            .with("truncated", true)
            .with("original_chars", cut.original_chars)
            .with("content", cut.content)
            .write(tool);
    }
    let facts = json!({
        "kind": "truncated_output",
        "truncated": true,
        "original_chars": cut.original_chars,
        "content": cut.content,
    });
    success(facts, tool, Some(json!([CUT_HINT])))
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
        assert_eq!(
            detect(r#"{"error":"x","retryable":true}"#),
            ResultKind::Failure
        );
        assert_eq!(detect("[TIMEOUT] late"), ResultKind::Failure);
        assert_eq!(detect("[REJECTED] no"), ResultKind::Failure);
        assert_eq!(detect(" \n{\"ok\": true}"), ResultKind::Success);
        assert_eq!(detect("prose about \"ok\":false"), ResultKind::Plain);
        let nested = r#"{"ok":true,"result":{"ok":false}}"#;
        assert_eq!(detect(nested), ResultKind::Failure, "wherever it is");
    }

    #[test]
    fn only_the_first_2048_characters_decide() {
        let padded = |before: usize| format!("  {{\"p\":\"{}\",\"ok\":true}}", "ä".repeat(before));
        // `{"p":"` and `","ok":true` are 6 and 11 characters.
        assert_eq!(detect(&padded(2048 - 17)), ResultKind::Success);
        assert_eq!(detect(&padded(2048 - 16)), ResultKind::Plain);
    }

    #[test]
    fn long_output_is_cut_in_the_middle() {
        let long = format!("a{}z", "e\u{301}".repeat(100_000));
        let value: Value = serde_json::from_str(&normalise(&long, "t")).unwrap();
        assert_eq!(value["ok"], true);
        assert_eq!(value["result"]["original_chars"], 100_002);
        assert_eq!(value["warnings"], json!([CUT_HINT]));
        let content = value["result"]["content"].as_str().unwrap();
        assert!(content.starts_with("ae\u{301}") && content.ends_with("\u{301}z"));
        assert!(content.contains("\n... [TRUNCATED: 2 of 100002 chars omitted] ...\n"));
        assert_eq!(
            content.split_once('\n').unwrap().0.graphemes(true).count(),
            66_666
        );
        let exactly = "é".repeat(100_000);
        assert!(
            normalise(&exactly, "t").contains(&exactly),
            "as many as allowed stay"
        );
    }

    #[test]
    fn a_long_failure_stays_a_failure() {
        let failed = format!("{{\"ok\":false,\"message\":\"{}\"}}", "x".repeat(100_001));
        let value: Value = serde_json::from_str(&normalise(&failed, "t")).unwrap();
        let message = value["message"].as_str().unwrap();
        assert!(
            message.starts_with(
                "Tool 't' failed and its error output exceeded the per-call cap. Output"
            )
        );
        assert_eq!(
            (&value["truncated"], &value["retryable"]),
            (&json!(true), &json!(true))
        );
    }

    #[test]
    fn a_pretty_envelope_is_recognised_once_it_is_long_enough_to_be_compacted() {
        let envelope = |padding: usize| {
            format!(
                "{{\n  \"ok\" : true,\n  \"result\" : \"{}\"\n}}",
                "x".repeat(padding)
            )
        };
        assert!(normalise(&envelope(300), "t").starts_with(r#"{"ok":true,"result":"x"#));
        assert!(normalise(&envelope(3), "t").starts_with(r#"{"ok":true,"result":{"text":"#));
    }

    #[test]
    fn failures_have_ok_first_then_sorted_keys() {
        assert_eq!(
            failure("timeout", "late", "t"),
            r#"{"ok":false,"kind":"timeout","message":"late","retryable":true,"tool":"t"}"#
        );
    }
}
