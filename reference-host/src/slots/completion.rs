//! complete: a conversation that answers once, and the shapes of its answer and errors. The stream
//! shares what both have.

use super::inference::admitted;
use super::{HostCall, Reply};
use crate::chat::conversation::{Conversation, Observer, Outcome};
use crate::chat::ending::Ending;
use crate::chat::model::Delta;
use crate::chat::request;
use crate::common::ids::fresh_uuid;
use crate::common::json;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Reads a chat request, then looks at its agent.
pub(super) fn conversation(
    call: &HostCall,
    request: &Map<String, Value>,
) -> Result<Conversation, Value> {
    let model_optional = call.documented();
    note_undocumented(call, request);
    let decoded = request::decode(request, model_optional)?;
    call.audit_agent(request);
    if call.agent.is_none() {
        call.warn_no_agent();
    }
    Ok(Conversation::of_request(
        call.host(),
        &call.context,
        call.agent,
        decoded,
    ))
}

/// What documents say otherwise, or do not say.
fn note_undocumented(call: &HostCall, request: &Map<String, Value>) {
    if !request.get("model").is_some_and(Value::is_string) {
        call.met(7, "model must be a string");
    }
    if request.contains_key("max_iterations") || request.get("tools") == Some(&Value::Bool(true)) {
        call.met(
            11,
            "max_iterations and tools: true are in no document, and count",
        );
    }
}

/// The same for the answer.
pub(super) fn note_ending(call: &HostCall, answer: &Value) {
    let reason = answer.pointer("/choices/0/finish_reason");
    let reason = reason.and_then(Value::as_str).unwrap_or("stop");
    if !KNOWN_REASONS.contains(&reason) {
        call.met(10, "a finish_reason that is in no document");
    }
    let has_part = answer.get("partial_content").is_some();
    if answer["error"] == "max_iterations_reached" && !has_part {
        call.met(8, "the error has no partial_content");
    }
}

pub(super) fn complete(call: &HostCall, request: &str) -> Reply {
    Reply::Json(run(call, request).unwrap_or_else(|error| error))
}

fn run(call: &HostCall, request: &str) -> Result<Value, Value> {
    let (_place, request) = admitted(call, "complete", request)?;
    let conversation = conversation(call, &request)?;
    let documented = call.documented();
    let expired = Arc::new(AtomicBool::new(false));
    let expiring = Arc::clone(&expired);
    let work = move || {
        let model = conversation.request.model.clone();
        answer(
            &model,
            &conversation.run(&mut Silent { expired }),
            documented,
        )
    };
    let answer = call.bridged_until(work, || expiring.store(true, Ordering::SeqCst));
    note_ending(call, &answer);
    Ok(answer)
}

/// No listener; the rounds end when the plugin's call has run out of time.
struct Silent {
    expired: Arc<AtomicBool>,
}

impl Observer for Silent {
    fn cancelled(&self) -> bool {
        self.expired.load(Ordering::SeqCst)
    }
    fn streams(&self) -> bool {
        false
    }
    fn delta(&mut self, _delta: Delta) {}
}

fn answer(model: &str, outcome: &Outcome, documented: bool) -> Value {
    let failed = |code: &str, message: &str| json::error_with(code, message, ran(outcome));
    match &outcome.ending {
        Ending::Answered { finish_reason } => match unusable(outcome, finish_reason) {
            Some(error) => error,
            None => answered(
                model,
                outcome,
                &documented_reason(finish_reason, documented),
            ),
        },
        Ending::Completed { summary } => completed(model, outcome, summary),
        Ending::MaxIterations => {
            let mut error = failed("max_iterations_reached", EXHAUSTED);
            if documented {
                error["partial_content"] = outcome.content.clone().unwrap_or_default().into();
            }
            error
        }
        Ending::Clarify(question) => {
            let mut error = failed("clarify_requested", "The model asked for clarification.");
            error["question"] = question.question.clone().into();
            error
        }
        Ending::ContextOverflow(message) => failed("context_overflow", message),
        Ending::Failed(message) => json::error("inference_error", message.clone()),
        Ending::Cancelled => json::error("cancelled", "The completion was cancelled."),
    }
}

pub(super) const EXHAUSTED: &str = "The model still wanted tools after max_iterations rounds.";

/// An end that leaves the plugin nothing to use: the limit of tokens, or silence after tools.
fn unusable(outcome: &Outcome, finish_reason: &str) -> Option<Value> {
    if !outcome.is_silent() {
        return None;
    }
    if finish_reason == "length" {
        let message = "The limit of tokens was reached before there was an answer.";
        return Some(json::error_with(
            "output_token_limit",
            message,
            ran(outcome),
        ));
    }
    let message = "The model ran tools and then said nothing.";
    let silent = || json::error_with("empty_tool_task_completion", message, ran(outcome));
    (!outcome.executed.is_empty()).then(silent)
}

/// The reasons that documents know.
const KNOWN_REASONS: [&str; 5] = [
    "stop",
    "length",
    "tool_calls",
    "cancelled",
    "max_iterations",
];

/// In the documents' host any other reason is told as `stop`.
pub(super) fn documented_reason(reason: &str, documented: bool) -> String {
    if documented && !KNOWN_REASONS.contains(&reason) {
        return "stop".into();
    }
    reason.into()
}

fn answered(model: &str, outcome: &Outcome, reason: &str) -> Value {
    let usage = json!({
        "prompt_tokens": outcome.prompt_tokens,
        "completion_tokens": outcome.completion_tokens,
        "total_tokens": outcome.prompt_tokens + outcome.completion_tokens,
    });
    let mut message = json!({"role": "assistant"});
    if let Some(content) = &outcome.content {
        message["content"] = content.clone().into();
    }
    let mut answer = response(
        model,
        outcome,
        &format!("chatcmpl-{}", hex12()),
        message,
        reason,
    );
    answer["usage"] = usage;
    if let Some(fingerprint) = &outcome.fingerprint {
        answer["system_fingerprint"] = fingerprint.clone().into();
    }
    answer
}

/// The tool `complete` ended the run: an answer made of its summary.
fn completed(model: &str, outcome: &Outcome, summary: &str) -> Value {
    let message = json!({"role": "assistant", "content": summary});
    let mut answer = response(
        model,
        outcome,
        &format!("cmpl-{}", hex12()),
        message,
        "stop",
    );
    answer["usage"] = json!({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0});
    answer
}

fn response(model: &str, outcome: &Outcome, id: &str, message: Value, reason: &str) -> Value {
    let mut answer = json!({
        "id": id,
        "object": "chat.completion",
        "created": crate::host::activity::now_ms() / 1000,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
    });
    add_ran(&mut answer, outcome);
    answer
}

/// Tools that were run and files that were shared, for an answer: only if there are some.
pub(super) fn add_ran(answer: &mut Value, outcome: &Outcome) {
    if !outcome.executed.is_empty() {
        answer["tool_calls_executed"] = outcome.executed.clone().into();
    }
    if !outcome.artifacts.is_empty() {
        answer["shared_artifacts"] = outcome.artifacts.clone().into();
    }
}

/// The same for an error: always there.
pub(super) fn ran(outcome: &Outcome) -> Map<String, Value> {
    let mut extra = Map::new();
    let executed = outcome.executed.clone();
    extra.insert("tool_calls_executed".into(), executed.into());
    let shared = outcome.artifacts.clone();
    extra.insert("shared_artifacts".into(), shared.into());
    extra
}

/// 12 upper-case hexadecimal digits.
pub(super) fn hex12() -> String {
    fresh_uuid()
        .chars()
        .filter(char::is_ascii_hexdigit)
        .take(12)
        .collect()
}
