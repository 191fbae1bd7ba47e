//! A loaded plugin: every call into it, on the threads and queues that Osaurus uses, and its orderly end.
//! The loader makes it; the host, the tool loop and routes call it.

use crate::context::PluginContext;
use crate::envelope;
use crate::errors::CallError;
use crate::gate::{Gate, Place};
use crate::helper::Helper;
use crate::ids::AgentId;
use crate::installed_docs::PluginDocs;
use crate::json;
use crate::limits::TokenBucket;
use crate::manifest::Manifest;
use crate::pool::SerialQueue;
use crate::scope;
use osaurus_abi::{PluginApi, PluginCtx};
use serde_json::Value;
use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

pub(crate) struct Parts {
    pub(crate) context: Arc<PluginContext>,
    pub(crate) api: PluginApi,
    pub(crate) ctx: PluginCtx,
    pub(crate) abi: u32,
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) path: PathBuf,
    pub(crate) docs: PluginDocs,
    pub(crate) origin: Origin,
}

/// How a plugin came to be loaded, which decides what scans and reloads do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Found in the folder of installed plugins.
    Scan,
    /// By its path, as this id if one was given.
    Path(Option<String>),
}

/// A loaded plugin. Methods may be called from any thread; the plugin itself is always called from host threads.
pub struct LoadedPlugin {
    pub(crate) parts: Parts,
    pub(crate) config: SerialQueue,
    pub(crate) delivered: Mutex<HashMap<(String, String), String>>,
    pub(crate) gate: Gate,
    pub(crate) helper: Helper,
    me: Weak<LoadedPlugin>,
    pub(crate) route_calls: TokenBucket,
}

// SAFETY: the plugin's context pointer and functions may be used from any thread by the ABI's contract (invoke and
// handle_route run in parallel on host threads); everything else in here is Send and Sync by itself.
unsafe impl Send for LoadedPlugin {}
// SAFETY: as above.
unsafe impl Sync for LoadedPlugin {}

/// A tool call with everything a chat would attach to it.
#[derive(Debug, Clone, Default)]
pub struct ToolCall {
    /// The tool's id.
    pub tool: String,
    /// The arguments, a JSON object.
    pub arguments: String,
    /// The calling chat's agent.
    pub agent: Option<AgentId>,
    /// The chat's working folder, if it has one.
    pub working_directory: Option<PathBuf>,
}

impl LoadedPlugin {
    pub(crate) fn new(parts: Parts) -> Arc<LoadedPlugin> {
        let config = SerialQueue::new(&parts.context.host.pool);
        let helper = Helper::new(&parts.context.host);
        Arc::new_cyclic(|me| LoadedPlugin {
            parts,
            config,
            delivered: Mutex::default(),
            gate: Gate::default(),
            helper,
            me: Weak::clone(me),
            route_calls: TokenBucket::new(),
        })
    }

    /// This plugin for a job on another thread.
    pub(crate) fn strong(&self) -> Option<Arc<LoadedPlugin>> {
        self.me.upgrade()
    }

    /// The plugin's id.
    pub fn id(&self) -> &str {
        &self.parts.context.plugin_id
    }

    /// Its manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.parts.manifest
    }

    /// Its library.
    pub fn path(&self) -> &Path {
        &self.parts.path
    }

    /// What lies beside an installed library for people and models: skills, README, change log.
    pub fn docs(&self) -> &PluginDocs {
        &self.parts.docs
    }

    /// The effective ABI version: 1 for the old entry, else what its table says, at least 2.
    pub fn abi(&self) -> u32 {
        self.parts.abi
    }

    /// Whether it can answer routes.
    pub fn handles_routes(&self) -> bool {
        self.parts.abi >= 2 && self.parts.api.handle_route.is_some()
    }

    /// Whether it gets settings.
    pub fn handles_config(&self) -> bool {
        self.parts.abi >= 2 && self.parts.api.on_config_changed.is_some()
    }

    /// Whether it gets task events (never from a host of revision 2a or 2b).
    pub fn handles_task_events(&self) -> bool {
        let host_has_them = self.context().host.settings.abi.has_task_events();
        host_has_them && self.parts.abi >= 2 && self.parts.api.on_task_event.is_some()
    }

    /// Calls a tool as a chat of this agent would, and returns the tool envelope. Unknown tools, a `deny` policy,
    /// NULL answers and the 120 s limit give failure envelopes; the policy `ask` counts as granted. Secrets are added to the arguments. The host's own
    /// coercion and validation of arguments against the schema is not done here yet; the arguments go as they are.
    pub fn invoke(self: &Arc<Self>, tool: &str, arguments: &str, agent: Option<AgentId>) -> String {
        self.call_tool(&ToolCall {
            tool: tool.into(),
            arguments: arguments.into(),
            agent,
            working_directory: None,
        })
    }

    /// [`LoadedPlugin::invoke`] with all that a chat can attach.
    pub fn call_tool(self: &Arc<Self>, call: &ToolCall) -> String {
        let name = call.tool.as_str();
        let Some(tool) = self.manifest().tools().iter().find(|tool| tool.id == name) else {
            let message = format!("Plugin '{}' has no tool '{name}'.", self.id());
            return envelope::failure("tool_not_found", &message, name);
        };
        if tool
            .permission_policy
            .as_deref()
            .is_some_and(|policy| policy.eq_ignore_ascii_case("deny"))
        {
            return envelope::failure("rejected", "The tool's permission policy is deny.", name);
        }
        match self.try_invoke_raw("tool", name, &self.with_extras(call), call.agent) {
            Ok(raw) => envelope::normalise(&raw, name),
            Err(error @ CallError::Timeout { .. }) => {
                envelope::failure("timeout", &error.to_string(), name)
            }
            Err(error) => envelope::failure("execution_error", &error.to_string(), name),
        }
    }

    /// Calls `invoke` with exactly these texts and returns exactly what came back; None for NULL and for any failure.
    pub fn invoke_raw(
        self: &Arc<Self>,
        kind: &str,
        id: &str,
        payload: &str,
        agent: Option<AgentId>,
    ) -> Option<String> {
        self.try_invoke_raw(kind, id, payload, agent).ok()
    }

    /// [`LoadedPlugin::invoke_raw`] with the reason for a failure. After the tool limit the caller gets
    /// [`CallError::Timeout`] while the plugin's call keeps running.
    pub fn try_invoke_raw(
        self: &Arc<Self>,
        kind: &str,
        id: &str,
        payload: &str,
        agent: Option<AgentId>,
    ) -> Result<String, CallError> {
        self.invoke_in_its_place(kind, id, payload, agent)
    }

    /// Calls `invoke` on the calling thread, which must be no plugin's frame; there is no time limit. For benchmarks
    /// and for drivers that bring host threads of their own.
    pub fn invoke_on_this_thread(
        &self,
        kind: &str,
        id: &str,
        payload: &str,
        agent: Option<AgentId>,
    ) -> Result<String, CallError> {
        self.invoke_now(Place::Own, &[kind, id, payload].map(c_text), agent)
    }

    pub(crate) fn context(&self) -> &Arc<PluginContext> {
        &self.parts.context
    }

    /// `handle_route`, within the route limit.
    pub(crate) fn handle_route(
        self: &Arc<Self>,
        request: &str,
        agent: AgentId,
    ) -> Result<String, CallError> {
        let me = Arc::clone(self);
        let request = c_text(request);
        let limit = self.context().host.settings.budgets.route;
        self.on_host_thread("Plugin route handler", limit, move || {
            let Some(handle) = me.parts.api.handle_route else {
                return Err(CallError::Null);
            };
            // SAFETY: ctx came from this plugin's init and is not destroyed while the gate counts this call; the
            // request lives until the call returns.
            me.frame(Place::Own, Some(agent), || unsafe {
                handle(me.parts.ctx, request.as_ptr())
            })
        })
    }

    /// `on_task_event`, on the calling (host) thread.
    pub(crate) fn task_event(&self, agent: AgentId, task: &str, kind: i32, payload: &str) {
        let Some(handler) = self.parts.api.on_task_event else {
            return;
        };
        let (task, payload) = (c_text(task), c_text(payload));
        let _ = self.guarded(Place::Elsewhere, Some(agent), || {
            // SAFETY: as in handle_route.
            unsafe { handler(self.parts.ctx, task.as_ptr(), kind, payload.as_ptr()) };
        });
    }

    /// Adds `_secrets` and `_context` to an arguments object; other payloads stay as they are.
    fn with_extras(&self, call: &ToolCall) -> String {
        let secrets = call
            .agent
            .filter(|agent| !agent.is_default())
            .map(|agent| self.secrets(agent));
        let secrets = secrets.filter(|secrets| !secrets.is_empty());
        if secrets.is_none() && call.working_directory.is_none() {
            return call.arguments.clone();
        }
        let Some(mut arguments) = json::object(&call.arguments) else {
            return call.arguments.clone();
        };
        if let Some(secrets) = secrets {
            arguments.insert("_secrets".into(), Value::Object(secrets));
        }
        if let Some(folder) = &call.working_directory {
            arguments.insert(
                "_context".into(),
                serde_json::json!({"working_directory": folder}),
            );
        }
        Value::Object(arguments).to_string()
    }

    /// Everything stored for the plugin: the agent's values over the Default agent's.
    fn secrets(&self, agent: AgentId) -> serde_json::Map<String, Value> {
        let store = &self.context().host.store;
        let of = |agent| store.all(agent, self.id()).unwrap_or_default();
        let all = of(AgentId::DEFAULT).into_iter().chain(of(agent));
        all.map(|(key, value)| (key, Value::String(value)))
            .collect()
    }

    pub(crate) fn invoke_now(
        &self,
        place: Place,
        [kind, id, payload]: &[CString; 3],
        agent: Option<AgentId>,
    ) -> Result<String, CallError> {
        let Some(invoke) = self.parts.api.invoke else {
            return Err(CallError::Null);
        };
        self.frame(place, agent, || {
            // SAFETY: as in handle_route.
            unsafe { invoke(self.parts.ctx, kind.as_ptr(), id.as_ptr(), payload.as_ptr()) }
        })
    }

    pub(crate) fn on_host_thread(
        &self,
        what: &str,
        limit: Duration,
        job: impl FnOnce() -> Result<String, CallError> + Send + 'static,
    ) -> Result<String, CallError> {
        match self.context().host.pool.run_within(limit, job) {
            Ok(result) => result,
            Err(waited) => Err(waited.into_error(what, limit)),
        }
    }

    /// A call that returns a plugin string: copied, then handed back outside of the scope on the same thread.
    fn frame(
        &self,
        place: Place,
        agent: Option<AgentId>,
        call: impl FnOnce() -> *const c_char,
    ) -> Result<String, CallError> {
        let _inside = self.gate.enter(place).ok_or(CallError::ShutDown)?;
        let text = scope::enter(self.context().key, agent, call);
        if text.is_null() {
            return Err(CallError::Null);
        }
        // SAFETY: the ABI promises a NUL-terminated string that stays until free_string.
        let copy = unsafe { CStr::from_ptr(text) }
            .to_string_lossy()
            .into_owned();
        if let Some(free) = self.parts.api.free_string {
            // SAFETY: the plugin's own string goes back to it, once.
            unsafe { free(text) };
        }
        Ok(copy)
    }

    pub(crate) fn guarded(
        &self,
        place: Place,
        agent: Option<AgentId>,
        call: impl FnOnce(),
    ) -> Result<(), CallError> {
        let _inside = self.gate.enter(place).ok_or(CallError::ShutDown)?;
        scope::enter(self.context().key, agent, call);
        Ok(())
    }
}

impl std::fmt::Debug for LoadedPlugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoadedPlugin")
            .field("id", &self.id())
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}

/// A C string; a text with a NUL ends there, as Osaurus' texts do on their way to a plugin.
pub(crate) fn c_text(text: &str) -> CString {
    let end = text.find('\0').unwrap_or(text.len());
    CString::new(&text[..end]).unwrap_or_default()
}
