//! The built-in model: deterministic, offline, scriptable. Plugins' tests run on it, so what it
//! answers is documented on [`BuiltinModel`] and changes only on purpose.

use super::default_answer::{self, role, tool_results};
use super::embedding;
use super::rule::{Answer, Content, Last, Rule};
use super::{
    ChatAnswer, ChatRequest, Delta, Listener, Model, ModelError, ModelInfo, ModelToolCall,
    content_text, estimate_tokens,
};
use crate::common::ids::fnv1a;
use serde_json::Value;
use std::time::Duration;

const MODEL: &str = "builtin";
const EMBEDDER: &str = "builtin-embedding";
/// Tokens that a conversation may have, by the host's estimate of four characters each.
const CONTEXT_WINDOW: u64 = 131_072;

/// A model that answers from the conversation alone, the same on every run:
///
/// 1. The first [`Rule`] that fits the last message.
/// 2. After a tool has answered: `<name> returned: <its result>`, one line per tool since the last
///    user message.
/// 3. `call NAME {json}` or `call NAME` in the last user message, where NAME is a tool that was
///    offered (back quotes around it are fine): calls it, with `{}` when no JSON object follows.
///    Several calls are made in order, at once. A tool that was not offered is first loaded with
///    `capabilities`, or `capabilities_load`, where that was.
/// 4. A message that begins with `summarize` or `summarise`: the first sentence of each paragraph
///    after the first line.
/// 5. Otherwise: `You said: ` and the message.
///
/// Streams come word by word, at once or at a [`BuiltinModel::pace`]. Embeddings are hashed words
/// and character trigrams, 768 values, normalised: strings that share words or stems are near each
/// other. Rules can also come from a file: see [`crate::HostBuilder::model_script`].
#[derive(Debug, Clone)]
pub struct BuiltinModel {
    pub(super) rules: Vec<Rule>,
    pub(super) pace: Duration,
    pub(super) models: Vec<ModelInfo>,
    pub(super) context_window: u64,
}

impl Default for BuiltinModel {
    fn default() -> Self {
        let name = "Built-in deterministic model".into();
        Self {
            rules: Vec::new(),
            pace: Duration::ZERO,
            models: vec![ModelInfo::new(MODEL.into(), name, "local".into())],
            context_window: CONTEXT_WINDOW,
        }
    }
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

    /// Waits this long before each chunk of a stream, as a real model would. Answers that are not
    /// streamed come at once.
    #[must_use]
    pub fn pace(mut self, pause: Duration) -> Self {
        self.pace = pause;
        self
    }

    fn answer(&self, request: &ChatRequest) -> Answer {
        let messages = &request.messages;
        let last_user = messages.iter().rposition(|message| role(message) == "user");
        let (asked, since) = last_user.map_or((String::new(), 0), |at| {
            (content_text(&messages[at]), at + 1)
        });
        let results = tool_results(&messages[since..]);
        let round = messages.iter().rposition(|m| m.get("tool_calls").is_some());
        let latest = round.map_or(Vec::new(), |at| tool_results(&messages[at.max(since)..]));
        let last = Last {
            asked: results.is_empty().then_some(asked.as_str()),
            results: &latest,
        };
        let ruled = self.rules.iter().find_map(|rule| {
            let captures = rule.fits.find(&last)?;
            Some(rule.answer.clone().filled(&captures))
        });
        ruled.unwrap_or_else(|| default_answer::answer(&asked, &results, &request.tools))
    }

    fn speak(
        &self,
        said: Answer,
        request: &ChatRequest,
        mut listener: Option<Listener<'_>>,
    ) -> Result<ChatAnswer, ModelError> {
        std::thread::sleep(said.delay);
        let pace = said.pace.unwrap_or(self.pace);
        let mut answer = ChatAnswer {
            finish_reason: "stop".into(),
            ..ChatAnswer::default()
        };
        let (chunks, cut) = shortened(chunks(&said.content), request);
        let reasoning = said.reasoning.into_iter().map(Delta::Reasoning);
        let deltas = reasoning.chain(chunks.into_iter().map(Delta::Content));
        answer.stopped = tell(deltas, pace, &mut answer, &mut listener);
        if answer.stopped {
            return Ok(answer);
        }
        if let Some(failure) = said.failure {
            return Err(failure);
        }
        for call in said.calls {
            let arguments = call.arguments_text();
            let call = tool_call(request, &answer, call.tool, arguments);
            answer.tool_calls.push(call);
        }
        let natural = match (cut, answer.tool_calls.is_empty()) {
            (true, _) => "length",
            (false, false) => "tool_calls",
            (false, true) => "stop",
        };
        answer.finish_reason = said.finish_reason.unwrap_or_else(|| natural.into());
        Ok(counted(answer, request, said.usage))
    }
}

impl Model for BuiltinModel {
    fn chat(
        &self,
        request: &ChatRequest,
        listener: Option<Listener<'_>>,
    ) -> Result<ChatAnswer, ModelError> {
        let tokens = request.estimated_tokens();
        if tokens > self.context_window {
            let window = self.context_window;
            return Err(ModelError::ContextOverflow(format!(
                "The conversation has about {tokens} tokens; the model's context has {window}."
            )));
        }
        self.speak(self.answer(request), request, listener)
    }

    fn embed(&self, inputs: &[String]) -> Result<Vec<Vec<f32>>, String> {
        Ok(inputs
            .iter()
            .map(|text| embedding::embedding(text))
            .collect())
    }

    fn models(&self) -> Result<Vec<ModelInfo>, String> {
        let mut models = self.models.clone();
        for model in &mut models {
            model.context_window = Some(self.context_window);
        }
        Ok(models)
    }

    fn default_model(&self) -> String {
        self.models
            .first()
            .map_or(MODEL.into(), |model| model.id.clone())
    }

    fn embedding_model(&self) -> String {
        EMBEDDER.into()
    }

    fn dimensions(&self) -> Option<usize> {
        Some(embedding::DIMENSIONS)
    }

    fn context_window(&self) -> Option<u64> {
        Some(self.context_window)
    }
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

fn chunks(said: &Content) -> Vec<String> {
    match said {
        Content::Nothing => Vec::new(),
        Content::Text(text) => words(text),
        Content::Chunks(chunks) => chunks.clone(),
    }
}

/// At most `max_tokens` chunks (a word is a token here), and whether some were left out.
fn shortened(mut chunks: Vec<String>, request: &ChatRequest) -> (Vec<String>, bool) {
    let most = request.options.get("max_tokens").and_then(Value::as_u64);
    let most = most.and_then(|most| usize::try_from(most).ok());
    let cut = most.is_some_and(|most| chunks.len() > most);
    chunks.truncate(most.unwrap_or(usize::MAX));
    (chunks, cut)
}

/// Passes the pieces on. True when the listener stopped it.
fn tell(
    deltas: impl Iterator<Item = Delta>,
    pace: Duration,
    answer: &mut ChatAnswer,
    listener: &mut Option<Listener<'_>>,
) -> bool {
    for delta in deltas {
        if listener.is_some() && !pace.is_zero() {
            std::thread::sleep(pace);
        }
        match &delta {
            Delta::Content(text) => answer.content.get_or_insert_default().push_str(text),
            Delta::Reasoning(_) => answer.unclosed_reasoning = true,
        }
        if matches!(delta, Delta::Content(_)) {
            answer.unclosed_reasoning = false;
        }
        if let Some(listener) = listener
            && listener(delta).is_break()
        {
            return true;
        }
    }
    false
}

fn counted(mut answer: ChatAnswer, request: &ChatRequest, usage: Option<(u64, u64)>) -> ChatAnswer {
    if answer.content.is_none() && answer.tool_calls.is_empty() {
        answer.content = Some(String::new());
    }
    answer.unclosed_reasoning &= answer.tool_calls.is_empty();
    let tokens = estimate_tokens(answer.content.as_deref().unwrap_or_default());
    let (read, tokens) = usage.unwrap_or((request.estimated_tokens(), tokens));
    (answer.prompt_tokens, answer.completion_tokens) = (read, tokens);
    answer
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

#[cfg(test)]
mod tests {
    use super::super::rule::Reply;
    use super::*;
    use serde_json::json;
    use std::ops::ControlFlow;

    fn ask(model: &BuiltinModel, text: &str) -> ChatAnswer {
        let tools = vec![json!({"type": "function", "function": {"name": "list_notes"}})];
        let messages = vec![json!({"role": "user", "content": text})];
        let request = ChatRequest {
            messages,
            tools,
            ..Default::default()
        };
        model.chat(&request, None).unwrap()
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
    fn streams_word_by_word_at_its_pace_and_stops_when_asked() {
        let model = BuiltinModel::new().pace(Duration::from_millis(20));
        let began = std::time::Instant::now();
        let request = ChatRequest {
            messages: vec![json!({"role": "user", "content": "a b c"})],
            ..Default::default()
        };
        let mut deltas = Vec::new();
        let mut listener = |delta| {
            deltas.push(delta);
            if deltas.len() == 3 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let answer = model.chat(&request, Some(&mut listener)).unwrap();
        assert!(answer.stopped);
        assert!(began.elapsed() >= Duration::from_millis(60));
        assert_eq!(answer.content.unwrap(), "You said: a");
        assert_eq!(deltas[1], Delta::Content(" said:".into()));
    }
}
