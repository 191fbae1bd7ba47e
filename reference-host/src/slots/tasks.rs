//! dispatch and everything about tasks: status, list, cancel, drafts, interrupt, and the two reserved slots.

use super::{HostCall, Reply};
use crate::agent_loop;
use crate::ids::{AgentId, canonical_uuid, fresh_uuid};
use crate::json;
use crate::task::Task;
use crate::tasks::{MAX_ACTIVE, MAX_PER_AGENT};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Tools of the host itself that a task may pin.
const HOST_TOOLS: [&str; 4] = ["complete", "clarify", "share_artifact", "capabilities_load"];

pub(super) fn dispatch(call: &HostCall, request: &str, started: &mut Option<Arc<Task>>) -> Reply {
    match try_dispatch(call, request) {
        Err(error) => Reply::Json(error),
        Ok(task) => {
            let answer = json!({"id": task.id, "status": "running"});
            *started = Some(task);
            Reply::Json(answer)
        }
    }
}

fn try_dispatch(call: &HostCall, request: &str) -> Result<Arc<Task>, Value> {
    let request = json::object(request);
    let prompt = request
        .as_ref()
        .and_then(|request| request.get("prompt"))
        .and_then(Value::as_str);
    let (Some(request), Some(prompt)) = (&request, prompt) else {
        return Err(json::error(
            "invalid_request",
            "Missing required field: prompt",
        ));
    };
    if prompt.trim().is_empty() {
        return Err(json::error("invalid_request", "Prompt is empty"));
    }
    call.audit_agent(request);
    let agent = agent(call)?;
    if !call.context.dispatches.admit(Some(agent)) {
        return Err(json::error(
            "rate_limit_exceeded",
            "At most 10 dispatches per minute and agent.",
        ));
    }
    if !call.host().tasks.has_room(agent) {
        let message =
            format!("At most {MAX_PER_AGENT} active tasks per agent and {MAX_ACTIVE} in all.");
        return Err(json::error("task_limit_reached", message));
    }
    warn_foreign_tools(call, request);
    Ok(start(call, agent, request, prompt))
}

fn agent(call: &HostCall) -> Result<AgentId, Value> {
    call.chat_agent().ok_or_else(|| {
        call.warn_no_agent();
        let message = format!(
            "Built-in agent {} is not reachable from plugin/planDispatch. Call dispatch from a frame of another agent.",
            AgentId::DEFAULT
        );
        json::error("built_in_agent_not_exposable", message)
    })
}

fn start(call: &HostCall, agent: AgentId, request: &Map<String, Value>, prompt: &str) -> Arc<Task> {
    let text = |key: &str| request.get(key).and_then(Value::as_str);
    let session_key = text("session_id")
        .filter(|key| !key.trim().is_empty())
        .map(str::to_string);
    let tasks = &call.host().tasks;
    let session = session_key
        .as_ref()
        .and_then(|key| tasks.session(&call.context.plugin_id, agent, key));
    let (id, history) = match session {
        Some(session) => (session.id, session.messages),
        None => (
            text("id")
                .and_then(canonical_uuid)
                .unwrap_or_else(fresh_uuid),
            Vec::new(),
        ),
    };
    let title = text("title").unwrap_or("Chat").to_string();
    let task = Task::new(&call.context, agent, id, title, session_key);
    tasks.add(&task);
    agent_loop::start(&task, prompt, history);
    task
}

/// Pinned tools outside of the plugin's own and the host's are dropped, with one warning per name.
fn warn_foreign_tools(call: &HostCall, request: &Map<String, Value>) {
    let own = call.context.tool_ids();
    let pinned = request
        .get("tools")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    for name in pinned
        .filter_map(Value::as_str)
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        if !own.iter().any(|tool| tool == name) && !HOST_TOOLS.contains(&name) {
            let message = format!(
                "dispatch: the tool '{name}' is neither the plugin's own nor the host's; it is dropped"
            );
            call.context
                .warn_once(&format!("dispatch|tool_scope|{name}"), call.agent, &message);
        }
    }
}

pub(super) fn status(call: &HostCall, id: &str) -> Reply {
    let Some(id) = canonical_uuid(id) else {
        return Reply::Json(json::error("invalid_task_id", "Invalid UUID format"));
    };
    let task = call.host().tasks.owned(&call.context.plugin_id, &id);
    Reply::Json(task.map_or_else(
        || json::error("not_found", "Task not found"),
        |task| task.describe(),
    ))
}

pub(super) fn list_active(call: &HostCall) -> Reply {
    let tasks = call.host().tasks.active_of(&call.context.plugin_id);
    let tasks: Vec<Value> = tasks.iter().map(|task| task.describe()).collect();
    Reply::Json(json!({"tasks": tasks}))
}

pub(super) fn cancel(call: &HostCall, id: &str) -> Reply {
    if let Some(task) = owned(call, "dispatch_cancel", id, false) {
        task.cancel();
    }
    Reply::Void(204)
}

pub(super) fn send_draft(call: &HostCall, id: &str, draft: &str) -> Reply {
    if let Some(task) = owned(call, "send_draft", id, true) {
        task.set_draft(draft);
    }
    Reply::Void(204)
}

pub(super) fn interrupt(call: &HostCall, id: &str, message: Option<&str>) -> Reply {
    if let Some(task) = owned(call, "dispatch_interrupt", id, false) {
        if let Some(message) = message.map(str::trim).filter(|message| !message.is_empty()) {
            task.add_user_turn(message);
        }
        task.interrupted.store(true, Ordering::SeqCst);
    }
    Reply::Void(204)
}

pub(super) fn add_issue() -> Reply {
    let message =
        "dispatch_add_issue is no longer supported. Call dispatch() to start a fresh task.";
    Reply::Json(json::error("not_supported", message))
}

/// The plugin's own task, or a warning once.
fn owned(call: &HostCall, slot: &str, id: &str, must_be_active: bool) -> Option<Arc<Task>> {
    let Some(uuid) = canonical_uuid(id) else {
        let message = format!("{slot}: '{id}' is no task id (a UUID)");
        call.context
            .warn_once(&format!("{slot}|invalid"), call.agent, &message);
        return None;
    };
    let task = call.host().tasks.owned(&call.context.plugin_id, &uuid);
    let task = task.filter(|task| !must_be_active || task.is_active());
    if task.is_none() {
        let message =
            format!("{slot}: no such task of this plugin, or it is no longer active: {uuid}");
        call.context
            .warn_once(&format!("{slot}|unowned"), call.agent, &message);
    }
    task
}
