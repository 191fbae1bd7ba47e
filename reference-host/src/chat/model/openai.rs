//! A model on an HTTP server that speaks OpenAI's protocol: chat (also streamed), embeddings, model
//! list.

use super::openai_answer::{self, Streamed};
use super::sse::Events;
use super::{ChatAnswer, ChatRequest, Listener, Model, ModelError, ModelInfo};
use crate::host::errors::BuildError;
use serde_json::{Map, Value, json};
use std::io::BufReader;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// No answer of a model is longer.
const MAX_ANSWER: u64 = 256 << 20;

/// The longest silence of the server.
const SILENCE: Duration = Duration::from_secs(600);
/// Used when the server's list names no embedding model.
const EMBEDDING_MODEL: &str = "text-embedding-3-small";

pub(super) struct OpenAiModel {
    base: String,
    authorization: Option<String>,
    agent: ureq::Agent,
    /// Length of the last embedding; 0 before the first.
    dimensions: AtomicUsize,
}

impl OpenAiModel {
    pub(super) fn new(url: &str, api_key: Option<String>) -> Result<Self, BuildError> {
        let bad = |reason: String| BuildError::ModelUrl {
            url: url.into(),
            reason,
        };
        let parsed = url::Url::parse(url).map_err(|error| bad(error.to_string()))?;
        if !matches!(parsed.scheme(), "http" | "https") || parsed.host_str().is_none() {
            return Err(bad("it is not an http or https address".into()));
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
            dimensions: AtomicUsize::new(0),
        })
    }

    fn post(&self, path: &str, body: &Value) -> Result<ureq::Body, ModelError> {
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
    ) -> Result<ureq::Body, ModelError> {
        let answer = answer.map_err(|error| {
            format!("The model server {} cannot be reached: {error}", self.base)
        })?;
        let status = answer.status();
        let mut body = answer.into_body();
        if status.is_success() {
            return Ok(body);
        }
        let text = body.read_to_string().unwrap_or_default();
        Err(openai_answer::refused(status.as_u16(), &text))
    }

    fn json(&self, mut body: ureq::Body) -> Result<Value, ModelError> {
        let text = body
            .with_config()
            .limit(MAX_ANSWER)
            .read_to_string()
            .map_err(|error| broken(&error))?;
        Ok(crate::common::json::parse(&text).map_err(|error| broken(&error))?)
    }

    fn listen(&self, body: ureq::Body, listener: Listener<'_>) -> Result<ChatAnswer, ModelError> {
        let reader = body.into_with_config().limit(MAX_ANSWER).reader();
        let mut events = Events::new(BufReader::new(reader));
        let mut answer = Streamed::default();
        for event in events.by_ref() {
            let event = event.map_err(|error| broken(&error))?;
            let value: Value =
                crate::common::json::parse(&event).map_err(|error| broken(&error))?;
            if let Some(error) = openai_answer::error_of(&value) {
                return Err(error);
            }
            if answer.take(&value, listener).is_break() {
                answer.answer.stopped = true;
                return Ok(answer.answer);
            }
        }
        if !events.ended_properly() && answer.answer.finish_reason.is_empty() {
            return Err("The model server's stream was cut before its end."
                .to_string()
                .into());
        }
        Ok(answer.finished())
    }

    /// The first listed model that is (or is none) for embeddings; servers tell it by the name
    /// alone.
    fn first_listed(&self, embedding: bool) -> Option<String> {
        let listed = self.listed().ok()?;
        let mut ids = listed.into_iter().map(|model| model.id);
        ids.find(|id| is_embedding(id) == embedding)
    }

    fn listed(&self) -> Result<Vec<ModelInfo>, ModelError> {
        let mut request = self.agent.get(format!("{}/models", self.base));
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let value = self.json(self.checked(request.call())?)?;
        let rows = value.get("data").and_then(Value::as_array);
        let rows =
            rows.ok_or_else(|| "The model server returned no list of models.".to_string())?;
        Ok(rows.iter().filter_map(openai_answer::model_info).collect())
    }

    fn vectors(&self, inputs: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        let request = json!({"model": self.embedding_model(), "input": inputs});
        let value = self.json(self.post("embeddings", &request)?)?;
        let rows = value.get("data").and_then(Value::as_array);
        let rows = rows.ok_or_else(|| "The model server returned no embeddings.".to_string())?;
        let place = |row: &&Value| row.get("index").and_then(Value::as_u64);
        let mut ordered: Vec<&Value> = rows.iter().collect();
        ordered.sort_by_key(place);
        let vector = |row: &Value| serde_json::from_value(row.get("embedding")?.clone()).ok();
        let vectors: Option<Vec<Vec<f32>>> = ordered.into_iter().map(vector).collect();
        let vectors = vectors.filter(|vectors| vectors.len() == inputs.len());
        Ok(vectors.ok_or_else(|| {
            let (rows, inputs) = (rows.len(), inputs.len());
            format!("The model server returned {rows} embeddings for {inputs} inputs.")
        })?)
    }
}

fn is_embedding(id: &str) -> bool {
    id.to_ascii_lowercase().contains("embed")
}

fn broken(error: &dyn std::fmt::Display) -> String {
    format!("The model server's answer cannot be read: {error}")
}

fn text_of(error: ModelError) -> String {
    match error {
        ModelError::Failed(text) | ModelError::ContextOverflow(text) => text,
    }
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

impl Model for OpenAiModel {
    fn chat(
        &self,
        request: &ChatRequest,
        listener: Option<Listener<'_>>,
    ) -> Result<ChatAnswer, ModelError> {
        let body = self.post("chat/completions", &body_of(request, listener.is_some()))?;
        match listener {
            Some(listener) => self.listen(body, listener),
            None => {
                let value = self.json(body)?;
                openai_answer::error_of(&value).map_or(Ok(()), Err)?;
                openai_answer::whole(&value)
            }
        }
    }

    fn embed(&self, inputs: &[String]) -> Result<Vec<Vec<f32>>, String> {
        if inputs.is_empty() {
            return Ok(Vec::new());
        }
        let vectors = self.vectors(inputs).map_err(text_of)?;
        let length = vectors.first().map_or(0, Vec::len);
        self.dimensions.store(length, Ordering::SeqCst);
        Ok(vectors)
    }

    fn models(&self) -> Result<Vec<ModelInfo>, String> {
        let listed = self.listed().map_err(text_of)?;
        let chat = listed.into_iter().filter(|model| !is_embedding(&model.id));
        Ok(chat.collect())
    }

    fn default_model(&self) -> String {
        self.first_listed(false).unwrap_or_else(|| "default".into())
    }

    fn embedding_model(&self) -> String {
        self.first_listed(true)
            .unwrap_or_else(|| EMBEDDING_MODEL.into())
    }

    fn dimensions(&self) -> Option<usize> {
        Some(self.dimensions.load(Ordering::SeqCst)).filter(|length| *length > 0)
    }
}
