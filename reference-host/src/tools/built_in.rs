//! The host's own tools: `complete` and `clarify` end a conversation, `share_artifact` copies a
//! file for the user, `capabilities` and its older pair load tools. The chat loop runs them when no
//! plugin has a tool of that name.

use crate::chat::ending::{Ending, Question};
use crate::chat::model::ModelToolCall;
use crate::common::ids::AgentId;
use crate::common::json;
use crate::host::core::HostCore;
use crate::tools::artifacts::{self, ToShare};
use crate::tools::call::not_available;
use crate::tools::definitions::{self, definition};
use crate::tools::envelope;
use crate::tools::exposure::gateway;
use crate::tools::exposure::names::{DISCOVER, GATEWAY, LOAD};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// Their names, which tasks may pin.
pub(crate) const NAMES: [&str; 6] = [
    "complete",
    "clarify",
    "share_artifact",
    GATEWAY,
    LOAD,
    DISCOVER,
];

/// What a tool of the host does beside its answer.
pub(crate) enum Effect {
    Nothing,
    Ends(Ending),
    Shared(Value),
    Loaded(Vec<String>),
}

/// The definition of one of them.
pub(crate) fn named(name: &str) -> Option<Value> {
    let mut all = definitions(&[GATEWAY, LOAD, DISCOVER]).into_iter();
    all.find(|tool| definitions::name_of(tool) == Some(name))
}

/// Their OpenAI definitions, with these of the tools that load others.
pub(crate) fn definitions(loaders: &[&str]) -> Vec<Value> {
    let loader = |name: &&str| loader(name);
    always()
        .into_iter()
        .chain(loaders.iter().map(loader))
        .collect()
}

fn loader(name: &str) -> Value {
    let ids = json!({"type": "array", "items": {"type": "string"}, "description": "Such as \
        plugin/ID, skill/NAME or tool/NAME."});
    let query = json!({"type": "string", "description": "What to search for."});
    let object = |properties: Value| json!({"type": "object", "properties": properties});
    match name {
        LOAD => definition(
            LOAD,
            "Loads tools and skills by their ids; tools can be called from the next turn on.",
            json!({"type": "object", "properties": {"ids": ids}, "required": ["ids"]}),
        ),
        DISCOVER => definition(
            DISCOVER,
            "Searches for tools and skills that are not loaded.",
            object(json!({"query": query})),
        ),
        _ => definition(
            GATEWAY,
            "Loads tools and skills by their ids, searches for them, or lists them.",
            object(json!({"ids": ids, "query": query})),
        ),
    }
}

fn always() -> Vec<Value> {
    let object = |properties: Value, required: &[&str]| {
        json!({"type": "object",
        "properties": properties, "required": required})
    };
    let text = |description: &str| json!({"type": "string", "description": description});
    let strings = |description: &str| {
        json!({"type": "array", "items": {"type": "string"},
        "description": description})
    };
    vec![
        definition(
            "complete",
            "Ends the work with a summary.",
            object(json!({"summary": text("What was achieved.")}), &["summary"]),
        ),
        definition(
            "clarify",
            "Asks the user a question and waits for the answer.",
            object(
                json!({"question": text("The question."), "options": strings("Answers to choose \
                    from."),
                       "allow_multiple": {"type": "boolean", "description": "Whether several may \
                           be chosen."}}),
                &["question"],
            ),
        ),
        definition(
            "share_artifact",
            "Hands a file to the user: one that is there, by its path, or a new one with this \
             content.",
            object(
                json!({"path": text("The file or folder."), "content": text("The text of a new \
                    file."),
                       "filename": text("Its name for the user."), "description": text("What it \
                           is.")}),
                &[],
            ),
        ),
    ]
}

/// The conversation that calls one of them.
pub(crate) struct Caller<'a> {
    pub(crate) host: &'a HostCore,
    pub(crate) plugin: &'a str,
    pub(crate) agent: Option<AgentId>,
    pub(crate) folder: Option<&'a Path>,
}

/// Runs one of them; the envelope for the model and what else happens. Other names are
/// `tool_not_found`.
pub(crate) fn run(caller: &Caller<'_>, call: &ModelToolCall) -> (String, Effect) {
    let arguments = json::object(&call.arguments).unwrap_or_default();
    match call.name.as_str() {
        "complete" => complete(&arguments),
        "clarify" => clarify(&arguments),
        "share_artifact" => share(caller, &arguments),
        GATEWAY | LOAD | DISCOVER => {
            let (answer, loaded) = gateway::run(caller.host, caller.agent, &call.name, &arguments);
            (answer, Effect::Loaded(loaded))
        }
        name => (not_available(name).write(name), Effect::Nothing),
    }
}

fn text<'a>(arguments: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    let text = arguments.get(key).and_then(Value::as_str);
    text.filter(|text| !text.trim().is_empty())
}

fn strings(arguments: &Map<String, Value>, key: &str) -> Vec<String> {
    let items = arguments
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    items
        .filter_map(Value::as_str)
        .map(str::to_string)
        .collect()
}

fn invalid(tool: &str, message: &str) -> (String, Effect) {
    (
        envelope::failure("invalid_args", message, tool),
        Effect::Nothing,
    )
}

fn complete(arguments: &Map<String, Value>) -> (String, Effect) {
    let Some(summary) = text(arguments, "summary") else {
        return invalid("complete", "`summary` must be a string that is not blank.");
    };
    let summary = summary.to_string();
    let answer = envelope::success(json!({"text": summary}), "complete", None);
    (answer, Effect::Ends(Ending::Completed { summary }))
}

fn clarify(arguments: &Map<String, Value>) -> (String, Effect) {
    let Some(question) = text(arguments, "question") else {
        return invalid("clarify", "`question` must be a string that is not blank.");
    };
    let question = Question {
        question: question.to_string(),
        options: strings(arguments, "options"),
        allow_multiple: arguments.get("allow_multiple") == Some(&Value::Bool(true)),
    };
    let answer = envelope::success(json!({"text": question.question}), "clarify", None);
    (answer, Effect::Ends(Ending::Clarify(question)))
}

fn share(caller: &Caller<'_>, arguments: &Map<String, Value>) -> (String, Effect) {
    let file = ToShare {
        path: text(arguments, "path").map(PathBuf::from),
        content: arguments
            .get("content")
            .and_then(Value::as_str)
            .map(str::to_string),
        filename: text(arguments, "filename").map(str::to_string),
        description: text(arguments, "description").map(str::to_string),
    };
    match artifacts::copy(caller.host, &file, caller.folder) {
        Err((kind, message)) => {
            if kind == "rejected" {
                caller.host.warn(caller.plugin, caller.agent, &message);
            }
            (
                envelope::failure(kind, &message, "share_artifact"),
                Effect::Nothing,
            )
        }
        Ok(artifact) => {
            let result =
                json!({"text": "The file was shared with the user.", "artifact": artifact});
            let answer = envelope::success(result, "share_artifact", None);
            (answer, Effect::Shared(artifact))
        }
    }
}
