//! A model behind an HTTP server that speaks OpenAI's protocol: chat (also streamed), embeddings, model list.

use super::sse::Events;
use super::{ChatAnswer, ChatRequest, Delta, Listener, Model, ModelInfo, ModelToolCall};
use crate::errors::BuildError;
use serde_json::{Map, Value, json};
use std::io::BufReader;
use std::ops::ControlFlow;
use std::time::Duration;

/// The longest silence of the server.
const SILENCE: Duration = Duration::from_secs(600);
const EMBEDDING_MODEL: &str = "text-embedding-3-small";

pub(super) struct OpenAiModel {
    base: String,
    authorization: Option<String>,
    agent: ureq::Agent,
}

impl OpenAiModel {
    pub(super) fn new(url: &str, api_key: Option<String>) -> Result<Self, BuildError> {
        let bad = |reason: String| BuildError::ModelUrl {
            url: url.into(),
            reason,
        };
        let parsed = url::Url::parse(url).map_err(|error| bad(error.to_string()))?;
        if !matches!(parsed.scheme(), "http" | "https") || parsed.host_str().is_none() {
            return Err(bad("it is no http or https address".into()));
        }
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_per_read(Some(SILENCE))
            .build();
        let authorization = api_key.map(|key| format!("Bearer {key}"));
        Ok(Self {
            base: url.trim_end_matches('/').into(),
            authorization,
            agent: config.new_agent(),
        })
    }

    fn post(&self, path: &str, body: &Value) -> Result<ureq::Body, String> {
        let mut request = self
            .agent
            .post(format!("{}/{path}", self.base))
            .content_type("application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        self.checked(request.send(body.to_string()))
    }

    fn checked(
        &self,
        answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<ureq::Body, String> {
        let answer = answer.map_err(|error| {
            format!("The model server {} cannot be reached: {error}", self.base)
        })?;
        let status = answer.status();
        let mut body = answer.into_body();
        if status.is_success() {
            return Ok(body);
        }
        let text = body.read_to_string().unwrap_or_default();
        let said = serde_json::from_str::<Value>(&text).ok();
        let said = said
            .as_ref()
            .and_then(|value| value.pointer("/error/message")?.as_str())
            .unwrap_or(&text);
        Err(format!(
            "The model server answered {}: {said}",
            status.as_u16()
        ))
    }

    fn json(&self, mut body: ureq::Body) -> Result<Value, String> {
        let text = body
            .with_config()
            .limit(u64::MAX)
            .read_to_string()
            .map_err(|error| broken(&error))?;
        serde_json::from_str(&text).map_err(|error| broken(&error))
    }

    fn listen(&self, body: ureq::Body, listener: Listener<'_>) -> Result<ChatAnswer, String> {
        let reader = body.into_with_config().limit(u64::MAX).reader();
        let mut events = Events::new(BufReader::new(reader));
        let mut answer = Streamed::default();
        for event in events.by_ref() {
            let event = event.map_err(|error| broken(&error))?;
            let value: Value = serde_json::from_str(&event).map_err(|error| broken(&error))?;
            if let Some(message) = value.pointer("/error/message").and_then(Value::as_str) {
                return Err(message.to_string());
            }
            if answer.take(&value, listener).is_break() {
                answer.answer.stopped = true;
                return Ok(answer.answer);
            }
        }
        if !events.ended_properly() && answer.answer.finish_reason.is_empty() {
            return Err("The model server's stream broke off before its end.".into());
        }
        Ok(answer.finished())
    }
}

fn broken(error: &dyn std::fmt::Display) -> String {
    format!("The model server's answer cannot be read: {error}")
}

fn body_of(request: &ChatRequest, stream: bool) -> Value {
    let mut body = Map::new();
    body.insert("model".into(), request.model.clone().into());
    body.insert("messages".into(), request.messages.clone().into());
    body.extend(request.options.clone());
    if !request.tools.is_empty() {
        body.insert("tools".into(), request.tools.clone().into());
    }
    if stream {
        body.insert("stream".into(), true.into());
        body.insert("stream_options".into(), json!({"include_usage": true}));
    }
    Value::Object(body)
}

fn text_at(value: &Value, path: &str) -> Option<String> {
    value.pointer(path)?.as_str().map(str::to_string)
}

fn number_at(value: &Value, path: &str) -> Option<u64> {
    value.pointer(path)?.as_u64()
}

/// An answer while it streams in.
#[derive(Default)]
struct Streamed {
    answer: ChatAnswer,
}

impl Streamed {
    fn take(
        &mut self,
        chunk: &Value,
        listener: &mut dyn FnMut(Delta) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let answer = &mut self.answer;
        answer.prompt_tokens =
            number_at(chunk, "/usage/prompt_tokens").unwrap_or(answer.prompt_tokens);
        answer.completion_tokens =
            number_at(chunk, "/usage/completion_tokens").unwrap_or(answer.completion_tokens);
        if let Some(reason) = text_at(chunk, "/choices/0/finish_reason") {
            answer.finish_reason = reason;
        }
        for call in chunk
            .pointer("/choices/0/delta/tool_calls")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            self.take_tool_call(call);
        }
        if let Some(text) =
            text_at(chunk, "/choices/0/delta/reasoning_content").filter(|text| !text.is_empty())
        {
            listener(Delta::Reasoning(text))?;
        }
        if let Some(text) =
            text_at(chunk, "/choices/0/delta/content").filter(|text| !text.is_empty())
        {
            self.answer.content.get_or_insert_default().push_str(&text);
            listener(Delta::Content(text))?;
        }
        ControlFlow::Continue(())
    }

    /// Tool calls come in pieces that belong together by index.
    fn take_tool_call(&mut self, piece: &Value) {
        let calls = &mut self.answer.tool_calls;
        let index = number_at(piece, "/index").and_then(|index| usize::try_from(index).ok());
        let index = index.filter(|index| *index < 256).unwrap_or(calls.len());
        while calls.len() <= index {
            calls.push(ModelToolCall {
                id: String::new(),
                name: String::new(),
                arguments: String::new(),
            });
        }
        let Some(call) = calls.get_mut(index) else {
            return;
        };
        call.id.push_str(&text_at(piece, "/id").unwrap_or_default());
        call.name
            .push_str(&text_at(piece, "/function/name").unwrap_or_default());
        call.arguments
            .push_str(&text_at(piece, "/function/arguments").unwrap_or_default());
    }

    fn finished(mut self) -> ChatAnswer {
        if self.answer.finish_reason.is_empty() {
            self.answer.finish_reason = "stop".into();
        }
        self.answer
    }
}

fn answer_of(value: &Value) -> Result<ChatAnswer, String> {
    let message = value
        .pointer("/choices/0/message")
        .ok_or("No choices returned")?;
    let calls = message
        .get("tool_calls")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let tool_calls = calls.map(|call| ModelToolCall {
        id: text_at(call, "/id").unwrap_or_default(),
        name: text_at(call, "/function/name").unwrap_or_default(),
        arguments: text_at(call, "/function/arguments").unwrap_or_default(),
    });
    Ok(ChatAnswer {
        content: text_at(message, "/content"),
        tool_calls: tool_calls.collect(),
        finish_reason: text_at(value, "/choices/0/finish_reason").unwrap_or_else(|| "stop".into()),
        prompt_tokens: number_at(value, "/usage/prompt_tokens").unwrap_or(0),
        completion_tokens: number_at(value, "/usage/completion_tokens").unwrap_or(0),
        stopped: false,
    })
}

impl Model for OpenAiModel {
    fn chat(
        &self,
        request: &ChatRequest,
        listener: Option<Listener<'_>>,
    ) -> Result<ChatAnswer, String> {
        let body = self.post("chat/completions", &body_of(request, listener.is_some()))?;
        match listener {
            Some(listener) => self.listen(body, listener),
            None => answer_of(&self.json(body)?),
        }
    }

    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, String> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let body = self.post(
            "embeddings",
            &json!({"model": EMBEDDING_MODEL, "input": texts}),
        )?;
        let value = self.json(body)?;
        let rows = value
            .get("data")
            .and_then(Value::as_array)
            .ok_or("The model server returned no embeddings.")?;
        let vectors: Option<Vec<Vec<f32>>> = rows
            .iter()
            .map(|row| serde_json::from_value(row.get("embedding")?.clone()).ok())
            .collect();
        vectors
            .filter(|vectors| vectors.len() == texts.len())
            .ok_or_else(|| {
                format!(
                    "The model server returned {} embeddings for {} texts.",
                    rows.len(),
                    texts.len()
                )
            })
    }

    fn models(&self) -> Result<Vec<ModelInfo>, String> {
        let mut request = self.agent.get(format!("{}/models", self.base));
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let value = self.json(self.checked(request.call())?)?;
        let rows = value
            .get("data")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        let info = |row: &Value| {
            let id = text_at(row, "/id")?;
            let provider = text_at(row, "/owned_by").unwrap_or_else(|| "remote".into());
            Some(ModelInfo {
                name: id.clone(),
                id,
                provider,
            })
        };
        Ok(rows.filter_map(info).collect())
    }

    fn default_model(&self) -> String {
        self.models()
            .ok()
            .and_then(|models| models.into_iter().next())
            .map_or("default".into(), |model| model.id)
    }

    fn embedding_model(&self) -> String {
        EMBEDDING_MODEL.into()
    }
}
