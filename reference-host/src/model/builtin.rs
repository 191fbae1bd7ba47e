//! The built-in model: deterministic, offline, scriptable. Plugins' tests run on it, so what it answers is documented
//! on [`BuiltinModel`] and changes only on purpose.

use super::embedding;
use super::{
    ChatAnswer, ChatRequest, Delta, Listener, Model, ModelInfo, ModelToolCall, content_text,
    estimate_tokens,
};
use crate::ids::fnv1a;
use serde_json::Value;
use std::time::Duration;

const MODEL: &str = "builtin";
const EMBEDDER: &str = "builtin-embedding";

/// What a rule makes the model do.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Answers with this text.
    Text(String),
    /// Streams exactly these chunks; a call that does not stream gets them joined.
    Chunks(Vec<String>),
    /// Calls a tool with these JSON arguments; the answer after it follows the next rule that matches, or tells the result.
    CallTool {
        /// The tool's name.
        name: String,
        /// Its arguments, a JSON object.
        arguments: String,
    },
    /// Fails with this message.
    Fail(String),
}

/// When the last user message contains a text, reply so. Rules are tried in order; the first that fits is used.
#[derive(Debug, Clone)]
pub struct Rule {
    contains: String,
    reply: Reply,
}

impl Rule {
    /// Fits when the last user message contains `text` (case matters not; an empty text always fits).
    pub fn when(text: &str, reply: Reply) -> Rule {
        Rule {
            contains: text.to_lowercase(),
            reply,
        }
    }
}

/// A model that answers from the conversation alone, the same on every run:
///
/// 1. After a tool has answered: `<name> returned: <its result>`, one line per tool.
/// 2. The first [`Rule`] that fits the last user message.
/// 3. `call NAME {json}` or `call NAME` in the last user message, where NAME is a tool that was offered (back quotes
///    around it are fine): calls it, with `{}` when no JSON object follows. Several calls are made in order, at once.
/// 4. A message that begins with `summarize` or `summarise`: the first sentence of each paragraph after the first line.
/// 5. Otherwise: `You said: ` and the message.
///
/// Streams come word by word, at once or at a [`BuiltinModel::pace`]. Embeddings are hashed words and character trigrams, 768 values, normalised: texts that
/// share words or stems are near each other.
#[derive(Debug, Clone, Default)]
pub struct BuiltinModel {
    rules: Vec<Rule>,
    pace: Duration,
}

impl BuiltinModel {
    /// A model without rules.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a rule after the others.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Waits this long before each chunk of a stream, as a real model would. Answers that are not streamed come at once.
    #[must_use]
    pub fn pace(mut self, pause: Duration) -> Self {
        self.pace = pause;
        self
    }

    fn reply(&self, request: &ChatRequest) -> Vec<Reply> {
        let last_user = request
            .messages
            .iter()
            .rposition(|message| role(message) == "user");
        let (asked, since) = last_user.map_or((String::new(), 0), |at| {
            (content_text(&request.messages[at]), at + 1)
        });
        let results = tool_results(&request.messages[since..]);
        let rule = self
            .rules
            .iter()
            .filter(|rule| asked.to_lowercase().contains(&rule.contains));
        let rule = rule
            .map(|rule| rule.reply.clone())
            .find(|reply| results.is_empty() || !is_call(reply));
        if let Some(reply) = rule {
            return vec![reply];
        }
        if !results.is_empty() {
            return vec![Reply::Text(results.join("\n"))];
        }
        let calls = asked_calls(&asked, &offered(&request.tools));
        if calls.is_empty() {
            vec![Reply::Text(default_text(&asked))]
        } else {
            calls
        }
    }
}

fn is_call(reply: &Reply) -> bool {
    matches!(reply, Reply::CallTool { .. })
}

fn role(message: &Value) -> &str {
    message
        .get("role")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn offered(tools: &[Value]) -> Vec<&str> {
    tools
        .iter()
        .filter_map(|tool| tool.pointer("/function/name")?.as_str())
        .collect()
}

/// `<name> returned: <content>` for each tool message.
fn tool_results(messages: &[Value]) -> Vec<String> {
    let calls: Vec<&Value> = messages
        .iter()
        .filter_map(|message| message.get("tool_calls")?.as_array())
        .flatten()
        .collect();
    let name_of = |id: &str| {
        let call = calls
            .iter()
            .find(|call| call.get("id").and_then(Value::as_str) == Some(id));
        call.and_then(|call| call.pointer("/function/name")?.as_str())
            .unwrap_or("tool")
            .to_string()
    };
    let results = messages.iter().filter(|message| role(message) == "tool");
    results
        .map(|message| {
            let id = message
                .get("tool_call_id")
                .and_then(Value::as_str)
                .unwrap_or_default();
            format!("{} returned: {}", name_of(id), content_text(message))
        })
        .collect()
}

/// Every `call NAME {json}` of an offered tool.
fn asked_calls(text: &str, tools: &[&str]) -> Vec<Reply> {
    let mut calls = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("call ") {
        let starts_word = rest[..at]
            .chars()
            .next_back()
            .is_none_or(|c| !c.is_alphanumeric());
        rest = &rest[at + "call ".len()..];
        let named = rest.trim_start().trim_start_matches('`');
        let tool = tools
            .iter()
            .filter(|tool| begins_with_name(named, tool))
            .max_by_key(|tool| tool.len());
        if let (Some(tool), true) = (tool, starts_word) {
            rest = &named[tool.len()..];
            calls.push(Reply::CallTool {
                name: (*tool).to_string(),
                arguments: leading_object(rest),
            });
        }
    }
    calls
}

fn begins_with_name(text: &str, name: &str) -> bool {
    let after = text.strip_prefix(name).map(|rest| rest.chars().next());
    after.is_some_and(|next| next.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '-'))
}

/// The JSON object that a text begins with, as compact text.
fn leading_object(text: &str) -> String {
    let text = text.trim_start_matches(['`', ' ', ':']);
    let text = text.strip_prefix("with ").unwrap_or(text);
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    match values.next() {
        Some(Ok(value @ Value::Object(_))) => value.to_string(),
        _ => "{}".into(),
    }
}

fn default_text(asked: &str) -> String {
    let lower = asked.trim_start().to_lowercase();
    if lower.starts_with("summarize") || lower.starts_with("summarise") {
        let body = asked
            .trim_start()
            .split_once('\n')
            .map_or("", |(_, body)| body);
        let firsts: Vec<&str> = body
            .lines()
            .map(first_sentence)
            .filter(|line| !line.is_empty())
            .collect();
        if !firsts.is_empty() {
            return firsts.join(" ");
        }
    }
    format!("You said: {asked}")
}

fn first_sentence(line: &str) -> &str {
    let line = line.trim();
    let end = line.find(". ").map_or(line.len(), |at| at + 1);
    &line[..end]
}

/// Words with the space that precedes them.
fn words(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for c in text.chars() {
        match out.last_mut() {
            Some(last) if c != ' ' || last.ends_with(' ') => last.push(c),
            _ => out.push(c.to_string()),
        }
    }
    out
}

impl Model for BuiltinModel {
    fn chat(
        &self,
        request: &ChatRequest,
        listener: Option<Listener<'_>>,
    ) -> Result<ChatAnswer, String> {
        let prompt: u64 = request
            .messages
            .iter()
            .map(|message| estimate_tokens(&content_text(message)))
            .sum();
        let mut answer = ChatAnswer {
            finish_reason: "stop".into(),
            prompt_tokens: prompt,
            ..Default::default()
        };
        let mut chunks = Vec::new();
        for reply in self.reply(request) {
            match reply {
                Reply::Text(text) => chunks.extend(words(&text)),
                Reply::Chunks(given) => chunks.extend(given),
                Reply::Fail(message) => return Err(message),
                Reply::CallTool { name, arguments } => answer
                    .tool_calls
                    .push(tool_call(request, &answer, name, arguments)),
            }
        }
        if !answer.tool_calls.is_empty() {
            answer.finish_reason = "tool_calls".into();
        }
        shorten(&mut chunks, &mut answer, request);
        speak(chunks, self.pace, &mut answer, listener);
        Ok(answer)
    }

    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, String> {
        Ok(texts
            .iter()
            .map(|text| embedding::embedding(text))
            .collect())
    }

    fn models(&self) -> Result<Vec<ModelInfo>, String> {
        let name = "Built-in deterministic model".into();
        Ok(vec![ModelInfo {
            id: MODEL.into(),
            name,
            provider: "local".into(),
        }])
    }

    fn default_model(&self) -> String {
        MODEL.into()
    }

    fn embedding_model(&self) -> String {
        EMBEDDER.into()
    }
}

/// The id depends on the conversation only: `call_` and 16 hexadecimal digits.
fn tool_call(
    request: &ChatRequest,
    answer: &ChatAnswer,
    name: String,
    arguments: String,
) -> ModelToolCall {
    let place = format!(
        "{}/{}/{name}/{arguments}",
        request.messages.len(),
        answer.tool_calls.len()
    );
    ModelToolCall {
        id: format!(
            "call_{:016x}",
            fnv1a(place.as_bytes(), 0xcbf2_9ce4_8422_2325)
        ),
        name,
        arguments,
    }
}

/// `max_tokens` counts words here.
fn shorten(chunks: &mut Vec<String>, answer: &mut ChatAnswer, request: &ChatRequest) {
    let most = request
        .options
        .get("max_tokens")
        .and_then(Value::as_u64)
        .unwrap_or(u64::MAX);
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    if chunks.len() > most {
        chunks.truncate(most);
        answer.finish_reason = "length".into();
    }
}

fn speak(
    chunks: Vec<String>,
    pace: Duration,
    answer: &mut ChatAnswer,
    mut listener: Option<Listener<'_>>,
) {
    let mut content = String::new();
    for chunk in chunks {
        if listener.is_some() && !pace.is_zero() {
            std::thread::sleep(pace);
        }
        content.push_str(&chunk);
        if let Some(listener) = &mut listener
            && listener(Delta::Content(chunk)).is_break()
        {
            answer.stopped = true;
            break;
        }
    }
    answer.completion_tokens = estimate_tokens(&content);
    answer.content = (!content.is_empty() || answer.tool_calls.is_empty()).then_some(content);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::ops::ControlFlow;

    fn ask(model: &BuiltinModel, text: &str) -> ChatAnswer {
        let tools = vec![json!({"type": "function", "function": {"name": "list_notes"}})];
        let messages = vec![json!({"role": "user", "content": text})];
        model
            .chat(
                &ChatRequest {
                    messages,
                    tools,
                    ..Default::default()
                },
                None,
            )
            .unwrap()
    }

    #[test]
    fn answers_follow_the_documented_order() {
        let model = BuiltinModel::new().rule(Rule::when("weather", Reply::Text("Sunny.".into())));
        assert_eq!(
            ask(&model, "How is the WEATHER?").content.unwrap(),
            "Sunny."
        );
        assert_eq!(
            ask(&model, "hello there").content.unwrap(),
            "You said: hello there"
        );
        let answer = ask(
            &model,
            "Please call `list_notes` {\"tag\": \"x\"} now, recall list_notes not.",
        );
        assert_eq!(answer.tool_calls.len(), 1);
        assert_eq!(answer.tool_calls[0].arguments, r#"{"tag":"x"}"#);
        assert_eq!(answer.finish_reason, "tool_calls");
        assert!(
            ask(&model, "call list_notes_all").tool_calls.is_empty(),
            "another name"
        );
        let text = "Summarize:\nFirst. Not this.\nSecond line";
        assert_eq!(ask(&model, text).content.unwrap(), "First. Second line");
    }

    #[test]
    fn streams_word_by_word_at_its_pace_and_stops_when_told() {
        let model = BuiltinModel::new().pace(Duration::from_millis(20));
        let began = std::time::Instant::now();
        let request = ChatRequest {
            messages: vec![json!({"role": "user", "content": "a b c"})],
            ..Default::default()
        };
        let mut heard = Vec::new();
        let mut listener = |delta| {
            heard.push(delta);
            if heard.len() == 3 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let answer = model.chat(&request, Some(&mut listener)).unwrap();
        assert!(answer.stopped);
        assert!(began.elapsed() >= Duration::from_millis(60));
        assert_eq!(answer.content.unwrap(), "You said: a");
        assert_eq!(heard[1], Delta::Content(" said:".into()));
    }
}
