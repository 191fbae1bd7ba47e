//! Task events on their way to the plugin that dispatched the task: their payloads, and one serial queue per task.

use crate::chat::tasks::task::Task;
use crate::common::json;
use crate::tools::built_in::Question;
use osaurus_abi::task_event;
use serde_json::{Value, json};
use std::sync::Arc;

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
    fn kind(&self) -> i32 {
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

    fn payload(&self, task: &Task) -> Value {
        let title = task.order.title.as_str();
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
                let mut payload = ended(task, true, "Chat completed", output.clone());
                let filled = task.context.host.settings.profile.documented();
                let artifacts = (filled && !artifacts.is_empty()).then(|| artifacts.clone());
                put(&mut payload, "artifacts", artifacts);
                payload
            }
            Event::Failed { summary, output } => ended(task, false, summary, output.clone()),
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

fn ended(task: &Task, success: bool, summary: &str, output: Option<String>) -> Value {
    let title = task.order.title.as_str();
    let mut payload =
        json!({"success": success, "summary": summary, "title": title, "session_id": task.id});
    put(&mut payload, "output", output);
    payload
}

/// Queues an event; it reaches `on_task_event` in order, on a host thread, with the task's agent. A plugin that is being
/// unloaded still gets it.
pub(crate) fn emit(task: &Arc<Task>, event: &Event) {
    let payload = json::canonical(&event.payload(task));
    let (kind, task) = (event.kind(), Arc::clone(task));
    task.clone().events.push(move || {
        let listed = || task.context.host.plugin(&task.context.plugin_id);
        let Some(plugin) = task.plugin.clone().or_else(listed) else {
            return;
        };
        if plugin.handles_task_events() {
            plugin.task_event(task.agent, &task.id, kind, &payload);
        }
    });
}
