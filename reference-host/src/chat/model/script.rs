//! The built-in model's script: a TOML file of rules (docs/model-script.md). This module reads one
//! and says exactly what is wrong with a bad one; the rules themselves are in `rule`.

use super::builtin::BuiltinModel;
use super::rule::{Answer, Arguments, Call, Content, Fits, LastSpeaker, Pattern, Rule};
use super::{ModelError, ModelInfo};
use crate::host::errors::BuildError;
use regex::Regex;
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    pace_ms: Option<u64>,
    context_window: Option<u64>,
    #[serde(default)]
    model: Vec<ModelEntry>,
    #[serde(default)]
    rule: Vec<Spanned<RuleEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelEntry {
    id: String,
    name: Option<String>,
    provider: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleEntry {
    when: Option<String>,
    matches: Option<Spanned<String>>,
    after_tool: Option<String>,
    times: Option<u64>,
    delay_ms: Option<u64>,
    pace_ms: Option<u64>,
    reasoning: Option<Texts>,
    text: Option<String>,
    chunks: Option<Vec<String>>,
    #[serde(default)]
    call: Vec<CallEntry>,
    clarify: Option<Clarify>,
    complete: Option<String>,
    fail: Option<Failure>,
    finish_reason: Option<String>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a string or a list of strings")]
enum Texts {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallEntry {
    tool: String,
    arguments: Option<ArgumentsEntry>,
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected a table, or a string that is sent as it is"
)]
enum ArgumentsEntry {
    Text(String),
    Table(serde_json::Map<String, Value>),
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected the question as a string, or a table with question, options and \
                 allow_multiple"
)]
enum Clarify {
    Question(String),
    Full(Question),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    question: String,
    #[serde(default)]
    options: Vec<String>,
    #[serde(default)]
    allow_multiple: bool,
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected the message as a string, or a table with message and code (failed or \
                 context_overflow)"
)]
enum Failure {
    Message(String),
    Full { message: String, code: Code },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Code {
    Failed,
    ContextOverflow,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
}

/// Reads a script file.
pub(crate) fn load(path: &Path) -> Result<BuiltinModel, BuildError> {
    let bad = |place: String, reason: String| BuildError::ModelScript { place, reason };
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| bad(name.clone(), format!("it cannot be read: {error}")))?;
    read(&text).map_err(|(at, reason)| {
        let line = text[..at.min(text.len())].matches('\n').count() + 1;
        bad(format!("{name}, line {line}"), reason)
    })
}

/// The byte at which something is wrong, and what.
type Fault = (usize, String);

fn read(text: &str) -> Result<BuiltinModel, Fault> {
    let script: Script = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        (at, error.message().to_string())
    })?;
    let mut model = BuiltinModel::new();
    model.pace = millis(script.pace_ms);
    model.context_window = script.context_window.unwrap_or(model.context_window);
    if !script.model.is_empty() {
        model.models = script.model.into_iter().map(model_info).collect();
    }
    for entry in script.rule {
        let at = entry.span().start;
        model.rules.push(rule(entry.into_inner(), at)?);
    }
    Ok(model)
}

fn millis(number: Option<u64>) -> Duration {
    Duration::from_millis(number.unwrap_or(0))
}

fn model_info(entry: ModelEntry) -> ModelInfo {
    let name = entry.name.unwrap_or_else(|| entry.id.clone());
    ModelInfo::new(entry.id, name, entry.provider.unwrap_or("local".into()))
}

fn rule(entry: RuleEntry, at: usize) -> Result<Rule, Fault> {
    check(&entry).map_err(|reason| (at, reason.to_string()))?;
    let mut fits = Fits::new(speaker(&entry), pattern(&entry)?);
    if let Some(times) = entry.times {
        fits = fits.at_most(times);
    }
    let answer = answer(entry);
    Ok(Rule { fits, answer })
}

fn check(entry: &RuleEntry) -> Result<(), &'static str> {
    let does_something = entry.text.is_some()
        || entry.chunks.is_some()
        || entry.reasoning.is_some()
        || entry.fail.is_some()
        || !calls_of(entry).is_empty();
    if entry.when.is_some() && entry.matches.is_some() {
        return Err("the rule has `when` and `matches`; expected one of them");
    }
    if entry.when.is_none() && entry.matches.is_none() && entry.after_tool.is_none() {
        return Err(
            "the rule has no condition; expected `when` (\"\" always fits), `matches` or \
             `after_tool`",
        );
    }
    if entry.text.is_some() && entry.chunks.is_some() {
        return Err("the rule has `text` and `chunks`; expected one of them");
    }
    if entry.fail.is_some() && !calls_of(entry).is_empty() {
        return Err(
            "the rule fails and calls tools; expected `fail` without `call`, `clarify` and \
             `complete`",
        );
    }
    if !does_something {
        return Err(
            "the rule does nothing; expected `text`, `chunks`, `reasoning`, `call`, `clarify`, \
             `complete` or `fail`",
        );
    }
    Ok(())
}

fn speaker(entry: &RuleEntry) -> LastSpeaker {
    match entry.after_tool.as_deref() {
        None => LastSpeaker::User,
        Some("*") => LastSpeaker::Tool(None),
        Some(name) => LastSpeaker::Tool(Some(name.into())),
    }
}

fn pattern(entry: &RuleEntry) -> Result<Pattern, Fault> {
    if let Some(pattern) = &entry.matches {
        let regex = Regex::new(pattern.as_ref());
        let problem = |error: regex::Error| {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default();
            format!(
                "`matches` is not a regular expression: {}",
                reason.trim_start_matches("error: ")
            )
        };
        let regex = regex.map_err(|error| (pattern.span().start, problem(error)))?;
        return Ok(Pattern::Regex(regex));
    }
    Ok(match entry.when.as_deref() {
        None | Some("") => Pattern::Anything,
        Some(text) => Pattern::Contains(text.to_lowercase()),
    })
}

fn calls_of(entry: &RuleEntry) -> Vec<Call> {
    let call = |tool: &str, arguments| Call {
        tool: tool.into(),
        arguments,
    };
    let mut calls: Vec<Call> = entry
        .call
        .iter()
        .map(|entry| call(&entry.tool, arguments(entry.arguments.as_ref())))
        .collect();
    if let Some(clarify) = &entry.clarify {
        calls.push(call("clarify", Arguments::Json(question(clarify))));
    }
    if let Some(summary) = &entry.complete {
        calls.push(call(
            "complete",
            Arguments::Json(json!({"summary": summary})),
        ));
    }
    calls
}

fn arguments(entry: Option<&ArgumentsEntry>) -> Arguments {
    match entry {
        None => Arguments::Json(json!({})),
        Some(ArgumentsEntry::Text(text)) => Arguments::Text(text.clone()),
        Some(ArgumentsEntry::Table(table)) => Arguments::Json(Value::Object(table.clone())),
    }
}

fn question(clarify: &Clarify) -> Value {
    match clarify {
        Clarify::Question(question) => json!({"question": question}),
        Clarify::Full(full) => json!({
            "question": full.question, "options": full.options,
            "allow_multiple": full.allow_multiple,
        }),
    }
}

fn answer(entry: RuleEntry) -> Answer {
    let calls = calls_of(&entry);
    let content = match (entry.text, entry.chunks) {
        (Some(text), _) => Content::Text(text),
        (None, Some(chunks)) => Content::Chunks(chunks),
        (None, None) => Content::Nothing,
    };
    let reasoning = match entry.reasoning {
        None => Vec::new(),
        Some(Texts::One(text)) => vec![text],
        Some(Texts::Many(strings)) => strings,
    };
    let failure = entry.fail.map(|fail| match fail {
        Failure::Message(message) => ModelError::Failed(message),
        Failure::Full { message, code } => match code {
            Code::Failed => ModelError::Failed(message),
            Code::ContextOverflow => ModelError::ContextOverflow(message),
        },
    });
    Answer {
        delay: millis(entry.delay_ms),
        pace: entry.pace_ms.map(Duration::from_millis),
        reasoning,
        content,
        calls,
        failure,
        finish_reason: entry.finish_reason,
        usage: entry
            .usage
            .map(|usage| (usage.prompt_tokens, usage.completion_tokens)),
    }
}
