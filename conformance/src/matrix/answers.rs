//! Tries one function of either table through a probe and says what was seen. Called by `child`;
//! the arguments come from the spec: enough to reach the host, not to make it do much. That it does
//! its work is for the scenarios.

use super::expect::Outcome;
use super::job::Observed;
use super::stage::Stage;
use osaurus_abi_spec::model::{CType, Param, Slot};
use osaurus_reference_host::RouteCall;
use serde_json::{Value, json};

/// Calls a function of the host.
pub(crate) fn host_function(stage: &Stage, slot: &Slot) -> Observed {
    let arguments: Vec<Value> = slot.params.iter().filter_map(argument).collect();
    let envelope = stage.tool(
        "call",
        &json!({"function": slot.name, "arguments": arguments}),
    );
    seen(&envelope)
}

fn argument(param: &Param) -> Option<Value> {
    match (&param.ty, &param.record) {
        (CType::Int, _) => Some(json!(2)),
        (CType::String, Some(_)) => Some(json!("{}")),
        (CType::String, None) => Some(json!("x")),
        _ => None,
    }
}

fn seen(envelope: &Value) -> Observed {
    match (&envelope["ok"], envelope["kind"].as_str()) {
        (Value::Bool(true), _) => Observed::Works,
        (_, Some("unavailable")) => Observed::Unavailable,
        (_, Some("not_found")) => Observed::Unknown,
        _ => Observed::Failed(envelope.to_string()),
    }
}

/// Calls a function of the plugin, as far as the host would.
pub(crate) fn plugin_function(stage: &Stage, name: &str) -> Observed {
    match name {
        "invoke" => seen(&stage.tool("echo", &json!({"text": "x"}))),
        "handle_route" => route(stage),
        "on_config_changed" => setting(stage),
        "on_task_event" => task_event(stage),
        _ => Observed::Works,
    }
}

fn route(stage: &Stage) -> Observed {
    if !stage.plugin.handles_routes() {
        return Observed::NotCalled;
    }
    let answer = stage
        .plugin
        .route(RouteCall::new("GET", "/things/x", stage.ada));
    match answer.status {
        201 => Observed::Works,
        503 => Observed::Unavailable,
        status => Observed::Failed(format!("status {status}: {}", answer.text())),
    }
}

/// A plugin that refuses its tools cannot be asked what it has seen.
fn can_be_asked(stage: &Stage) -> bool {
    stage.works("plugin.invoke")
}

fn setting(stage: &Stage) -> Observed {
    if !stage.plugin.handles_config() {
        return Observed::NotCalled;
    }
    stage.plugin.config_changed(stage.ada, "colour", "blau");
    let arrived = can_be_asked(stage) && stage.seen("config colour=blau").len() == 1;
    match (arrived, stage.outcome("plugin.on_config_changed")) {
        (true, _) => Observed::Works,
        (false, Some(Outcome::Refused)) => Observed::NotCalled,
        (false, _) => Observed::Failed("the setting did not arrive".into()),
    }
}

/// Only a task of the plugin's own has events: a scenario starts one where that is possible.
fn task_event(stage: &Stage) -> Observed {
    match stage.plugin.handles_task_events() && stage.works("plugin.on_task_event") {
        true => Observed::Works,
        false => Observed::NotCalled,
    }
}
