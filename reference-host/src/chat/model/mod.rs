//! Inference, as one trait: the built-in deterministic model, or a server that speaks OpenAI's
//! protocol. The chat module runs conversations on it; a model knows nothing of plugins and agents.

pub(crate) mod builtin;
mod default_answer;
pub(crate) mod embedding;
mod openai;
mod openai_answer;
pub(crate) mod rule;
mod script;
mod sse;

use crate::host::errors::BuildError;
use serde_json::Value;
use std::ops::ControlFlow;
use std::path::PathBuf;
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

impl ChatRequest {
    /// About how many tokens the conversation has.
    pub(crate) fn estimated_tokens(&self) -> u64 {
        let text = self.messages.iter().map(content_text);
        text.map(|text| estimate_tokens(&text)).sum()
    }
}

/// A piece of a streamed answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Delta {
    Content(String),
    Reasoning(String),
}

/// A tool call that the model asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// The answer ended inside of the model's reasoning.
    pub(crate) unclosed_reasoning: bool,
    /// The server's `system_fingerprint`.
    pub(crate) fingerprint: Option<String>,
    /// The listener broke the stream off.
    pub(crate) stopped: bool,
}

/// Why a round has no answer; the messages are for the plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ModelError {
    Failed(String),
    /// The conversation does not fit into the model's context.
    ContextOverflow(String),
}

impl From<String> for ModelError {
    fn from(message: String) -> Self {
        ModelError::Failed(message)
    }
}

/// A model in the model list.
#[derive(Debug, Clone)]
pub(crate) struct ModelInfo {
    pub(crate) id: String,
    pub(crate) name: String,
    /// `apple`, `local`, or who offers a remote model.
    pub(crate) provider: String,
    /// Tokens that it can read, if known.
    pub(crate) context_window: Option<u64>,
}

impl ModelInfo {
    pub(crate) fn new(id: String, name: String, provider: String) -> ModelInfo {
        ModelInfo {
            id,
            name,
            provider,
            context_window: None,
        }
    }
}

/// Hears the pieces of an answer; Break stops it.
pub(crate) type Listener<'a> = &'a mut dyn FnMut(Delta) -> ControlFlow<()>;

/// Where answers and embeddings come from. Errors are messages for the plugin.
pub(crate) trait Model: Send + Sync {
    /// Answers one round. With a listener the answer is streamed.
    fn chat(
        &self,
        request: &ChatRequest,
        listener: Option<Listener<'_>>,
    ) -> Result<ChatAnswer, ModelError>;
    /// One vector per text.
    fn embed(&self, inputs: &[String]) -> Result<Vec<Vec<f32>>, String>;
    /// The chat models.
    fn models(&self) -> Result<Vec<ModelInfo>, String>;
    /// The name used for an empty name and for `default`.
    fn default_model(&self) -> String;
    /// The embedding model's name.
    fn embedding_model(&self) -> String;
    /// Length of its embeddings, once known.
    fn dimensions(&self) -> Option<usize>;
    /// Tokens that a conversation may have, if the model says so.
    fn context_window(&self) -> Option<u64> {
        None
    }
}

/// Which model a host has: a server if there is a URL; else the built-in model, with the script's
/// rules if there is one.
#[derive(Debug)]
pub(crate) struct ModelChoice {
    pub(crate) builtin: builtin::BuiltinModel,
    pub(crate) script: Option<PathBuf>,
    pub(crate) url: Option<String>,
    pub(crate) api_key: Option<String>,
}

impl Default for ModelChoice {
    fn default() -> Self {
        let api_key = std::env::var("OPENAI_API_KEY").ok();
        ModelChoice {
            builtin: builtin::BuiltinModel::default(),
            script: None,
            url: None,
            api_key: api_key.filter(|key| !key.is_empty()),
        }
    }
}

impl ModelChoice {
    pub(crate) fn open(self) -> Result<Arc<dyn Model>, BuildError> {
        match (self.url, self.script) {
            (Some(url), _) => Ok(Arc::new(openai::OpenAiModel::new(&url, self.api_key)?)),
            (None, Some(path)) => Ok(Arc::new(script::load(&path)?)),
            (None, None) => Ok(Arc::new(self.builtin)),
        }
    }
}

/// An estimate of the tokens in a string.
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
