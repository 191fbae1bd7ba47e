//! complete, complete_stream, complete_cancel, embed, list_models: at most two of the first, second and fourth per
//! plugin at a time, on worker threads that carry no scope.

use super::chunks::ChunkSink;
use super::{HostCall, Reply};
use crate::chat::{Conversation, Ending, Observer, Outcome};
use crate::context::{InferencePlace, MAX_INFLIGHT, PluginContext};
use crate::ids::fresh_uuid;
use crate::json;
use crate::model::{ChatAnswer, Delta, ModelToolCall, estimate_tokens};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// A place, then the request, then the agent.
fn admitted(
    call: &HostCall,
    kind: &str,
    request: &str,
) -> Result<(InferencePlace, Map<String, Value>), Value> {
    let place = call.context.claim_inference().ok_or_else(|| {
        let message = format!(
            "Plugin already has {MAX_INFLIGHT} concurrent {kind} calls in flight. Wait for one to finish and try again."
        );
        let mut extra = Map::new();
        extra.insert("max_inflight".into(), MAX_INFLIGHT.into());
        json::error_with("plugin_busy", message, extra)
    })?;
    let failed = match kind {
        "embed" => "Failed to parse embedding request",
        _ => "Failed to parse chat completion request",
    };
    let request = json::object(request).ok_or_else(|| json::error("invalid_request", failed))?;
    call.audit_agent(&request);
    if call.agent.is_none() {
        call.warn_no_agent();
    }
    Ok((place, request))
}

pub(super) fn complete(call: &HostCall, request: &str) -> Reply {
    Reply::Json(run_complete(call, request).unwrap_or_else(|error| error))
}

fn run_complete(call: &HostCall, request: &str) -> Result<Value, Value> {
    let (place, request) = admitted(call, "complete", request)?;
    let conversation = Conversation::parse(&call.context, call.agent, &request)?;
    let expired = Arc::new(AtomicBool::new(false));
    let expiring = Arc::clone(&expired);
    let work = move || {
        let _place = place;
        let model = conversation.request.model.clone();
        completion(&model, conversation.run(&mut Silent { expired }))
    };
    let limit = call.host().settings.budgets.host_call;
    Ok(call.bridged_within(limit, work, || expiring.store(true, Ordering::SeqCst)))
}

/// Nobody listens; the rounds end when the plugin's call has run out of time.
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

fn completion(model: &str, outcome: Outcome) -> Value {
    let usage = json!({
        "prompt_tokens": outcome.prompt_tokens,
        "completion_tokens": outcome.completion_tokens,
        "total_tokens": outcome.prompt_tokens + outcome.completion_tokens,
    });
    let zero = json!({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0});
    let failed = |code: &str, message: &str| json::error_with(code, message, ran(&outcome));
    let (id, content, reason, usage) = match &outcome.ending {
        Ending::Answered { finish_reason } => (
            "chatcmpl-",
            outcome.content.clone(),
            finish_reason.as_str(),
            usage,
        ),
        Ending::Completed { summary } => ("cmpl-", Some(summary.clone()), "stop", zero),
        Ending::MaxIterations => {
            return failed(
                "max_iterations_reached",
                "The model still wanted tools after max_iterations rounds.",
            );
        }
        Ending::Clarify { question } => {
            let mut error = failed("clarify_requested", "The model asked for clarification.");
            error["question"] = question.clone().into();
            return error;
        }
        Ending::Failed(message) => return json::error("inference_error", message.clone()),
        Ending::Cancelled => return json::error("cancelled", "The completion was cancelled."),
    };
    let mut message = json!({"role": "assistant"});
    if let Some(content) = content {
        message["content"] = content.into();
    }
    let mut answer = json!({
        "id": format!("{id}{}", hex12()),
        "object": "chat.completion",
        "created": crate::activity::now_ms() / 1000,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": usage,
    });
    if !outcome.executed.is_empty() {
        answer["tool_calls_executed"] = outcome.executed.clone().into();
    }
    answer
}

/// The fields that errors after a tool round carry.
fn ran(outcome: &Outcome) -> Map<String, Value> {
    let mut extra = Map::new();
    extra.insert(
        "tool_calls_executed".into(),
        outcome.executed.clone().into(),
    );
    extra.insert("shared_artifacts".into(), json!([]));
    extra
}

fn hex12() -> String {
    fresh_uuid()
        .chars()
        .filter(char::is_ascii_hexdigit)
        .take(12)
        .collect()
}

pub(super) fn stream(call: &HostCall, request: &str, sink: ChunkSink) -> Reply {
    Reply::Json(run_stream(call, request, sink).unwrap_or_else(|error| error))
}

fn run_stream(call: &HostCall, request: &str, sink: ChunkSink) -> Result<Value, Value> {
    let (place, request) = admitted(call, "complete_stream", request)?;
    if sink.is_null() {
        let message = "complete_stream was called without on_chunk: the chunks are dropped";
        call.context
            .warn_once("complete_stream|null_chunk", call.agent, message);
    }
    let stream_id = request
        .get("stream_id")
        .and_then(Value::as_str)
        .map(str::trim)
        .filter(|id| !id.is_empty());
    let stream_id = stream_id.map(str::to_string);
    let conversation = Conversation::parse(&call.context, call.agent, &request)?;
    let context = Arc::clone(&call.context);
    let expired = Arc::new(AtomicBool::new(false));
    let (expiring, closing) = (Arc::clone(&expired), sink.clone());
    let work = move || {
        let _place = place;
        let answer =
            Stream::new(Arc::clone(&context), stream_id.clone(), sink, expired).run(conversation);
        stream_id.inspect(|id| context.forget_stream(id));
        answer
    };
    let answer = call.bridged_within(call.host().settings.budgets.host_call, work, || {
        expiring.store(true, Ordering::SeqCst);
    });
    closing.close();
    Ok(answer)
}

/// One streamed conversation.
struct Stream {
    context: Arc<PluginContext>,
    stream_id: Option<String>,
    sink: ChunkSink,
    /// Set when the plugin's call has run out of time: nobody hears this stream any more.
    expired: Arc<AtomicBool>,
    id: String,
    started: Instant,
    usage: Value,
}

impl Stream {
    /// A stream that starts forgets an older wish to cancel its id.
    fn new(
        context: Arc<PluginContext>,
        stream_id: Option<String>,
        sink: ChunkSink,
        expired: Arc<AtomicBool>,
    ) -> Self {
        stream_id.as_ref().inspect(|id| context.forget_stream(id));
        Self {
            context,
            stream_id,
            sink,
            expired,
            id: format!("cmpl-{}", hex12()),
            started: Instant::now(),
            usage: json!({}),
        }
    }

    fn run(mut self, conversation: Conversation) -> Value {
        let model = conversation.request.model.clone();
        let outcome = conversation.run(&mut self);
        let content = outcome.content.clone().unwrap_or_default();
        let (reason, content) = match &outcome.ending {
            Ending::Failed(message) => return json::error("inference_error", message.clone()),
            Ending::Cancelled => return self.cancelled(&model, &outcome, &content),
            Ending::MaxIterations => return self.exhausted(&model, &outcome, &content),
            Ending::Clarify { .. } => ("clarify".to_string(), content),
            Ending::Completed { summary } => ("stop".to_string(), summary.clone()),
            Ending::Answered { finish_reason } => (finish_reason.clone(), content),
        };
        self.chunk(json!({}), Some(&reason));
        let message = json!({"role": "assistant", "content": content});
        let choices = json!([{"index": 0, "message": message, "finish_reason": reason}]);
        let mut answer =
            json!({"id": self.id, "model": model, "choices": choices, "usage": self.usage});
        if !outcome.executed.is_empty() {
            answer["tool_calls_executed"] = outcome.executed.into();
        }
        answer
    }

    fn cancelled(&self, model: &str, outcome: &Outcome, content: &str) -> Value {
        self.chunk(json!({}), Some("cancelled"));
        let mut extra = self.facts(model, outcome, content);
        extra.insert(
            "stream_id".into(),
            self.stream_id.clone().unwrap_or_default().into(),
        );
        extra.insert("usage".into(), self.usage.clone());
        json::error_with("cancelled", "The stream was cancelled.", extra)
    }

    fn exhausted(&self, model: &str, outcome: &Outcome, content: &str) -> Value {
        self.chunk(json!({}), Some("max_iterations"));
        let message = "The model still wanted tools after max_iterations rounds.";
        json::error_with(
            "max_iterations_reached",
            message,
            self.facts(model, outcome, content),
        )
    }

    fn facts(&self, model: &str, outcome: &Outcome, content: &str) -> Map<String, Value> {
        let mut extra = ran(outcome);
        extra.insert("id".into(), self.id.clone().into());
        extra.insert("model".into(), model.into());
        extra.insert("partial_content".into(), content.into());
        extra
    }

    fn chunk(&self, delta: Value, finish_reason: Option<&str>) {
        let mut choice = json!({"delta": delta, "index": 0});
        if let Some(reason) = finish_reason {
            choice["finish_reason"] = reason.into();
        }
        self.sink.send(&json!({"choices": [choice], "id": self.id}));
    }
}

impl Observer for Stream {
    fn cancelled(&self) -> bool {
        let asked = |id: &String| self.context.stream_is_cancelled(id);
        self.expired.load(Ordering::SeqCst) || self.stream_id.as_ref().is_some_and(asked)
    }

    fn streams(&self) -> bool {
        true
    }

    fn delta(&mut self, delta: Delta) {
        self.chunk(
            match delta {
                Delta::Content(text) => json!({"content": text}),
                Delta::Reasoning(text) => json!({"reasoning_content": text}),
            },
            None,
        );
    }

    #[expect(clippy::cast_precision_loss)]
    fn round(&mut self, answer: &ChatAnswer) {
        let seconds = self.started.elapsed().as_secs_f64().max(1e-6);
        let speed = (answer.completion_tokens as f64 / seconds * 10.0).round() / 10.0;
        self.usage = json!({
            "completion_tokens": answer.completion_tokens, "tokens_per_second": speed, "unclosed_reasoning": false,
        });
        self.chunk(json!({"usage": self.usage}), None);
    }

    fn tool_calls(&mut self, calls: &[ModelToolCall]) {
        let calls: Vec<Value> = calls
            .iter()
            .map(|call| json!({"id": call.id, "function": {"name": call.name, "arguments": call.arguments}}))
            .collect();
        self.chunk(json!({"tool_calls": calls}), Some("tool_calls"));
    }

    fn tool_result(&mut self, call: &ModelToolCall, envelope: &str) {
        self.chunk(
            json!({"role": "tool", "tool_call_id": call.id, "content": envelope}),
            None,
        );
    }
}

pub(super) fn cancel(call: &HostCall, stream_id: &str) -> Reply {
    let id = stream_id.trim();
    if !id.is_empty() {
        call.context.cancel_stream(id);
    }
    Reply::Void(204)
}

pub(super) fn embed(call: &HostCall, request: &str) -> Reply {
    Reply::Json(run_embed(call, request).unwrap_or_else(|error| error))
}

fn run_embed(call: &HostCall, request: &str) -> Result<Value, Value> {
    let (place, request) = admitted(call, "embed", request)?;
    let texts: Option<Vec<String>> = match request.get("input") {
        Some(Value::String(text)) => Some(vec![text.clone()]),
        Some(Value::Array(texts)) => texts
            .iter()
            .map(|text| text.as_str().map(str::to_string))
            .collect(),
        _ => None,
    };
    let texts =
        texts.ok_or_else(|| json::error("invalid_request", "Missing or invalid 'input' field"))?;
    let host = Arc::clone(call.host());
    let model = request
        .get("model")
        .and_then(Value::as_str)
        .map(str::to_string);
    Ok(call.bridged(move || {
        let _place = place;
        let model = model.unwrap_or_else(|| host.model.embedding_model());
        match host.model.embed(&texts) {
            Ok(vectors) => embeddings(&model, &texts, vectors),
            Err(message) => json::error("embedding_error", message),
        }
    }))
}

fn embeddings(model: &str, texts: &[String], vectors: Vec<Vec<f32>>) -> Value {
    let tokens: u64 = texts.iter().map(|text| estimate_tokens(text)).sum();
    let data: Vec<Value> = vectors
        .into_iter()
        .enumerate()
        .map(|(index, vector)| json!({"index": index, "dimensions": vector.len(), "embedding": vector}))
        .collect();
    json!({"data": data, "model": model, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}})
}

pub(super) fn list_models(call: &HostCall) -> Reply {
    let host = Arc::clone(call.host());
    Reply::Json(call.bridged(move || {
        let (local, remote): (Vec<_>, Vec<_>) = match host.model.models() {
            Ok(models) => models.into_iter().partition(|model| model.provider == "local"),
            Err(message) => return json::error("inference_error", message),
        };
        let chat = |models: Vec<crate::model::ModelInfo>| {
            models.into_iter().map(|model| {
                json!({"id": model.id, "name": model.name, "provider": model.provider, "type": "chat",
                       "capabilities": ["chat", "tool_calling"]})
            })
        };
        let name = host.model.embedding_model();
        let embedding = json!({"id": name, "name": name, "provider": "local", "type": "embedding",
                               "capabilities": ["embedding"], "dimensions": crate::model::embedding::DIMENSIONS});
        let models: Vec<Value> = chat(local).chain([embedding]).chain(chat(remote)).collect();
        json!({"models": models})
    }))
}
