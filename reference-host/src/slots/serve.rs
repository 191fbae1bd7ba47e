//! Serving one host call: who calls, what it may answer, containment of panics, the record of it.
//! The trampolines go through it; the callbacks' modules get a [`HostCall`] from it.

use crate::common::ids::AgentId;
use crate::common::json;
use crate::host::activity::{
    CallKind, CallRecord, Clock, REDACTED, ResolvedBy, status_of, without,
};
use crate::host::core::HostCore;
use crate::host::faults::Fault;
use crate::plugin::calls::callers::{self, Caller, Resolved};
use crate::plugin::context::PluginContext;
use osaurus_abi::HostSlot;
use serde_json::{Map, Value};
use std::cell::{Cell, RefCell};
use std::ffi::c_char;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null;
use std::sync::Arc;

/// A host call whose plugin is known.
pub(crate) struct HostCall {
    pub(crate) context: Arc<PluginContext>,
    host: Arc<HostCore>,
    pub(crate) agent: Option<AgentId>,
    slot: HostSlot,
    notes: RefCell<Vec<String>>,
    /// Instead of `/host-api/<slot>`.
    path: RefCell<Option<String>>,
    /// The call is about a secret, whose value no record has.
    has_secret: Cell<bool>,
}

impl HostCall {
    pub(crate) fn host(&self) -> &Arc<HostCore> {
        &self.host
    }

    /// The agent, unless there is none or it is the built-in one. By the documents the built-in
    /// agent is one like any other, and is taken where there is none.
    pub(crate) fn chat_agent(&self) -> Option<AgentId> {
        if self.documented() {
            return Some(self.agent.unwrap_or(AgentId::DEFAULT));
        }
        self.agent.filter(|agent| !agent.is_default())
    }

    /// Whether the documents win over the implementation.
    pub(super) fn documented(&self) -> bool {
        self.host().settings.profile.documented()
    }

    /// Whether gaps of Osaurus are closed.
    pub(super) fn stricter(&self) -> bool {
        self.host().settings.profile.stricter()
    }

    pub(crate) fn note(&self, text: impl Into<String>) {
        self.notes.borrow_mut().push(text.into());
    }

    /// The path that the record of this call has, where it is not the usual one.
    pub(super) fn recorded_as(&self, path: String) {
        *self.path.borrow_mut() = Some(path);
    }

    /// Keeps the value of this key out of the record, if it is a secret.
    pub(super) fn hides(&self, key: &str) {
        self.has_secret.set(self.context.is_secret(key));
    }

    /// A JSON object that the plugin gave; None for anything else.
    pub(super) fn object(&self, text: &str) -> Option<Map<String, Value>> {
        self.warn_if_too_deep(text);
        json::object(text)
    }

    /// Says once for each slot that the parser of this host stops at a depth where Osaurus' does
    /// not.
    pub(super) fn warn_if_too_deep(&self, text: &str) {
        let (depth, slot) = (json::depth(text), self.slot.name());
        if depth <= json::MAX_DEPTH {
            return;
        }
        let message = format!(
            "{slot}: expected JSON nested at most {} levels deep, found {depth}; it is not read",
            json::MAX_DEPTH
        );
        self.note(message.clone());
        let key = format!("{slot}|too_deep");
        self.context.warn_once(&key, self.agent, &message);
    }

    /// Notes a numbered quirk that this call met: the documents promise something else. Hosts that
    /// follow them have none.
    pub(super) fn met(&self, quirk: u32, how: &str) {
        if !self.documented() {
            self.note(format!("Q{quirk}: {how}"));
        }
    }

    /// Notes why there is no chat agent.
    pub(super) fn met_no_chat_agent(&self) {
        match self.agent {
            None => self.met(
                4,
                "no agent is bound to this thread, and none is taken instead",
            ),
            Some(_) => self.met(5, "the Default agent counts as none"),
        }
    }

    /// Warns once that this slot was called without an agent.
    pub(super) fn warn_no_agent(&self) {
        let slot = self.slot.name();
        let message =
            format!("{slot} was called without an agent; falling back to the default agent");
        self.context
            .warn_once(&format!("{slot}|no_agent_context"), self.agent, &message);
    }

    /// Warns once when a request tries to choose its agent.
    pub(super) fn audit_agent(&self, request: &Map<String, Value>) {
        let named = |key| {
            request
                .get(key)
                .and_then(Value::as_str)
                .is_some_and(|text| !text.is_empty())
        };
        if named("agent_address") || named("agent_id") {
            let slot = self.slot.name();
            let message = format!(
                "{slot}: agent_id and agent_address are ignored; the calling thread's agent is used"
            );
            self.context
                .warn_once(&format!("{slot}|agent_override"), self.agent, &message);
        }
    }

    /// Runs `work` on a host thread without any scope while the calling thread waits;
    /// `host_timeout` on expiry.
    pub(super) fn bridged(&self, work: impl FnOnce() -> Value + Send + 'static) -> Value {
        self.bridged_until(work, || ())
    }

    /// As [`HostCall::bridged`]; `on_expiry` tells the work that its caller has stopped waiting.
    pub(super) fn bridged_until(
        &self,
        work: impl FnOnce() -> Value + Send + 'static,
        on_expiry: impl FnOnce(),
    ) -> Value {
        let host = self.host();
        let limit = host.settings.budgets.host_call;
        host.pool.run_within(limit, work).unwrap_or_else(|_| {
            on_expiry();
            self.timed_out()
        })
    }

    /// The answer when the time of this slot is up.
    pub(super) fn timed_out(&self) -> Value {
        let slot = self.slot.name();
        json::error(
            "host_timeout",
            format!("Host {slot} call exceeded its time budget and was cancelled."),
        )
    }
}

/// What a callback gives back.
pub(super) enum Reply {
    Text(String),
    /// A result of the database, which is text already.
    Sql(String),
    Json(Value),
    /// JSON with the status 202.
    Accepted(Value),
    /// JSON with the status 410.
    Gone(Value),
    Null,
    Void(u16),
}

impl Reply {
    /// Whether the database answers with an error.
    pub(super) fn is_error(&self) -> bool {
        matches!(self, Reply::Sql(text) if text.starts_with("{\"error\":"))
    }

    fn into_text(self) -> (Option<String>, u16) {
        let failed = self.is_error();
        match self {
            Reply::Text(text) => (Some(text), 200),
            Reply::Sql(text) => (Some(text), if failed { 500 } else { 200 }),
            Reply::Json(value) => {
                let status = status_of(value.get("error").and_then(Value::as_str));
                (Some(json::canonical(&value)), status)
            }
            Reply::Accepted(value) => (Some(json::canonical(&value)), 202),
            Reply::Gone(value) => (Some(json::canonical(&value)), 410),
            Reply::Null => (None, 200),
            Reply::Void(status) => (None, status),
        }
    }
}

/// Serves one call. A panic in here is a bug of the host: the plugin gets an error or NULL, never
/// an unwinding.
pub(super) fn serve(
    slot: HostSlot,
    request: impl FnOnce() -> String,
    action: impl FnOnce(&HostCall) -> Reply,
) -> *const c_char {
    let clock = Clock::start();
    let served = catch_unwind(AssertUnwindSafe(|| {
        let Resolved {
            caller,
            agent,
            frame,
            how,
        } = callers::resolve();
        let Some(Caller { context, host }) = caller else {
            return context_unavailable(slot);
        };
        let call = HostCall {
            context,
            host,
            agent,
            slot,
            notes: RefCell::default(),
            path: RefCell::default(),
            has_secret: Cell::default(),
        };
        if how == ResolvedBy::GlobalFallback {
            warn_fallback(&call);
        }
        let (text, status) = action(&call).into_text();
        let memory_is_out =
            text.is_some() && call.host().settings.faults.strikes(Fault::ReturnedString);
        let answer = text.as_deref().filter(|_| !memory_is_out);
        let pointer = answer.map_or(null(), json::give);
        if call.host().settings.record {
            record(&call, (frame, how), clock, request(), (text, status));
        }
        pointer
    }));
    served.unwrap_or_else(|_| {
        json::give(&json::error("internal_error", "bug in the reference host").to_string())
    })
}

fn warn_fallback(call: &HostCall) {
    let how = "identity from the plugin that was called last: the calling thread is in no call of \
               the host";
    call.met(33, how);
    // A log line has no effect, a stream's id is its plugin's alone, and the agent is the thread's:
    // nothing is charged to another.
    let is_harmless = matches!(
        call.slot,
        HostSlot::Log
            | HostSlot::LogStructured
            | HostSlot::CompleteCancel
            | HostSlot::GetActiveAgentId
    );
    if is_harmless {
        return;
    }
    let message = "a host call came from a thread that is in no call of the host; \
                   it is charged to the plugin that was called last, which may be another";
    call.context
        .warn_once("fallback_context", call.agent, message);
}

fn record(
    call: &HostCall,
    (frame, resolved): (u64, ResolvedBy),
    clock: Clock,
    request: String,
    (response, status): (Option<String>, u16),
) {
    let plugin = &call.context.plugin_id;
    let mut record = CallRecord::new(CallKind::HostCall, plugin, call.slot.name());
    record.agent = call.agent;
    record.resolved = resolved;
    record.frame = frame;
    record.request = request;
    record.response = response;
    if call.has_secret.get() {
        record.request = without("/value", &record.request);
        record.response = record.response.map(|_| REDACTED.into());
    }
    record.status = match (call.slot, status) {
        (HostSlot::Dispatch, 200) => 202,
        _ => status,
    };
    record.notes = call.notes.take();
    if let Some(path) = call.path.take() {
        record.path = path;
    }
    clock.stop(&mut record);
    call.host().record(record);
}

/// Slots that answer with JSON say that no plugin was found; the others give NULL or do nothing.
fn context_unavailable(slot: HostSlot) -> *const c_char {
    if !slot.returns_json() {
        return null();
    }
    let message = "No plugin context for this call: the calling thread is in no call of the host.";
    json::give(&json::canonical(&json::error(
        "context_unavailable",
        message,
    )))
}
