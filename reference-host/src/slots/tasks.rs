//! dispatch and everything about tasks: status, list, cancel, drafts, interrupt, and the two
//! reserved slots. All but the reserved ones wait for the host's main loop.

use super::{HostCall, Reply};
use crate::chat::tasks::agent_loop;
use crate::chat::tasks::order::Order;
use crate::chat::tasks::registry::MAX_PER_AGENT;
use crate::chat::tasks::task::Task;
use crate::common::ids::{AgentId, canonical_uuid};
use crate::common::json;
use crate::host::core::HostCore;
use crate::tools::built_in;
use serde_json::{Map, Value, json};
use std::sync::Arc;

pub(super) fn dispatch(call: &HostCall, request: &str, started: &mut Option<Arc<Task>>) -> Reply {
    match try_dispatch(call, request) {
        Err(error) => Reply::Json(error),
        Ok(task) => {
            let answer = json!({"id": task.id, "status": "running"});
            *started = Some(task);
            Reply::Accepted(answer)
        }
    }
}

fn try_dispatch(call: &HostCall, request: &str) -> Result<Arc<Task>, Value> {
    let invalid = |message: &str| json::error("invalid_request", message);
    let request = call.object(request).unwrap_or_default();
    let prompt = request.get("prompt").and_then(Value::as_str);
    let prompt = prompt.ok_or_else(|| invalid("Missing required field: prompt"))?;
    if prompt.trim().is_empty() {
        return Err(invalid("Prompt is empty"));
    }
    call.audit_agent(&request);
    if request.contains_key("mode") {
        call.met(13, "mode is ignored");
    }
    let agent = agent(call)?;
    if !call.context.dispatches.admit(Some(window(call, agent))) {
        let message = "At most 10 dispatches per minute and agent.";
        return Err(json::error("rate_limit_exceeded", message));
    }
    start(call, agent, &request, prompt)
}

/// Documents say that calls without an agent fall back to the default agent.
fn agent(call: &HostCall) -> Result<AgentId, Value> {
    if call.agent.is_none() {
        call.warn_no_agent();
    }
    if call.documented() {
        return Ok(call.agent.unwrap_or(AgentId::DEFAULT));
    }
    call.chat_agent().ok_or_else(|| {
        call.met_no_chat_agent();
        let message = format!(
            "Built-in agent {} is not reachable from plugin/planDispatch. Call dispatch from a \
             frame of another agent.",
            AgentId::DEFAULT
        );
        json::error("built_in_agent_not_exposable", message)
    })
}

/// Hosts of version 2 count a plugin's dispatches together.
fn window(call: &HostCall, agent: AgentId) -> AgentId {
    match call.host().settings.abi.version() {
        2 => AgentId::DEFAULT,
        _ => agent,
    }
}

fn start(
    call: &HostCall,
    agent: AgentId,
    request: &Map<String, Value>,
    prompt: &str,
) -> Result<Arc<Task>, Value> {
    let mut order = Order::read(request, prompt);
    keep_own_tools(call, &mut order.tools);
    let limit = call.host().settings.budgets.host_call;
    let context = Arc::clone(&call.context);
    let host = Arc::clone(call.host());
    let started = call.host().tasks.main_loop.run_within(limit, move || {
        let refuses = host.settings.profile.of_june();
        if refuses && !host.tasks.has_room(host.settings.active_tasks, agent) {
            return None;
        }
        let registered = host.tasks.register(&host.plugins, &context, agent, order);
        Some(agent_loop::start(&host, registered))
    });
    started.ok_or_else(|| call.timed_out())?.ok_or_else(|| {
        let most = call.host().settings.active_tasks;
        let message = format!("At most {MAX_PER_AGENT} active tasks per agent and {most} in all.");
        json::error("task_limit_reached", message)
    })
}

/// Pinned tools outside of the plugin's own and the host's are dropped, with one warning per name.
fn keep_own_tools(call: &HostCall, names: &mut Vec<String>) {
    names.retain(|name| {
        let is_own = call.context.named_tools().any(|(own, _)| own == *name);
        let allowed = is_own || built_in::NAMES.contains(&name.as_str());
        if !allowed {
            let message = format!(
                "dispatch: the tool '{name}' is neither the plugin's own nor the host's; it is \
                 dropped"
            );
            call.context
                .warn_once(&format!("dispatch|tool_scope|{name}"), call.agent, &message);
        }
        allowed
    });
}

/// Runs `job` with host and plugin id on the main loop; None when its turn did not come in time.
fn on_main<T: Send + 'static>(
    call: &HostCall,
    job: impl FnOnce(&Arc<HostCore>, &str) -> T + Send + 'static,
) -> Option<T> {
    let limit = call.host().settings.budgets.main_loop;
    let (host, context) = (Arc::clone(call.host()), Arc::clone(&call.context));
    let job = move || job(&host, &context.plugin_id);
    call.host().tasks.main_loop.run_within(limit, job)
}

pub(super) fn task_status(call: &HostCall, id: &str) -> Reply {
    let Some(id) = canonical_uuid(id) else {
        return Reply::Json(json::error("invalid_task_id", "Invalid UUID format"));
    };
    let described = on_main(call, move |host, plugin| {
        let task = host.tasks.owned(plugin, &id);
        let unknown = || json::error("not_found", "Task not found");
        task.map_or_else(unknown, |task| task.describe())
    });
    Reply::Json(described.unwrap_or_else(|| call.timed_out()))
}

pub(super) fn list_active_tasks(call: &HostCall) -> Reply {
    let listed = on_main(call, |host, plugin| {
        let tasks = host.tasks.active_of(plugin);
        let tasks: Vec<Value> = tasks.iter().map(|task| task.describe()).collect();
        json!({"tasks": tasks})
    });
    Reply::Json(listed.unwrap_or_else(|| call.timed_out()))
}

pub(super) fn dispatch_cancel(call: &HostCall, id: &str) -> Reply {
    with_owned(call, "dispatch_cancel", id, false, agent_loop::cancel)
}

pub(super) fn send_draft(call: &HostCall, id: &str, draft: &str) -> Reply {
    call.warn_if_too_deep(draft);
    let draft = draft.to_string();
    with_owned(call, "send_draft", id, true, move |_, task| {
        task.set_draft(&draft)
    })
}

pub(super) fn dispatch_interrupt(call: &HostCall, id: &str, message: Option<&str>) -> Reply {
    let message = message.map(str::to_string);
    with_owned(call, "dispatch_interrupt", id, true, move |_, task| {
        task.interrupt(message.as_deref());
    })
}

/// Reserved, without effect; only hosts of version 2 pass the answer on.
pub(super) fn dispatch_clarify(call: &HostCall, id: &str, answer: &str) -> Reply {
    if call.host().settings.abi.version() > 2 {
        return Reply::Void(410);
    }
    let answer = answer.to_string();
    with_owned(call, "dispatch_clarify", id, true, move |host, task| {
        agent_loop::resume(host, task, &answer);
    })
}

/// Reserved: never supported again. Documents give its record the status 410.
pub(super) fn dispatch_add_issue(call: &HostCall, _id: &str, _issue: Option<&str>) -> Reply {
    let message =
        "dispatch_add_issue is no longer supported. Call dispatch() to start a fresh task.";
    let error = json::error("not_supported", message);
    call.met(26, "recorded with the status 501 and not 410");
    if call.documented() {
        Reply::Gone(error)
    } else {
        Reply::Json(error)
    }
}

/// Does something with the plugin's own task on the main loop, or warns once.
fn with_owned(
    call: &HostCall,
    slot: &str,
    id: &str,
    must_be_active: bool,
    action: impl FnOnce(&Arc<HostCore>, &Arc<Task>) + Send + 'static,
) -> Reply {
    let Some(uuid) = canonical_uuid(id) else {
        let message = format!("{slot}: '{id}' is not a task id (a UUID)");
        call.context
            .warn_once(&format!("{slot}|invalid"), call.agent, &message);
        return Reply::Void(204);
    };
    let task_id = uuid.clone();
    let is_done = on_main(call, move |host, plugin| {
        let task = host.tasks.owned(plugin, &task_id);
        let task = task.filter(|task| !must_be_active || task.is_active());
        task.inspect(|task| action(host, task)).is_some()
    });
    match is_done {
        Some(true) => {}
        None => call.note("the host's main loop was busy for too long; nothing was done"),
        Some(false) => {
            let message =
                format!("{slot}: no such task of this plugin, or it is no longer active: {uuid}");
            call.context
                .warn_once(&format!("{slot}|unowned"), call.agent, &message);
        }
    }
    Reply::Void(204)
}
