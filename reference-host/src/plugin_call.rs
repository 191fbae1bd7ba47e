//! The record of a call into a plugin: which function, with what, and what came back. The plugin's frames keep it.

use crate::activity::{CallKind, CallRecord, Clock};
use crate::context::PluginContext;
use crate::envelope::{self, Looks};
use crate::ids::AgentId;
use serde_json::{Value, json};
use std::time::Duration;

/// A call that is about to be made.
pub(crate) struct PluginCall {
    slot: &'static str,
    path: String,
    request: String,
    limit: Option<Duration>,
    clock: Clock,
}

impl PluginCall {
    pub(crate) fn invoke(kind: &str, id: &str, payload: &str, limit: Duration) -> PluginCall {
        let request = json!({"type": kind, "id": id, "payload": payload});
        let path = format!("/plugin-api/invoke/{kind}/{id}");
        PluginCall::new("invoke", path, request.to_string(), Some(limit))
    }

    pub(crate) fn route(request: &str, limit: Duration) -> PluginCall {
        let path = "/plugin-api/handle_route".to_string();
        PluginCall::new("handle_route", path, request.into(), Some(limit))
    }

    pub(crate) fn config(key: &str, value: &str) -> PluginCall {
        let request = json!({"key": key, "value": value});
        let path = format!("/plugin-api/on_config_changed/{key}");
        PluginCall::new("on_config_changed", path, request.to_string(), None)
    }

    pub(crate) fn task_event(task: &str, kind: i32, payload: &str) -> PluginCall {
        let request = json!({"task_id": task, "type": kind, "payload": payload});
        let path = format!("/plugin-api/on_task_event/{kind}");
        PluginCall::new("on_task_event", path, request.to_string(), None)
    }

    fn new(
        slot: &'static str,
        path: String,
        request: String,
        limit: Option<Duration>,
    ) -> PluginCall {
        PluginCall {
            slot,
            path,
            request,
            limit,
            clock: Clock::start(),
        }
    }

    /// The function's name.
    pub(crate) fn slot(&self) -> &'static str {
        self.slot
    }

    /// Records a call that returned text, or NULL.
    pub(crate) fn returned(
        self,
        context: &PluginContext,
        agent: Option<AgentId>,
        frame: u64,
        text: Option<&str>,
    ) {
        let status = text.map_or(500, |text| status(self.slot, text));
        self.record(context, agent, frame, text, status);
    }

    /// Records a call that returns nothing.
    pub(crate) fn ended(self, context: &PluginContext, agent: Option<AgentId>, frame: u64) {
        self.record(context, agent, frame, None, 200);
    }

    fn record(
        self,
        context: &PluginContext,
        agent: Option<AgentId>,
        frame: u64,
        response: Option<&str>,
        status: u16,
    ) {
        let mut record = CallRecord::new(CallKind::PluginCall, &context.plugin_id, self.slot);
        record.path = self.path;
        record.agent = agent;
        record.frame = frame;
        record.request = self.request;
        record.response = response.map(str::to_string);
        record.status = status;
        self.clock.stop(&mut record);
        let limit = self
            .limit
            .filter(|limit| record.duration_us > micros(*limit));
        let late = |limit: Duration| format!("the host had stopped waiting after {limit:?}");
        record.notes.extend(limit.map(late));
        context.host.record(record);
    }
}

fn micros(limit: Duration) -> u64 {
    u64::try_from(limit.as_micros()).unwrap_or(u64::MAX)
}

/// A route's own status; 500 for a failure envelope and for what is no answer.
fn status(slot: &str, text: &str) -> u16 {
    if slot != "handle_route" {
        return match envelope::detect(text) {
            Looks::Failure => 500,
            Looks::Success | Looks::Plain => 200,
        };
    }
    let answer: Value = serde_json::from_str(text).unwrap_or_default();
    let status = answer["status"].as_u64();
    status.and_then(|s| u16::try_from(s).ok()).unwrap_or(500)
}
