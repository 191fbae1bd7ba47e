//! Reading a plugin's chat request by the host's decoding rules. Pure: what agent and plugin add is
//! the chat module's business.

use crate::common::json;
use serde_json::{Map, Value};

/// Passed on to the model as they are.
const FORWARDED: [&str; 10] = [
    "temperature",
    "max_tokens",
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "stop",
    "n",
    "tool_choice",
    "enable_thinking",
    "reasoning_effort",
];

type Check = fn(&Value) -> bool;

/// What the decoder insists on when an optional field is there; null counts as absent.
const TYPES: [(&str, Check); 15] = [
    ("temperature", Value::is_number),
    ("max_tokens", is_integer),
    ("top_p", Value::is_number),
    ("frequency_penalty", Value::is_number),
    ("presence_penalty", Value::is_number),
    ("stop", is_strings),
    ("n", is_integer),
    ("enable_thinking", Value::is_boolean),
    ("reasoning_effort", Value::is_string),
    ("session_id", Value::is_string),
    ("stream", Value::is_boolean),
    ("seed", is_integer),
    ("top_k", is_integer),
    ("max_completion_tokens", is_integer),
    ("stream_options", Value::is_object),
];

fn is_integer(value: &Value) -> bool {
    value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

fn is_strings(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|strings| strings.iter().all(Value::is_string))
}

/// The tools that a request asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum WantedTools {
    None,
    /// `true`: the agent's.
    Agents,
    /// Exactly these definitions.
    These(Vec<Value>),
}

/// A decoded chat request.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// None: left to the host, which only documented hosts allow.
    pub(crate) model: Option<String>,
    pub(crate) messages: Vec<Value>,
    pub(crate) tools: WantedTools,
    pub(crate) options: Map<String, Value>,
    pub(crate) max_iterations: Option<i64>,
    pub(crate) session: Option<String>,
}

/// Decodes a request; `model_optional` is what the documents say of it. The error is the plugin's
/// `invalid_request`.
pub(crate) fn decode(request: &Map<String, Value>, model_optional: bool) -> Result<Wanted, Value> {
    try_decode(request, model_optional)
        .ok_or_else(|| json::error("invalid_request", "Failed to parse chat completion request"))
}

fn try_decode(request: &Map<String, Value>, model_optional: bool) -> Option<Wanted> {
    let field = |key: &str| request.get(key).filter(|value| !value.is_null());
    let fits = |(key, is): &(&str, Check)| field(key).is_none_or(is);
    if !TYPES.iter().all(fits) {
        return None;
    }
    let model = match field("model") {
        Some(model) => Some(model.as_str()?.to_string()),
        None if model_optional => None,
        None => return None,
    };
    let messages = field("messages")?.as_array()?.iter().map(message);
    let forwarded = request
        .iter()
        .filter(|(key, value)| FORWARDED.contains(&key.as_str()) && !value.is_null());
    let session = field("session_id").and_then(Value::as_str);
    Some(Wanted {
        model,
        messages: messages.collect::<Option<_>>()?,
        tools: tools(field("tools"))?,
        options: forwarded
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
        max_iterations: field("max_iterations").and_then(Value::as_i64),
        session: session
            .filter(|key| !key.trim().is_empty())
            .map(str::to_string),
    })
}

fn tools(value: Option<&Value>) -> Option<WantedTools> {
    match value {
        None | Some(Value::Bool(false)) => Some(WantedTools::None),
        Some(Value::Bool(true)) => Some(WantedTools::Agents),
        Some(Value::Array(tools)) if tools.iter().all(Value::is_object) => {
            Some(WantedTools::These(tools.clone()))
        }
        Some(_) => None,
    }
}

/// A message with a role; content of a wrong type becomes null.
fn message(value: &Value) -> Option<Value> {
    let mut message = value.as_object()?.clone();
    message.get("role")?.as_str()?;
    let fits = |key: &str, is: Check| {
        let value = message.get(key).filter(|value| !value.is_null());
        value.is_none_or(is)
    };
    let decodes = fits("tool_calls", Value::is_array)
        && fits("tool_call_id", Value::is_string)
        && fits("reasoning_content", Value::is_string);
    if !decodes {
        return None;
    }
    if !fits("content", |content| {
        content.is_string() || content.is_array()
    }) {
        message.insert("content".into(), Value::Null);
    }
    Some(Value::Object(message))
}
