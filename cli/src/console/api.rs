//! The requests of the console's page: what there is, and what the author does with it. Calls into
//! a plugin may take long, so each runs on a thread of its own.

use super::Shared;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use osaurus_reference_host::manifest::{ConfigField, FieldKind};
use osaurus_reference_host::{
    ActivityQuery, Agent, AgentId, CallKind, CallRecord, LoadedPlugin, RouteCall,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// What went wrong, for the page to show.
pub(super) type Refused = (StatusCode, String);
pub(super) type Answer = Result<Json<Value>, Refused>;

/// Plugins, agents, settings, questions of tasks, warnings.
pub async fn state(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let host = &shared.host;
    let plugins: Vec<Value> = host
        .plugins()
        .iter()
        .map(|plugin| of_plugin(&shared, plugin))
        .collect();
    let agents = shared
        .agents
        .iter()
        .map(|agent| json!({"id": agent.id.to_string(), "name": agent.name}));
    let questions = host.clarifications().into_iter().map(|asked| {
        json!({"task": asked.task, "plugin": asked.plugin, "agent": asked.agent.to_string(),
            "question": asked.question, "options": asked.options, "allow_multiple": asked.allow_multiple})
    });
    Json(json!({
        "plugins": plugins,
        "agents": agents.collect::<Vec<_>>(),
        "questions": questions.collect::<Vec<_>>(),
        "warnings": host.warnings().iter().map(|warning| warning.key.clone()).collect::<Vec<_>>(),
        "server": shared.server,
        "pages": shared.pages,
        "event_kinds": shared.event_kinds,
    }))
}

fn of_plugin(shared: &Shared, plugin: &Arc<LoadedPlugin>) -> Value {
    let of_agent = |agent: &Agent| (agent.id.to_string(), settings_of(shared, plugin, agent.id));
    json!({
        "id": plugin.id(),
        "path": plugin.path(),
        "abi": plugin.abi(),
        "manifest": plugin.manifest().json(),
        "task_events": plugin.handles_task_events(),
        "settings": shared.agents.iter().map(of_agent).collect::<Map<String, Value>>(),
    })
}

/// The stored values of the settings page; of a secret only whether there is one.
fn settings_of(shared: &Shared, plugin: &LoadedPlugin, agent: AgentId) -> Value {
    let value = |field: &ConfigField| {
        let stored = shared.host.config_value(agent, plugin.id(), &field.key)?;
        let value = if field.kind == FieldKind::Secret {
            json!(!stored.is_empty())
        } else {
            json!(stored)
        };
        Some((field.key.clone(), value))
    };
    plugin
        .manifest()
        .config_fields()
        .filter_map(value)
        .collect::<Map<String, Value>>()
        .into()
}

/// Query of [`model_view`].
#[derive(Deserialize)]
pub struct Viewer {
    agent: String,
}

/// What a model would get to see.
pub async fn model_view(State(shared): State<Arc<Shared>>, Query(viewer): Query<Viewer>) -> Answer {
    let agent = agent_of(&viewer.agent)?;
    run(move || {
        let view = shared.host.model_view(agent, None, None);
        serde_json::to_value(view).map_err(|error| failed(error.to_string()))
    })
    .await
}

/// Body of [`call`].
#[derive(Deserialize)]
pub struct ToolRequest {
    plugin: String,
    tool: String,
    arguments: Value,
    agent: String,
}

/// Calls a tool.
pub async fn call(State(shared): State<Arc<Shared>>, Json(request): Json<ToolRequest>) -> Answer {
    let agent = agent_of(&request.agent)?;
    run(move || {
        let plugin = plugin_of(&shared, &request.plugin)?;
        let before = shared.host.records(&ActivityQuery::new().last(1));
        let before = before.first().map_or(0, |record| record.seq);
        let started = Instant::now();
        let envelope = plugin.invoke(&request.tool, &request.arguments.to_string(), Some(agent));
        let ms = started.elapsed().as_secs_f64() * 1000.0;
        Ok(json!({"envelope": envelope, "ms": ms, "calls": host_calls(&shared, &request, before)}))
    })
    .await
}

/// The host calls of the latest call of this tool, among the records after `before`.
fn host_calls(shared: &Shared, request: &ToolRequest, before: u64) -> Vec<CallRecord> {
    let records = ActivityQuery::new().plugin(&request.plugin).after(before);
    let records = shared.host.records(&records);
    let path = format!("/plugin-api/invoke/tool/{}", request.tool);
    let is_call = |record: &&CallRecord| record.kind == CallKind::PluginCall && record.path == path;
    let Some(frame) = records.iter().rfind(is_call).map(|record| record.frame) else {
        return Vec::new();
    };
    let is_of_it = |record: &CallRecord| record.kind == CallKind::HostCall && record.frame == frame;
    records.into_iter().filter(is_of_it).collect()
}

/// Body of [`save_settings`].
#[derive(Deserialize)]
pub struct SettingsRequest {
    plugin: String,
    agent: String,
    values: Map<String, Value>,
}

/// Saves settings as the settings page does, with its checks.
pub async fn save_settings(
    State(shared): State<Arc<Shared>>,
    Json(request): Json<SettingsRequest>,
) -> Answer {
    let agent = agent_of(&request.agent)?;
    run(move || {
        let strings: Vec<(String, String)> = request
            .values
            .into_iter()
            .map(|(key, value)| (key, text(value)))
            .collect();
        let values: Vec<(&str, &str)> = strings
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        let saved = shared.host.save_settings(&request.plugin, agent, &values);
        saved
            .map(|()| json!({}))
            .map_err(|error| refused(error.to_string()))
    })
    .await
}

/// A value as settings are stored.
fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Body of [`request_route`].
#[derive(Deserialize)]
pub struct RouteRequest {
    plugin: String,
    method: String,
    path: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    body: String,
    agent: String,
    /// Whether it comes with an access key.
    owner: bool,
    /// Whether it comes through the tunnel.
    tunnel: bool,
}

/// Sends a request to a route.
pub async fn request_route(
    State(shared): State<Arc<Shared>>,
    Json(request): Json<RouteRequest>,
) -> Answer {
    let agent = agent_of(&request.agent)?;
    run(move || {
        let plugin = plugin_of(&shared, &request.plugin)?;
        let mut call = RouteCall::new(&request.method, &request.path, agent).body(request.body);
        (call.authorized, call.loopback) = (request.owner, !request.tunnel);
        call.headers = request.headers;
        let started = Instant::now();
        let answer = plugin.route(call);
        let ms = started.elapsed().as_secs_f64() * 1000.0;
        Ok(
            json!({"status": answer.status, "headers": answer.headers, "body": body(&answer.body),
            "base64": std::str::from_utf8(&answer.body).is_err(), "notes": answer.notes, "ms": ms}),
        )
    })
    .await
}

fn body(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(|_| STANDARD.encode(bytes), str::to_owned)
}

/// Body of [`send_event`].
#[derive(Deserialize)]
pub struct EventRequest {
    plugin: String,
    agent: String,
    task: String,
    kind: i32,
    payload: Value,
}

/// Sends a task event.
pub async fn send_event(
    State(shared): State<Arc<Shared>>,
    Json(request): Json<EventRequest>,
) -> Answer {
    let agent = agent_of(&request.agent)?;
    run(move || {
        let plugin = plugin_of(&shared, &request.plugin)?;
        plugin.task_event(
            agent,
            &request.task,
            request.kind,
            &request.payload.to_string(),
        );
        Ok(json!({}))
    })
    .await
}

/// Body of [`answer_task`] and [`dismiss_task`].
#[derive(Deserialize)]
pub struct TaskRequest {
    task: String,
    #[serde(default)]
    answer: String,
}

/// Answers a task's question.
pub async fn answer_task(
    State(shared): State<Arc<Shared>>,
    Json(request): Json<TaskRequest>,
) -> Answer {
    run(move || {
        let answered = shared
            .host
            .answer_clarification(&request.task, &request.answer);
        answered
            .map(|()| json!({}))
            .map_err(|error| refused(error.to_string()))
    })
    .await
}

/// Dismisses a task.
pub async fn dismiss_task(
    State(shared): State<Arc<Shared>>,
    Json(request): Json<TaskRequest>,
) -> Answer {
    run(move || match shared.host.dismiss_task(&request.task) {
        true => Ok(json!({})),
        false => Err(refused(format!("there is no task {}", request.task))),
    })
    .await
}

/// Body of [`share_file`].
#[derive(Deserialize)]
pub struct ShareRequest {
    path: PathBuf,
}

/// Shares a file of this machine.
pub async fn share_file(
    State(shared): State<Arc<Shared>>,
    Json(request): Json<ShareRequest>,
) -> Answer {
    run(move || {
        let shared_file = shared.host.share_artifact(&request.path);
        shared_file.map_err(|error| refused(error.to_string()))
    })
    .await
}

/// On a thread that may wait.
pub(super) async fn run(job: impl FnOnce() -> Result<Value, Refused> + Send + 'static) -> Answer {
    match tokio::task::spawn_blocking(job).await {
        Ok(outcome) => outcome.map(Json),
        Err(error) => Err(failed(error.to_string())),
    }
}

fn plugin_of(shared: &Shared, id: &str) -> Result<Arc<LoadedPlugin>, Refused> {
    shared
        .host
        .plugin(id)
        .ok_or_else(|| refused(format!("the plugin {id} is not loaded")))
}

fn agent_of(id: &str) -> Result<AgentId, Refused> {
    AgentId::parse(id).ok_or_else(|| refused(format!("{id:?} is not the id of an agent")))
}

pub(super) fn refused(why: String) -> Refused {
    (StatusCode::UNPROCESSABLE_ENTITY, why)
}

pub(super) fn failed(why: String) -> Refused {
    (StatusCode::INTERNAL_SERVER_ERROR, why)
}
