//! The JSON that a plugin answers: tool envelopes and route responses. Pure text; used by `export` and by plugins.

use crate::error::HostError;
use serde_json::{Value, json};

/// Why a tool failed, in the host's words.
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
    pub const fn retryable(self) -> bool {
        matches!(
            self,
            Kind::InvalidArgs | Kind::Timeout | Kind::ExecutionError | Kind::Unavailable
        )
    }
}

/// A success envelope around `result`.
pub fn success(result: Value) -> String {
    json!({ "ok": true, "result": result }).to_string()
}

/// A failure envelope with the kind's default for `retryable`.
pub fn failure(kind: Kind, message: &str) -> String {
    json!({
        "ok": false,
        "kind": kind.as_str(),
        "message": message,
        "retryable": kind.retryable(),
    })
    .to_string()
}

/// A failure envelope for a host call that did not work: `unavailable`, which no second try changes, where the host lacks
/// the function.
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

/// A route response with a text body.
pub fn response(status: u16, content_type: &str, body: &str) -> String {
    json!({
        "status": status,
        "headers": { "content-type": content_type },
        "body": body,
    })
    .to_string()
}

/// A route response that is a JSON error.
pub fn response_error(status: u16, message: &str) -> String {
    let body = json!({ "error": { "message": message } }).to_string();
    response(status, "application/json; charset=utf-8", &body)
}
