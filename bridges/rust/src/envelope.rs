//! The JSON that a plugin answers: tool envelopes and route responses. Pure text; used by `export`
//! and by plugins.

use crate::error::HostError;
use serde_json::{Value, json};

/// Why a tool failed, in the host's words.
///
/// ```
/// use osaurus_plugin::envelope::Kind;
/// assert_eq!(Kind::NotFound.as_str(), "not_found");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A bad or missing argument; worth a retry with better ones.
    InvalidArgs,
    /// Policy.
    Rejected,
    /// The user said no.
    UserDenied,
    /// Over its time.
    Timeout,
    /// It ran and failed.
    ExecutionError,
    /// What was referred to does not exist.
    NotFound,
    /// Cannot run now.
    Unavailable,
    /// No such tool.
    ToolNotFound,
}

impl Kind {
    /// The word in the envelope.
    ///
    /// ```
    /// use osaurus_plugin::envelope::Kind;
    /// assert_eq!(Kind::Timeout.as_str(), "timeout");
    /// ```
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::InvalidArgs => "invalid_args",
            Kind::Rejected => "rejected",
            Kind::UserDenied => "user_denied",
            Kind::Timeout => "timeout",
            Kind::ExecutionError => "execution_error",
            Kind::NotFound => "not_found",
            Kind::Unavailable => "unavailable",
            Kind::ToolNotFound => "tool_not_found",
        }
    }

    /// Whether the host's default for this kind is to try again.
    ///
    /// ```
    /// use osaurus_plugin::envelope::Kind;
    /// assert!(Kind::Timeout.retryable());
    /// assert!(!Kind::NotFound.retryable());
    /// ```
    pub const fn retryable(self) -> bool {
        matches!(
            self,
            Kind::InvalidArgs | Kind::Timeout | Kind::ExecutionError | Kind::Unavailable
        )
    }
}

/// A success envelope around `result`.
///
/// ```
/// use osaurus_plugin::envelope;
/// use serde_json::json;
/// let answer = envelope::success(json!({"notes": 3}));
/// assert_eq!(answer, r#"{"ok":true,"result":{"notes":3}}"#);
/// ```
pub fn success(result: Value) -> String {
    json!({ "ok": true, "result": result }).to_string()
}

/// A failure envelope with the kind's default for `retryable`.
///
/// ```
/// use osaurus_plugin::envelope::{self, Kind};
/// let answer = envelope::failure(Kind::NotFound, "there is no note 7");
/// assert!(answer.contains(r#""kind":"not_found""#));
/// ```
pub fn failure(kind: Kind, message: &str) -> String {
    json!({
        "ok": false,
        "kind": kind.as_str(),
        "message": message,
        "retryable": kind.retryable(),
    })
    .to_string()
}

/// A failure envelope for a host call that did not work: `unavailable`, which no second try
/// changes, where the host lacks the function.
///
/// ```
/// use osaurus_plugin::{Frame, envelope};
///
/// fn models(frame: &Frame) -> String {
///     match frame.host().list_models() {
///         Ok(models) => envelope::success(models.len().into()),
///         Err(error) => envelope::host_failure(&error),
///     }
/// }
/// ```
pub fn host_failure(error: &HostError) -> String {
    let lacks = error.is_missing();
    let kind = if lacks {
        Kind::Unavailable
    } else {
        Kind::ExecutionError
    };
    json!({
        "ok": false,
        "kind": kind.as_str(),
        "message": error.to_string(),
        "retryable": !lacks,
    })
    .to_string()
}

/// An `invalid_args` envelope that names the argument and what it should be.
///
/// ```
/// use osaurus_plugin::envelope;
/// let answer = envelope::invalid_args("title", "a string", "`title` is missing");
/// assert!(answer.contains(r#""field":"title""#));
/// ```
pub fn invalid_args(field: &str, expected: &str, message: &str) -> String {
    json!({
        "ok": false,
        "kind": Kind::InvalidArgs.as_str(),
        "message": message,
        "retryable": true,
        "field": field,
        "expected": expected,
    })
    .to_string()
}

/// A route response whose body is a string.
///
/// ```
/// use osaurus_plugin::envelope;
/// let answer = envelope::response(200, "text/plain", "pong");
/// assert!(answer.contains(r#""status":200"#));
/// ```
pub fn response(status: u16, content_type: &str, body: &str) -> String {
    json!({
        "status": status,
        "headers": { "content-type": content_type },
        "body": body,
    })
    .to_string()
}

/// A route response that is a JSON error.
///
/// ```
/// use osaurus_plugin::envelope;
/// let answer = envelope::response_error(404, "there is no such page");
/// assert!(answer.contains(r#""status":404"#));
/// ```
pub fn response_error(status: u16, message: &str) -> String {
    let body = json!({ "error": { "message": message } }).to_string();
    response(status, "application/json; charset=utf-8", &body)
}
