//! What a plugin does when it is used as usual, once per process: its answers, and every call in
//! either direction. Rules that share a process read it; it must not know what they look for.

use super::evidence::Evidence;
use super::offline::is_refusal;
use super::tracked::{Call, Side};
use osaurus_abi::HostSlot;
use serde_json::Value;

/// A call of a tool and what came of it.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The tool.
    pub(crate) tool: String,
    /// The arguments as they were passed.
    pub(crate) payload: String,
    /// The call, for people.
    pub(crate) call: String,
    /// What the tool answered.
    pub(crate) text: String,
    /// Whether the host refused a call of it, which made-up arguments bring about, and a host
    /// without a network.
    pub(crate) was_refused: bool,
}

impl Answer {
    pub(crate) fn evidence(&self, what: impl Into<String>) -> Evidence {
        Evidence::new(what).in_call(&self.call).bytes(&self.text)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

/// The usual use of a plugin.
#[derive(Debug, Clone)]
pub(crate) struct Usual {
    /// Of every tool with each of its samples; NULL is another rule's business.
    pub(crate) answers: Vec<Answer>,
    /// Every call of it, in the order in which they began: tools first, then routes, settings,
    /// events, an artifact.
    pub(crate) calls: Vec<Call>,
    /// Whether settings are delivered to the plugin.
    pub(crate) handles_config: bool,
}

impl Usual {
    /// What the plugin called of the host, by the function's name.
    pub(crate) fn host_calls<'a>(&'a self, function: &'a str) -> impl Iterator<Item = &'a Call> {
        let of_host = self.calls.iter().filter(|call| call.side == Side::Host);
        of_host.filter(move |call| call.function == function)
    }

    /// Whether the checker refused a host call.
    pub(crate) fn was_refused(&self) -> bool {
        let mut answers = self.calls.iter().filter_map(Call::answer_text);
        answers.any(|answer| is_refusal(&answer))
    }

    /// What the plugin wrote to the log.
    pub(crate) fn log(&self) -> impl Iterator<Item = &Call> {
        let of_host = self.calls.iter().filter(|call| call.side == Side::Host);
        of_host.filter(|call| call.function.starts_with("log"))
    }
}

/// What the tools answered in these calls.
pub(super) fn answers(calls: &[Call]) -> Vec<Answer> {
    let tools = calls.iter().filter(|call| call.function == "invoke");
    tools.filter_map(|call| answer(call, calls)).collect()
}

fn answer(call: &Call, all: &[Call]) -> Option<Answer> {
    let (tool, payload) = (call.text(1), call.text(2));
    let inside = |other: &&Call| other.within.is_some_and(|(frame, _)| frame == call.number);
    let mut inside = all.iter().filter(inside);
    Some(Answer {
        call: format!("invoke(\"tool\", {tool:?}, {payload})"),
        text: call.answer_text()?,
        was_refused: inside.any(is_refused),
        tool,
        payload,
    })
}

/// Whether the host answered an error. What it says of SQL is about the plugin's own text.
fn is_refused(call: &Call) -> bool {
    let is_database = matches!(call.slot, Some(HostSlot::DbExec | HostSlot::DbQuery));
    let answer: Value = call
        .answer
        .as_deref()
        .and_then(|answer| serde_json::from_slice(answer).ok())
        .unwrap_or_default();
    !is_database && answer["error"].is_string()
}
