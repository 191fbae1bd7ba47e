//! The record of a call into a plugin: which function, with what, and what came back. The plugin's
//! frames keep it.

use crate::common::ids::AgentId;
use crate::host::activity::{CallKind, CallRecord, Clock, REDACTED, without};
use crate::plugin::context::PluginContext;
use crate::tools::envelope::{self, ResultKind};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long a caller waits for a plugin's answer. It begins before the call does: a turn in a queue
/// counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    began: Instant,
    limit: Duration,
}

impl Patience {
    pub(crate) fn of(limit: Duration) -> Patience {
        Patience {
            began: Instant::now(),
            limit,
        }
    }

    /// What a record of a call that ends now says when its caller has stopped waiting.
    fn note(self) -> Option<String> {
        let is_over = self.began.elapsed() > self.limit;
        is_over.then(|| format!("the host had stopped waiting after {:?}", self.limit))
    }
}

/// A call that is about to be made.
pub(crate) struct PluginCall {
    slot: &'static str,
    path: String,
    request: String,
    patience: Option<Patience>,
    clock: Clock,
    notes: Vec<String>,
}

impl PluginCall {
    pub(crate) fn invoke(
        kind: &str,
        id: &str,
        payload: &str,
        patience: Option<Patience>,
    ) -> PluginCall {
        let request = json!({"type": kind, "id": id, "payload": without("/_secrets", payload)});
        let path = format!("/plugin-api/invoke/{kind}/{id}");
        PluginCall::new("invoke", path, request.to_string(), patience)
    }

    pub(crate) fn route(request: &str, patience: Patience) -> PluginCall {
        let path = "/plugin-api/handle_route".to_string();
        let request = without("/headers/authorization", request);
        PluginCall::new("handle_route", path, request, Some(patience))
    }

    pub(crate) fn config(context: &PluginContext, key: &str, value: &str) -> PluginCall {
        let is_secret = context.is_secret(key) && !value.is_empty();
        let value = if is_secret { REDACTED } else { value };
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
        patience: Option<Patience>,
    ) -> PluginCall {
        PluginCall {
            slot,
            path,
            request,
            patience,
            clock: Clock::start(),
            notes: Vec::new(),
        }
    }

    pub(crate) fn noted(mut self, note: &str) -> PluginCall {
        self.notes.push(note.into());
        self
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
        record.notes = self.notes;
        record.notes.extend(self.patience.and_then(Patience::note));
        self.clock.stop(&mut record);
        context.services.record(record);
    }
}

/// A route's own status; 500 for a failure envelope and for what is not an answer.
fn status(slot: &str, text: &str) -> u16 {
    if slot != "handle_route" {
        return match envelope::detect(text) {
            ResultKind::Failure => 500,
            ResultKind::Success | ResultKind::Plain => 200,
        };
    }
    let answer: Value = crate::common::json::parse(text).unwrap_or_default();
    let status = answer["status"].as_u64();
    status.and_then(|s| u16::try_from(s).ok()).unwrap_or(500)
}
