//! Answers of a server that speaks OpenAI's protocol: whole ones, and streamed ones that come in
//! pieces. Pure decoding.

use super::{ChatAnswer, Delta, ModelError, ModelInfo, ModelToolCall};
use serde_json::Value;
use std::ops::ControlFlow;

/// Tool calls beyond this index are not from a server that works.
const MAX_CALLS: usize = 256;
/// Characters of a server's error page that are passed on.
const ERROR_KEPT: usize = 500;

pub(super) fn text_at(value: &Value, path: &str) -> Option<String> {
    value.pointer(path)?.as_str().map(str::to_string)
}

fn number_at(value: &Value, path: &str) -> Option<u64> {
    value.pointer(path)?.as_u64()
}

/// A whole answer.
pub(super) fn whole(value: &Value) -> Result<ChatAnswer, ModelError> {
    let message = value.pointer("/choices/0/message");
    let message = message.ok_or_else(|| "No choices returned".to_string())?;
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
        fingerprint: text_at(value, "/system_fingerprint"),
        ..ChatAnswer::default()
    })
}

/// What a server says about a failure, wherever it puts it.
pub(super) fn error_of(value: &Value) -> Option<ModelError> {
    let places = ["/error/message", "/error", "/message", "/detail"];
    let text = places.iter().find_map(|place| text_at(value, place));
    let overflow =
        text_at(value, "/error/code").is_some_and(|code| code == "context_length_exceeded");
    match (text, value.get("error")) {
        (Some(text), _) if overflow => Some(ModelError::ContextOverflow(text)),
        (Some(text), _) => Some(ModelError::Failed(text)),
        (None, Some(error)) if !error.is_null() => Some(ModelError::Failed(error.to_string())),
        _ => None,
    }
}

/// The failure that an HTTP error status and its body tell of.
pub(super) fn refused(status: u16, body: &str) -> ModelError {
    let answer = serde_json::from_str::<Value>(body).ok();
    match answer.as_ref().and_then(error_of) {
        Some(ModelError::ContextOverflow(text)) => ModelError::ContextOverflow(text),
        Some(ModelError::Failed(text)) => failed(status, &text),
        None => failed(status, body),
    }
}

fn failed(status: u16, said: &str) -> ModelError {
    let message: String = said.trim().chars().take(ERROR_KEPT).collect();
    ModelError::Failed(format!("The model server answered {status}: {message}"))
}

/// A row of the model list.
pub(super) fn model_info(row: &Value) -> Option<ModelInfo> {
    let id = text_at(row, "/id")?;
    let provider = text_at(row, "/owned_by").unwrap_or_else(|| "remote".into());
    let windows = ["/context_window", "/context_length", "/max_model_len"];
    let mut info = ModelInfo::new(id.clone(), id, provider);
    info.context_window = windows.iter().find_map(|place| number_at(row, place));
    Some(info)
}

/// An answer while it streams in.
#[derive(Default)]
pub(super) struct Streamed {
    pub(super) answer: ChatAnswer,
    reasoned: bool,
}

impl Streamed {
    /// Takes one event of the stream.
    pub(super) fn take(
        &mut self,
        chunk: &Value,
        listener: &mut dyn FnMut(Delta) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.take_facts(chunk);
        let calls = chunk.pointer("/choices/0/delta/tool_calls");
        for call in calls.and_then(Value::as_array).into_iter().flatten() {
            self.take_tool_call(call);
        }
        let text_of = |path| text_at(chunk, path).filter(|text| !text.is_empty());
        let reasoning = text_of("/choices/0/delta/reasoning_content");
        if let Some(text) = reasoning.or_else(|| text_of("/choices/0/delta/reasoning")) {
            self.reasoned = true;
            listener(Delta::Reasoning(text))?;
        }
        if let Some(text) = text_of("/choices/0/delta/content") {
            self.answer.content.get_or_insert_default().push_str(&text);
            listener(Delta::Content(text))?;
        }
        ControlFlow::Continue(())
    }

    fn take_facts(&mut self, chunk: &Value) {
        let answer = &mut self.answer;
        answer.prompt_tokens =
            number_at(chunk, "/usage/prompt_tokens").unwrap_or(answer.prompt_tokens);
        answer.completion_tokens =
            number_at(chunk, "/usage/completion_tokens").unwrap_or(answer.completion_tokens);
        if let Some(reason) = text_at(chunk, "/choices/0/finish_reason") {
            answer.finish_reason = reason;
        }
    }

    /// Tool calls come in pieces that belong together by index; without one, a piece with an id
    /// begins a call.
    fn take_tool_call(&mut self, piece: &Value) {
        let calls = &mut self.answer.tool_calls;
        let index = number_at(piece, "/index").and_then(|index| usize::try_from(index).ok());
        let begins = piece.get("id").is_some_and(Value::is_string) || calls.is_empty();
        let next = if begins { calls.len() } else { calls.len() - 1 };
        let index = index.unwrap_or(next);
        if index >= MAX_CALLS {
            return;
        }
        if calls.len() <= index {
            calls.resize(index + 1, ModelToolCall::default());
        }
        let call = &mut calls[index];
        call.id.push_str(&text_at(piece, "/id").unwrap_or_default());
        call.name
            .push_str(&text_at(piece, "/function/name").unwrap_or_default());
        call.arguments
            .push_str(&text_at(piece, "/function/arguments").unwrap_or_default());
    }

    pub(super) fn finished(mut self) -> ChatAnswer {
        let answer = &mut self.answer;
        answer.tool_calls.retain(|call| !call.name.is_empty());
        if answer.finish_reason.is_empty() {
            answer.finish_reason = "stop".into();
        }
        let silent = answer.content.is_none() && answer.tool_calls.is_empty();
        answer.unclosed_reasoning = self.reasoned && silent;
        self.answer
    }
}
