//! What the inference slots share (at most two of complete, complete_stream and embed per plugin at
//! a time), embed, and list_models.

use super::{HostCall, Reply};
use crate::chat::model::{ModelInfo, estimate_tokens};
use crate::common::json;
use crate::host::core::HostCore;
use crate::plugin::context::{InferencePlace, MAX_INFLIGHT};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// A place, kept as long as the plugin's call lasts, then the request.
pub(super) fn admitted(
    call: &HostCall,
    kind: &str,
    request: &str,
) -> Result<(InferencePlace, Map<String, Value>), Value> {
    let place = call.context.claim_inference().ok_or_else(|| {
        let message = format!(
            "Plugin already has {MAX_INFLIGHT} concurrent {kind} calls in flight. Wait for one to \
             finish and try again."
        );
        let mut extra = Map::new();
        extra.insert("max_inflight".into(), MAX_INFLIGHT.into());
        json::error_with("plugin_busy", message, extra)
    })?;
    let failed = match kind {
        "embed" => "Failed to parse embedding request",
        _ => "Failed to parse chat completion request",
    };
    let request = call
        .object(request)
        .ok_or_else(|| json::error("invalid_request", failed))?;
    Ok((place, request))
}

pub(super) fn embed(call: &HostCall, request: &str) -> Reply {
    Reply::Json(run_embed(call, request).unwrap_or_else(|error| error))
}

fn run_embed(call: &HostCall, request: &str) -> Result<Value, Value> {
    let (_place, request) = admitted(call, "embed", request)?;
    let invalid = || json::error("invalid_request", "Missing or invalid 'input' field");
    let strings = strings(request.get("input")).ok_or_else(invalid)?;
    call.audit_agent(&request);
    if call.agent.is_none() {
        call.warn_no_agent();
    }
    let host = Arc::clone(call.host());
    let model = request.get("model").and_then(Value::as_str);
    let model = model.map(str::to_string);
    Ok(call.bridged(move || {
        let model = model.unwrap_or_else(|| host.model.embedding_model());
        match host.model.embed(&strings) {
            Ok(vectors) => embeddings(&model, &strings, vectors),
            Err(message) => json::error("embedding_error", message),
        }
    }))
}

fn strings(input: Option<&Value>) -> Option<Vec<String>> {
    match input? {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(strings) => {
            let strings = strings.iter().map(|text| text.as_str().map(str::to_string));
            strings.collect()
        }
        _ => None,
    }
}

fn embeddings(model: &str, strings: &[String], vectors: Vec<Vec<f32>>) -> Value {
    let tokens: u64 = strings.iter().map(|text| estimate_tokens(text)).sum();
    let data: Vec<Value> = vectors
        .into_iter()
        .enumerate()
        .map(|(index, vector)| {
            json!({"index": index, "dimensions": vector.len(),
            "embedding": vector})
        })
        .collect();
    json!({"data": data, "model": model, "usage": {"prompt_tokens": tokens,
        "total_tokens": tokens}})
}

pub(super) fn list_models(call: &HostCall) -> Reply {
    let host = Arc::clone(call.host());
    call.met(12, "models have no context_window");
    Reply::Json(call.bridged(move || match host.model.models() {
        Ok(models) => listed(&host, &models),
        Err(message) => json::error("inference_error", message),
    }))
}

/// The system's model, local ones, the embedding model, remote ones.
fn listed(host: &HostCore, models: &[ModelInfo]) -> Value {
    let documented = host.settings.profile.documented();
    let of = |place: u8| {
        let models = models.iter().filter(move |model| place_of(model) == place);
        models.map(move |model| chat_model(model, documented))
    };
    let listed: Vec<Value> = of(0)
        .chain(of(1))
        .chain([embedding_model(host)])
        .chain(of(2))
        .collect();
    json!({"models": listed})
}

fn place_of(model: &ModelInfo) -> u8 {
    match model.provider.as_str() {
        "apple" => 0,
        "local" => 1,
        _ => 2,
    }
}

fn chat_model(model: &ModelInfo, documented: bool) -> Value {
    let can: &[&str] = match model.provider.as_str() {
        "apple" => &["chat"],
        _ => &["chat", "tool_calling"],
    };
    let mut row = json!({"id": model.id, "name": model.name, "provider": model.provider,
                         "type": "chat", "capabilities": can});
    if let Some(window) = model.context_window.filter(|_| documented) {
        row["context_window"] = window.into();
    }
    row
}

fn embedding_model(host: &HostCore) -> Value {
    let name = host.model.embedding_model();
    let mut row = json!({"id": name, "name": name, "provider": "local", "type": "embedding",
                         "capabilities": ["embedding"]});
    if let Some(dimensions) = host.model.dimensions() {
        row["dimensions"] = dimensions.into();
    }
    row
}
