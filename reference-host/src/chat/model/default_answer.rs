//! What the built-in model does when no rule fits: it tells tool results, makes the tool calls that
//! the user spells out, summarises, or repeats. Pure functions of the conversation.

use super::content_text;
use super::rule::{Answer, Arguments, Call};
use crate::tools::exposure::names::{GATEWAY, LOAD};
use serde_json::Value;

/// The tools by which others are loaded.
const LOADERS: [&str; 2] = [GATEWAY, LOAD];

/// The answer without rules. `results` are the tools' since the last user message. Tools that are
/// asked for and were not offered are loaded first, once, where there is a tool that loads others.
pub(super) fn answer(asked: &str, results: &[(String, String)], tools: &[Value]) -> Answer {
    let offered = offered(tools);
    let calls = asked_calls(asked, &offered);
    let is_asked_for = |name: &str| calls.iter().any(|call| call.tool == name);
    let mut loaders = LOADERS.into_iter();
    let loader = loaders.find(|name| offered.contains(name) && !is_asked_for(name));
    let is_load = |tool: &str| loader == Some(tool);
    let lines: Vec<String> = results
        .iter()
        .filter(|(tool, _)| !is_load(tool))
        .map(|(tool, said)| format!("{tool} returned: {said}"))
        .collect();
    if !lines.is_empty() {
        return Answer::text(lines.join("\n"));
    }
    let has_loaded = !results.is_empty();
    let load = loader
        .filter(|_| !has_loaded)
        .and_then(|loader| load(loader, asked, &offered));
    match load {
        Some(load) => Answer::calls(vec![load]),
        None if calls.is_empty() => Answer::text(said(asked)),
        None => Answer::calls(calls),
    }
}

/// Loads what is asked for and not offered; None if there is nothing of the kind.
fn load(loader: &str, asked: &str, offered: &[&str]) -> Option<Call> {
    let mut ids: Vec<String> = Vec::new();
    for name in asked_names(asked) {
        let id = format!("tool/{name}");
        if !offered.contains(&name) && !ids.contains(&id) {
            ids.push(id);
        }
    }
    (!ids.is_empty()).then(|| Call {
        tool: loader.to_string(),
        arguments: Arguments::Text(serde_json::json!({"ids": ids}).to_string()),
    })
}

/// Every NAME of a `call NAME` that an object, a mark or the end follows: other words are not
/// calls.
fn asked_names(text: &str) -> Vec<&str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let name = |(at, found): (usize, &str)| {
        let before = text[..at].chars().next_back();
        let named = text[at + found.len()..]
            .trim_start()
            .trim_start_matches('`');
        let whole = &named[..named.find(|c| !is_plain(c)).unwrap_or(named.len())];
        let (name, after) = named.split_at(whole.trim_end_matches('.').len());
        let after = after.trim_start_matches('`');
        let object = after.trim_start_matches([' ', ':']);
        let object = object.strip_prefix("with ").unwrap_or(object);
        let ends = object.is_empty()
            || object.starts_with('{')
            || after.starts_with([',', '.', ';', '\n', '!', '?']);
        let is_word = before.is_none_or(|c| !c.is_alphanumeric());
        (is_word && ends && !name.is_empty()).then_some(name)
    };
    text.match_indices("call ").filter_map(name).collect()
}

fn offered(tools: &[Value]) -> Vec<&str> {
    tools
        .iter()
        .filter_map(|tool| tool.pointer("/function/name")?.as_str())
        .collect()
}

pub(super) fn role(message: &Value) -> &str {
    message
        .get("role")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Name and content of each tool message.
pub(super) fn tool_results(messages: &[Value]) -> Vec<(String, String)> {
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
            let id = message.get("tool_call_id").and_then(Value::as_str);
            (name_of(id.unwrap_or_default()), content_text(message))
        })
        .collect()
}

/// Every `call NAME {json}` of an offered tool.
fn asked_calls(text: &str, tools: &[&str]) -> Vec<Call> {
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
            calls.push(Call {
                tool: (*tool).to_string(),
                arguments: Arguments::Text(leading_object(rest)),
            });
        }
    }
    calls
}

fn begins_with_name(text: &str, name: &str) -> bool {
    let after = text.strip_prefix(name).map(|rest| rest.chars().next());
    after.is_some_and(|next| next.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '-'))
}

/// The JSON object at the start of a string, as compact text.
fn leading_object(text: &str) -> String {
    let text = text.trim_start_matches(['`', ' ', ':']);
    let text = text.strip_prefix("with ").unwrap_or(text);
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    match values.next() {
        Some(Ok(value @ Value::Object(_))) => value.to_string(),
        _ => "{}".into(),
    }
}

fn said(asked: &str) -> String {
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
