//! Task events on their way to the plugin that dispatched the task: their payloads, and one serial queue per task.

use crate::json;
use crate::task::Task;
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
    Clarification {
        question: String,
    },
    Completed {
        output: Option<String>,
    },
    Failed {
        summary: String,
        output: Option<String>,
    },
    Cancelled,
    Draft(Option<Value>),
}

impl Event {
    fn kind(&self) -> i32 {
        match self {
            Event::Started => task_event::STARTED,
            Event::Activity { .. } => task_event::ACTIVITY,
            Event::Clarification { .. } => task_event::CLARIFICATION,
            Event::Completed { .. } => task_event::COMPLETED,
            Event::Failed { .. } => task_event::FAILED,
            Event::Cancelled => task_event::CANCELLED,
            Event::Draft(_) => task_event::DRAFT,
        }
    }

    fn payload(&self, task: &Task) -> Value {
        let title = task.title.as_str();
        match self {
            Event::Started => json!({"status": "running", "title": title}),
            Event::Activity { tool, timestamp } => {
                json!({"kind": "tool", "title": "Tool", "detail": tool, "timestamp": timestamp})
            }
            Event::Clarification { question } => {
                json!({"question": question, "allow_multiple": false})
            }
            Event::Completed { output } => ended(task, true, "Chat completed", output.as_deref()),
            Event::Failed { summary, output } => ended(task, false, summary, output.as_deref()),
            Event::Cancelled => json!({"title": title}),
            Event::Draft(None) => json!({"title": title}),
            Event::Draft(Some(draft)) => json!({"title": title, "draft": draft}),
        }
    }
}

fn ended(task: &Task, success: bool, summary: &str, output: Option<&str>) -> Value {
    let mut payload =
        json!({"success": success, "summary": summary, "title": task.title, "session_id": task.id});
    if let Some(output) = output {
        payload["output"] = output.into();
    }
    payload
}

/// Queues an event; it reaches `on_task_event` in order, on a host thread, with the task's agent.
pub(crate) fn emit(task: &Arc<Task>, event: &Event) {
    let payload = json::canonical(&event.payload(task));
    let (kind, task) = (event.kind(), Arc::clone(task));
    task.clone().events.push(move || {
        let Some(plugin) = task.context.host.plugin(&task.context.plugin_id) else {
            return;
        };
        if plugin.handles_task_events() {
            plugin.task_event(task.agent, &task.id, kind, &payload);
        }
    });
}
