//! Inference behind one trait: the built-in deterministic model, or a server that speaks OpenAI's protocol.
//! The chat module runs conversations on it; a model knows nothing of plugins and agents.

pub(crate) mod builtin;
pub(crate) mod embedding;
mod openai;
mod sse;

use crate::errors::BuildError;
use serde_json::Value;
use std::ops::ControlFlow;
use std::sync::Arc;

/// One round of a conversation.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChatRequest {
    pub(crate) model: String,
    /// OpenAI messages.
    pub(crate) messages: Vec<Value>,
    /// OpenAI tool definitions.
    pub(crate) tools: Vec<Value>,
    /// `temperature`, `max_tokens`, `top_p`, ... as they are forwarded.
    pub(crate) options: serde_json::Map<String, Value>,
}

/// A piece of a streamed answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Delta {
    Content(String),
    Reasoning(String),
}

/// A tool call that the model asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModelToolCall {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) arguments: String,
}

/// The end of a round.
#[derive(Debug, Clone, Default)]
pub(crate) struct ChatAnswer {
    pub(crate) content: Option<String>,
    pub(crate) tool_calls: Vec<ModelToolCall>,
    pub(crate) finish_reason: String,
    pub(crate) prompt_tokens: u64,
    pub(crate) completion_tokens: u64,
    /// The listener broke the stream off.
    pub(crate) stopped: bool,
}

/// A model in the model list.
#[derive(Debug, Clone)]
pub(crate) struct ModelInfo {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) provider: String,
}

/// Hears the pieces of an answer; Break stops it.
pub(crate) type Listener<'a> = &'a mut dyn FnMut(Delta) -> ControlFlow<()>;

/// Where answers and embeddings come from. Errors are texts for the plugin.
pub(crate) trait Model: Send + Sync {
    /// Answers one round. With a listener the answer is streamed.
    fn chat(
        &self,
        request: &ChatRequest,
        listener: Option<Listener<'_>>,
    ) -> Result<ChatAnswer, String>;
    /// One vector per text.
    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, String>;
    /// The chat models.
    fn models(&self) -> Result<Vec<ModelInfo>, String>;
    /// The name used for an empty name and for `default`.
    fn default_model(&self) -> String;
    /// The embedding model's name.
    fn embedding_model(&self) -> String;
}

pub(crate) fn choose(
    builtin: builtin::BuiltinModel,
    url: Option<&str>,
    api_key: Option<String>,
) -> Result<Arc<dyn Model>, BuildError> {
    match url {
        None => Ok(Arc::new(builtin)),
        Some(url) => Ok(Arc::new(openai::OpenAiModel::new(url, api_key)?)),
    }
}

/// An estimate of the tokens in a text.
pub(crate) fn estimate_tokens(text: &str) -> u64 {
    (text.chars().count() as u64).div_ceil(4)
}

/// The text of a message's content: a string, or the text parts of an array.
pub(crate) fn content_text(message: &Value) -> String {
    match message.get("content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts
            .iter()
            .filter_map(|part| part.get("text")?.as_str())
            .collect::<Vec<_>>()
            .join("\n"),
        _ => String::new(),
    }
}
