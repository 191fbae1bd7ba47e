//! What task events say: their kinds and payloads. Tasks emit them.

use crate::chat::ending::Question;
use osaurus_abi::task_event;
use serde_json::{Value, json};

/// An event of a task.
pub(crate) enum Event {
    Started,
    Activity {
        tool: String,
        timestamp: String,
    },
    /// Documented hosts only.
    Progress {
        progress: f64,
        current_step: Option<String>,
    },
    Clarification(Question),
    Completed {
        output: Option<String>,
        artifacts: Vec<Value>,
    },
    Failed {
        summary: String,
        output: Option<String>,
    },
    Cancelled,
    /// Documented hosts only.
    Output(String),
    Draft(Option<Value>),
}

impl Event {
    pub(crate) fn kind(&self) -> i32 {
        match self {
            Event::Started => task_event::STARTED,
            Event::Activity { .. } => task_event::ACTIVITY,
            Event::Progress { .. } => task_event::PROGRESS,
            Event::Clarification(_) => task_event::CLARIFICATION,
            Event::Completed { .. } => task_event::COMPLETED,
            Event::Failed { .. } => task_event::FAILED,
            Event::Cancelled => task_event::CANCELLED,
            Event::Output(_) => task_event::OUTPUT,
            Event::Draft(_) => task_event::DRAFT,
        }
    }

    /// The payload for a task of this id and title; `documented` as the profile says.
    pub(crate) fn payload(&self, id: &str, title: &str, documented: bool) -> Value {
        let ended = |is_success: bool, summary: &str, output: &Option<String>| {
            let mut payload = json!({"success": is_success, "summary": summary, "title": title,
                "session_id": id});
            put(&mut payload, "output", output.clone());
            payload
        };
        match self {
            Event::Started => json!({"status": "running", "title": title}),
            Event::Activity { tool, timestamp } => {
                json!({"kind": "tool", "title": "Tool", "detail": tool, "timestamp": timestamp})
            }
            Event::Progress {
                progress,
                current_step,
            } => {
                let mut payload = json!({"progress": progress, "title": title});
                put(&mut payload, "current_step", current_step.clone());
                payload
            }
            Event::Clarification(question) => asked(question),
            Event::Completed { output, artifacts } => {
                let mut payload = ended(true, "Chat completed", output);
                let artifacts = (documented && !artifacts.is_empty()).then(|| artifacts.clone());
                put(&mut payload, "artifacts", artifacts);
                payload
            }
            Event::Failed { summary, output } => ended(false, summary, output),
            Event::Cancelled | Event::Draft(None) => json!({"title": title}),
            Event::Output(text) => json!({"text": text, "title": title}),
            Event::Draft(Some(draft)) => json!({"title": title, "draft": draft}),
        }
    }
}

fn put(payload: &mut Value, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        payload[key] = value.into();
    }
}

fn asked(question: &Question) -> Value {
    let mut payload =
        json!({"question": question.question, "allow_multiple": question.allow_multiple});
    let options = (!question.options.is_empty()).then(|| question.options.clone());
    put(&mut payload, "options", options);
    payload
}
