//! complete_stream and complete_cancel: a conversation whose pieces go to the plugin's callback, on
//! a host thread that carries no scope.

use super::chunks::ChunkSink;
use super::completion::{self, EXHAUSTED, add_ran, documented_reason, hex12, ran};
use super::inference::admitted;
use super::{HostCall, Reply};
use crate::chat::conversation::{Conversation, Observer, Outcome};
use crate::chat::ending::Ending;
use crate::chat::model::{ChatAnswer, Delta, ModelToolCall};
use crate::common::json;
use crate::plugin::context::PluginContext;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

pub(super) fn stream(call: &HostCall, request: &str, sink: ChunkSink) -> Reply {
    Reply::Json(run(call, request, sink).unwrap_or_else(|error| error))
}

fn run(call: &HostCall, request: &str, sink: ChunkSink) -> Result<Value, Value> {
    let (_place, request) = admitted(call, "complete_stream", request)?;
    let conversation = completion::conversation(call, &request)?;
    if sink.is_null() {
        let message = "complete_stream was called without on_chunk: the chunks are dropped";
        call.context
            .warn_once("complete_stream|null_chunk", call.agent, message);
    }
    let stream_id = request.get("stream_id").and_then(Value::as_str);
    let stream_id = stream_id.map(str::trim).filter(|id| !id.is_empty());
    let expired = Arc::new(AtomicBool::new(false));
    let (expiring, closing) = (Arc::clone(&expired), sink.clone());
    let stream = Stream::new(&call.context, stream_id.map(str::to_string), sink, expired);
    let answer = call.bridged_until(
        move || stream.run(conversation),
        || expiring.store(true, Ordering::SeqCst),
    );
    closing.close();
    completion::note_ending(call, &answer);
    Ok(answer)
}

pub(super) fn complete_cancel(call: &HostCall, stream_id: &str) -> Reply {
    let id = stream_id.trim();
    if !id.is_empty() {
        call.context.cancel_stream(id);
    }
    Reply::Void(204)
}

/// One streamed conversation.
struct Stream {
    context: Arc<PluginContext>,
    stream_id: Option<String>,
    sink: ChunkSink,
    /// Set when the plugin's call has run out of time: this stream has no listener any more.
    expired: Arc<AtomicBool>,
    documented: bool,
    id: String,
    started: Instant,
    usage: Option<Value>,
}

impl Stream {
    /// A stream that starts forgets an older request to cancel its id.
    fn new(
        context: &Arc<PluginContext>,
        stream_id: Option<String>,
        sink: ChunkSink,
        expired: Arc<AtomicBool>,
    ) -> Self {
        stream_id.as_ref().inspect(|id| context.stream_begins(id));
        Self {
            context: Arc::clone(context),
            stream_id,
            sink,
            expired,
            documented: context.services.settings.profile.documented(),
            id: format!("cmpl-{}", hex12()),
            started: Instant::now(),
            usage: None,
        }
    }

    fn run(mut self, conversation: Conversation) -> Value {
        let model = conversation.request.model.clone();
        let outcome = conversation.run(&mut self);
        self.answer(&model, &outcome)
    }

    fn answer(&self, model: &str, outcome: &Outcome) -> Value {
        let content = outcome.content.clone().unwrap_or_default();
        let (reason, content) = match &outcome.ending {
            Ending::Failed(message) => return json::error("inference_error", message.clone()),
            Ending::Cancelled => return self.cancelled(model, outcome, &content),
            Ending::MaxIterations => return self.exhausted(model, outcome, &content),
            Ending::ContextOverflow(message) => return self.overflown(message, outcome),
            Ending::Clarify(_) => ("clarify", content),
            Ending::Completed { summary } => ("stop", summary.clone()),
            Ending::Answered { finish_reason } => (ended(outcome, finish_reason), content),
        };
        let reason = self.finish(reason);
        let message = json!({"role": "assistant", "content": content});
        let choices = json!([{"index": 0, "message": message, "finish_reason": reason}]);
        let mut answer = json!({"id": self.id, "model": model, "choices": choices});
        if let Some(usage) = &self.usage {
            answer["usage"] = usage.clone();
        }
        add_ran(&mut answer, outcome);
        answer
    }

    fn cancelled(&self, model: &str, outcome: &Outcome, content: &str) -> Value {
        self.finish("cancelled");
        let mut extra = self.facts(model, outcome, content);
        let stream_id = self.stream_id.clone().unwrap_or_default();
        extra.insert("stream_id".into(), stream_id.into());
        let usage = self.usage.clone().unwrap_or_else(|| json!({}));
        extra.insert("usage".into(), usage);
        json::error_with("cancelled", "The stream was cancelled.", extra)
    }

    fn exhausted(&self, model: &str, outcome: &Outcome, content: &str) -> Value {
        self.finish("max_iterations");
        let facts = self.facts(model, outcome, content);
        json::error_with("max_iterations_reached", EXHAUSTED, facts)
    }

    fn overflown(&self, message: &str, outcome: &Outcome) -> Value {
        self.finish("context_overflow");
        json::error_with("context_overflow", message, ran(outcome))
    }

    fn facts(&self, model: &str, outcome: &Outcome, content: &str) -> Map<String, Value> {
        let mut extra = ran(outcome);
        extra.insert("id".into(), self.id.clone().into());
        extra.insert("model".into(), model.into());
        extra.insert("partial_content".into(), content.into());
        extra
    }

    /// Sends the last chunk and returns its reason as it was told.
    fn finish(&self, reason: &str) -> String {
        let reason = documented_reason(reason, self.documented);
        self.chunk(json!({}), Some(&reason));
        reason
    }

    fn chunk(&self, delta: Value, finish_reason: Option<&str>) {
        let mut choice = json!({"delta": delta, "index": 0});
        if let Some(reason) = finish_reason {
            choice["finish_reason"] = reason.into();
        }
        self.sink.send(&json!({"choices": [choice], "id": self.id}));
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Some(id) = &self.stream_id {
            self.context.stream_ends(id);
        }
    }
}

/// Silence after tools has a reason of its own.
fn ended<'a>(outcome: &Outcome, finish_reason: &'a str) -> &'a str {
    let ran_tools = !outcome.executed.is_empty();
    if ran_tools && outcome.is_silent() && finish_reason != "length" {
        "empty_response"
    } else {
        finish_reason
    }
}

impl Observer for Stream {
    fn cancelled(&self) -> bool {
        let is_cancelled = |id: &String| self.context.stream_is_cancelled(id);
        self.expired.load(Ordering::SeqCst) || self.stream_id.as_ref().is_some_and(is_cancelled)
    }

    fn streams(&self) -> bool {
        true
    }

    fn delta(&mut self, delta: Delta) {
        let delta = match delta {
            Delta::Content(text) => json!({"content": text}),
            Delta::Reasoning(text) if self.documented => json!({"reasoning": text}),
            Delta::Reasoning(text) => json!({"reasoning_content": text}),
        };
        self.chunk(delta, None);
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a speed is shown with one decimal"
    )]
    fn round(&mut self, answer: &ChatAnswer) {
        let seconds = self.started.elapsed().as_secs_f64().max(1e-6);
        let speed = (answer.completion_tokens as f64 / seconds * 10.0).round() / 10.0;
        let usage = json!({
            "completion_tokens": answer.completion_tokens,
            "tokens_per_second": speed,
            "unclosed_reasoning": answer.unclosed_reasoning,
        });
        self.chunk(json!({"usage": usage}), None);
        self.usage = Some(usage);
    }

    fn tool_calls(&mut self, calls: &[ModelToolCall]) {
        let calls: Vec<Value> = calls
            .iter()
            .map(|call| {
                json!({"id": call.id, "function": {"name": call.name,
                "arguments": shown_arguments(call)}})
            })
            .collect();
        self.chunk(json!({"tool_calls": calls}), Some("tool_calls"));
    }

    fn tool_result(&mut self, call: &ModelToolCall, envelope: &str) {
        let delta = json!({"role": "tool", "tool_call_id": call.id, "content": envelope});
        self.chunk(delta, None);
    }
}

/// The tool of Osaurus that stores a secret, whose value no stream shows.
const SECRET_TOOL: &str = "sandbox_secret_set";

/// The arguments of a call as a stream shows them.
fn shown_arguments(call: &ModelToolCall) -> String {
    if call.name != SECRET_TOOL {
        return call.arguments.clone();
    }
    let mut arguments = json::object(&call.arguments).unwrap_or_default();
    let hides = arguments.is_empty() || arguments.get("value").is_some_and(|value| value != "");
    if hides {
        arguments.insert("value".into(), "[REDACTED]".into());
    }
    json::canonical(&Value::Object(arguments))
}
