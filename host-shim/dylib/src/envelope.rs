//! What the host gets when a script answered nothing: tool envelopes and route responses.
//! Used by `plugin`; knows the envelope's shape and nothing of runtimes beyond [`EngineFailure`].
use crate::engine::EngineFailure;
use osaurus_arguments::{Refusal, shorten};
use serde_json::{Value, json};

/// Longest message in an envelope; the host cuts results at 100,000 characters and a model needs
/// less.
const MAX_MESSAGE: usize = 8_000;

/// Values of `data.code`: why no handler ran, or why it did not end. Programs read them,
/// `osaurus-bridge check` first.
mod code {
    pub const NOT_STARTED: &str = "not_started";
    pub const NOT_LOADED: &str = "not_loaded";
    pub const CRASHED: &str = "crashed";
}

/// A failed tool call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// `invalid_args`, `not_found`, `timeout`, `execution_error` or `unavailable`.
    pub kind: &'static str,
    /// A sentence for the model and the user.
    pub message: String,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// The argument that is wrong.
    pub field: Option<String>,
    /// What the argument should have been.
    pub expected: Option<String>,
    /// Which failure of the engine it was, for programs.
    pub code: Option<&'static str>,
}

impl Failure {
    /// A failure without an argument to blame.
    pub fn new(kind: &'static str, message: impl Into<String>, retryable: bool) -> Self {
        Self {
            kind,
            message: message.into(),
            retryable,
            field: None,
            expected: None,
            code: None,
        }
    }

    fn with_code(self, code: &'static str) -> Self {
        Self {
            code: Some(code),
            ..self
        }
    }

    /// A bad argument.
    pub fn invalid(field: &str, expected: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: (!field.is_empty()).then(|| field.to_owned()),
            expected: Some(expected.into()),
            ..Self::new("invalid_args", message, true)
        }
    }

    /// The envelope for a tool call.
    pub fn envelope(&self, tool: &str) -> String {
        let mut out = json!({
            "ok": false,
            "kind": self.kind,
            "message": shorten(&self.message, MAX_MESSAGE),
            "retryable": self.retryable,
        });
        for (key, value) in [("field", &self.field), ("expected", &self.expected)] {
            if let Some(text) = value {
                out[key] = Value::from(text.as_str());
            }
        }
        out["tool"] = Value::from(tool);
        if let Some(code) = self.code {
            out["data"] = json!({ "code": code });
        }
        out.to_string()
    }

    /// The response for a route.
    pub fn response(&self) -> String {
        let status = match self.kind {
            "invalid_args" => 400,
            "not_found" => 404,
            "unavailable" => 503,
            "timeout" => 504,
            _ => 500,
        };
        let message = shorten(&self.message, MAX_MESSAGE);
        let mut error = json!({"kind": self.kind, "message": message});
        if let Some(code) = self.code {
            error["code"] = Value::from(code);
        }
        let body = json!({ "error": error });
        json!({
            "status": status,
            "headers": {"content-type": "application/json; charset=utf-8"},
            "body": body.to_string(),
        })
        .to_string()
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::invalid(&refusal.field, refusal.expected, refusal.message)
    }
}

impl From<&EngineFailure> for Failure {
    fn from(failure: &EngineFailure) -> Self {
        match failure {
            EngineFailure::Timeout { after } => Self::new(
                "timeout",
                format!(
                    "the handler gave no result within {:.1} s and was stopped",
                    after.as_secs_f64()
                ),
                true,
            ),
            EngineFailure::Crashed { text, loading } => {
                let code = if *loading {
                    code::NOT_LOADED
                } else {
                    code::CRASHED
                };
                Self::new("execution_error", text.clone(), true).with_code(code)
            }
            EngineFailure::Unavailable { looked_for, fix } => {
                Self::new("unavailable", unavailable(looked_for, fix), true)
                    .with_code(code::NOT_STARTED)
            }
            // Without an edit of the script the next call fails in the same way.
            EngineFailure::Script { text } => {
                Self::new("execution_error", text.clone(), false).with_code(code::NOT_LOADED)
            }
        }
    }
}

fn unavailable(looked_for: &[String], fix: &str) -> String {
    if looked_for.is_empty() {
        return format!("the plugin cannot run now. {fix}");
    }
    format!(
        "the plugin cannot run now. Tried: {}. {fix}",
        looked_for.join("; ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn an_envelope_begins_with_ok_and_names_the_argument() {
        let text =
            Failure::invalid("limit", "an integer", "`limit` must be an integer").envelope("find");
        assert_eq!(
            text,
            r#"{"ok":false,"kind":"invalid_args","message":"`limit` must be an integer","retryable":true,"field":"limit","expected":"an integer","tool":"find"}"#
        );
    }

    #[test]
    fn a_missing_runtime_says_what_was_tried_and_what_to_install() {
        let failure = EngineFailure::Unavailable {
            looked_for: vec!["/usr/bin/python3: not there".into()],
            fix: "Install Python 3.12.".into(),
        };
        let text = Failure::from(&failure).response();
        let response: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(response["status"], 503);
        let body: Value = serde_json::from_str(response["body"].as_str().unwrap()).unwrap();
        assert_eq!(
            body["error"]["message"],
            "the plugin cannot run now. Tried: /usr/bin/python3: not there. Install Python 3.12."
        );
    }

    #[test]
    fn programs_can_tell_a_script_that_does_not_load_from_one_that_fails() {
        let code = |failure: EngineFailure| {
            let envelope = Failure::from(&failure).envelope("slow");
            let envelope: Value = serde_json::from_str(&envelope).unwrap();
            envelope["data"]["code"].as_str().map(str::to_owned)
        };
        let text = String::from("main.py:1: no module named 'requests'");
        let script = EngineFailure::Script { text: text.clone() };
        assert_eq!(code(script).as_deref(), Some("not_loaded"));
        for (loading, expected) in [(true, "not_loaded"), (false, "crashed")] {
            let text = text.clone();
            let crash = EngineFailure::Crashed { text, loading };
            assert_eq!(code(crash).as_deref(), Some(expected));
        }
        let late = EngineFailure::Timeout {
            after: Duration::from_secs(1),
        };
        assert_eq!(code(late), None);
    }

    #[test]
    fn a_timeout_is_504_for_a_route_and_retryable_for_a_tool() {
        let failure = Failure::from(&EngineFailure::Timeout {
            after: Duration::from_millis(1500),
        });
        assert!(failure.response().contains(r#""status":504"#));
        let envelope = failure.envelope("slow");
        assert!(envelope.contains("within 1.5 s"), "{envelope}");
        assert!(envelope.contains(r#""retryable":true"#), "{envelope}");
    }
}
