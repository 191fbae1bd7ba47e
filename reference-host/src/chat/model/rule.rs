//! Rules of the built-in model: which message one fits, and what the model then does. The script
//! file and Rust tests make them; the built-in model follows the first that fits.

use super::ModelError;
use regex::{Captures, Regex};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What a rule makes the model do.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Answers with this text.
    Text(String),
    /// Streams exactly these chunks; a call that does not stream gets them joined.
    Chunks(Vec<String>),
    /// Calls a tool with these JSON arguments.
    CallTool {
        /// The tool's name.
        name: String,
        /// Its arguments, a JSON object.
        arguments: String,
    },
    /// Fails with this message.
    Fail(String),
}

/// When the last message fits, reply so. Rules are tried in order; the first that fits is used.
#[derive(Debug, Clone)]
pub struct Rule {
    pub(super) fits: Fits,
    pub(super) answer: Answer,
}

impl Rule {
    /// Fits when the conversation's last message is a user's and contains `text` (case matters not;
    /// an empty text always fits).
    pub fn when(text: &str, reply: Reply) -> Rule {
        let fits = Fits::new(LastSpeaker::User, Pattern::Contains(text.to_lowercase()));
        let answer = Answer::from(reply);
        Rule { fits, answer }
    }

    /// Fits right after a tool of this name has answered.
    pub fn after_tool(name: &str, reply: Reply) -> Rule {
        let fits = Fits::new(LastSpeaker::Tool(Some(name.into())), Pattern::Anything);
        let answer = Answer::from(reply);
        Rule { fits, answer }
    }

    /// Waits this long before each chunk of a stream, instead of the model's own pace.
    #[must_use]
    pub fn pace(mut self, pause: Duration) -> Rule {
        self.answer.pace = Some(pause);
        self
    }
}

/// The part of a conversation that rules look at.
pub(super) struct Last<'a> {
    /// The last user message, unless tools have answered since.
    pub(super) asked: Option<&'a str>,
    /// The tools of the last round with what they said, otherwise.
    pub(super) results: &'a [(String, String)],
}

/// When a rule is used.
#[derive(Debug, Clone)]
pub(super) struct Fits {
    speaker: LastSpeaker,
    pattern: Pattern,
    left: Option<Arc<AtomicU64>>,
}

/// Whose message must be the last.
#[derive(Debug, Clone)]
pub(super) enum LastSpeaker {
    User,
    /// A tool's, of this name if there is one.
    Tool(Option<String>),
}

#[derive(Debug, Clone)]
pub(super) enum Pattern {
    Anything,
    /// Lower case.
    Contains(String),
    Regex(Regex),
}

impl Fits {
    pub(super) fn new(speaker: LastSpeaker, pattern: Pattern) -> Fits {
        Fits {
            speaker,
            pattern,
            left: None,
        }
    }

    /// At most `times` uses, counted over all conversations.
    pub(super) fn at_most(mut self, times: u64) -> Fits {
        self.left = Some(Arc::new(AtomicU64::new(times)));
        self
    }

    /// The found parts of the message, when the rule fits; this counts as a use.
    pub(super) fn find<'a>(&self, last: &Last<'a>) -> Option<Groups<'a>> {
        let captures = match &self.speaker {
            LastSpeaker::User => self.pattern.find(last.asked?)?,
            LastSpeaker::Tool(None) => self.pattern.find(&last.results.last()?.1)?,
            LastSpeaker::Tool(Some(name)) => {
                let mut results = last.results.iter().filter(|(tool, _)| tool == name);
                results.find_map(|(_, results)| self.pattern.find(results))?
            }
        };
        self.use_up().then_some(captures)
    }

    fn use_up(&self) -> bool {
        let Some(left) = &self.left else {
            return true;
        };
        let use_of_rule = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
            left.checked_sub(1)
        });
        use_of_rule.is_ok()
    }
}

impl Pattern {
    fn find<'a>(&self, text: &'a str) -> Option<Groups<'a>> {
        match self {
            Pattern::Anything => Some(Groups(None)),
            Pattern::Contains(part) => text.to_lowercase().contains(part).then_some(Groups(None)),
            Pattern::Regex(regex) => regex.captures(text).map(|captures| Groups(Some(captures))),
        }
    }
}

/// What a regular expression found in the message; `$1` and `${name}` of an answer stand for its
/// groups.
pub(super) struct Groups<'a>(Option<Captures<'a>>);

impl Groups<'_> {
    pub(super) fn fill(&self, text: &str) -> String {
        let Some(captures) = &self.0 else {
            return text.to_string();
        };
        let mut out = String::new();
        captures.expand(text, &mut out);
        out
    }

    fn fill_json(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => self.fill(text).into(),
            Value::Array(items) => items.iter().map(|item| self.fill_json(item)).collect(),
            Value::Object(map) => {
                let filled = map
                    .iter()
                    .map(|(key, value)| (key.clone(), self.fill_json(value)));
                Value::Object(filled.collect())
            }
            other => other.clone(),
        }
    }
}

/// What the model does in one round, in this order: it waits, reasons, speaks, and calls tools or
/// fails.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    pub(super) delay: Duration,
    /// Instead of the model's own.
    pub(super) pace: Option<Duration>,
    pub(super) reasoning: Vec<String>,
    pub(super) content: Content,
    pub(super) calls: Vec<Call>,
    pub(super) failure: Option<ModelError>,
    pub(super) finish_reason: Option<String>,
    /// Tokens read and written, instead of an estimate.
    pub(super) usage: Option<(u64, u64)>,
}

#[derive(Debug, Clone, Default)]
pub(super) enum Content {
    #[default]
    Nothing,
    /// Streamed word by word.
    Text(String),
    Chunks(Vec<String>),
}

#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) tool: String,
    pub(super) arguments: Arguments,
}

#[derive(Debug, Clone)]
pub(super) enum Arguments {
    /// As it stands, JSON or not.
    Text(String),
    Json(Value),
}

impl Answer {
    pub(super) fn text(text: String) -> Answer {
        Answer {
            content: Content::Text(text),
            ..Answer::default()
        }
    }

    pub(super) fn calls(calls: Vec<Call>) -> Answer {
        Answer {
            calls,
            ..Answer::default()
        }
    }

    /// With the groups that the rule found put in their places.
    pub(super) fn filled(mut self, groups: &Groups<'_>) -> Answer {
        let fill_all =
            |strings: &mut Vec<String>| strings.iter_mut().for_each(|t| *t = groups.fill(t));
        fill_all(&mut self.reasoning);
        match &mut self.content {
            Content::Nothing => {}
            Content::Text(text) => *text = groups.fill(text),
            Content::Chunks(chunks) => fill_all(chunks),
        }
        for call in &mut self.calls {
            call.arguments = match &call.arguments {
                Arguments::Text(text) => Arguments::Text(groups.fill(text)),
                Arguments::Json(value) => Arguments::Json(groups.fill_json(value)),
            };
        }
        self
    }
}

impl Call {
    pub(super) fn arguments_text(&self) -> String {
        match &self.arguments {
            Arguments::Text(text) => text.clone(),
            Arguments::Json(value) => value.to_string(),
        }
    }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Answer {
        match reply {
            Reply::Text(text) => Answer::text(text),
            Reply::Chunks(chunks) => Answer {
                content: Content::Chunks(chunks),
                ..Answer::default()
            },
            Reply::CallTool { name, arguments } => Answer::calls(vec![Call {
                tool: name,
                arguments: Arguments::Text(arguments),
            }]),
            Reply::Fail(message) => Answer {
                failure: Some(ModelError::Failed(message)),
                ..Answer::default()
            },
        }
    }
}
