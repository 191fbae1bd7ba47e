//! A loaded plugin: every call into it, on the threads and queues that Osaurus uses, and its
//! orderly end. The loader makes it; the host, the tool loop and routes call it.

use crate::common::ids::AgentId;
use crate::common::json::c_text;
use crate::common::pool::SerialQueue;
use crate::host::errors::CallError;
use crate::install::documents::PluginDocs;
use crate::plugin::calls::call::{Patience, PluginCall};
use crate::plugin::calls::gate::{CallQueue, Gate};
use crate::plugin::calls::scope;
use crate::plugin::context::PluginContext;
use crate::plugin::helper::client::Helper;
use crate::plugin::helper::process::ServeHostCall;
use crate::plugin::manifest::Manifest;
use osaurus_abi::{PluginApi, PluginCtx};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
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

/// A loaded plugin. Methods may be called from any thread; the plugin itself is always called from
/// host threads.
pub struct LoadedPlugin {
    pub(crate) parts: Parts,
    pub(crate) config: SerialQueue,
    pub(crate) delivered: Mutex<HashMap<(String, String), String>>,
    pub(crate) gate: Gate,
    pub(crate) helper: Helper,
    me: Weak<LoadedPlugin>,
}

// SAFETY: the plugin's context pointer and functions may be used from any thread by the ABI's
// contract (invoke and handle_route run in parallel on host threads); everything else in here is
// Send and Sync by itself.
unsafe impl Send for LoadedPlugin {}
// SAFETY: as above.
unsafe impl Sync for LoadedPlugin {}

impl LoadedPlugin {
    pub(crate) fn new(parts: Parts, serve: ServeHostCall) -> Arc<LoadedPlugin> {
        let config = SerialQueue::new(&parts.context.services.pool);
        let helper = Helper::new(&parts.context, &parts.path, serve);
        Arc::new_cyclic(|me| LoadedPlugin {
            parts,
            config,
            delivered: Mutex::default(),
            gate: Gate::default(),
            helper,
            me: Weak::clone(me),
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

    /// Closes the plugin's database between two of its statements, as Osaurus does when the user
    /// turns encryption on or off: temporary tables, an open transaction and the plugin's own
    /// pragmas are lost, and the next statement opens the file again.
    pub fn convert_storage(&self) {
        self.context().db.close();
    }

    /// What is beside an installed library for people and models: skills, README, change log.
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
        let host_has_them = self.context().services.settings.abi.has_task_events();
        host_has_them && self.parts.abi >= 2 && self.parts.api.on_task_event.is_some()
    }

    /// Calls `invoke` with exactly these strings and returns exactly what came back; None for NULL
    /// and for any failure.
    pub fn invoke_raw(
        self: &Arc<Self>,
        kind: &str,
        id: &str,
        payload: &str,
        agent: Option<AgentId>,
    ) -> Option<String> {
        self.try_invoke_raw(kind, id, payload, agent).ok()
    }

    /// Calls `invoke` on the calling thread, which must be no plugin's frame; there is no time
    /// limit. For benchmarks and for drivers that bring host threads of their own.
    pub fn invoke_on_this_thread(
        &self,
        kind: &str,
        id: &str,
        payload: &str,
        agent: Option<AgentId>,
    ) -> Result<String, CallError> {
        self.invoke_now(
            CallQueue::Own,
            &[kind, id, payload].map(c_text),
            agent,
            None,
        )
    }

    pub(crate) fn context(&self) -> &Arc<PluginContext> {
        &self.parts.context
    }

    /// `handle_route`, on the calling (host) thread; who waits for it keeps the route limit.
    pub(crate) fn route_now(
        &self,
        request: &str,
        agent: AgentId,
        patience: Patience,
    ) -> Result<String, CallError> {
        let Some(handle) = self.parts.api.handle_route else {
            return Err(CallError::Null);
        };
        let record = PluginCall::route(request, patience);
        let (args, request) = ([Some(request)], c_text(request));
        // SAFETY: ctx came from this plugin's init and is not destroyed while the gate counts this
        // call; the request lives until the call returns.
        self.frame(CallQueue::Own, record, Some(agent), &args, || unsafe {
            handle(self.parts.ctx, request.as_ptr())
        })
    }

    /// `on_task_event`, on the calling (host) thread.
    pub fn task_event(&self, agent: AgentId, task: &str, kind: i32, payload: &str) {
        let Some(handler) = self.parts.api.on_task_event else {
            return;
        };
        let record = PluginCall::task_event(task, kind, payload);
        let number = kind.to_string();
        let args = [Some(task), Some(&*number), Some(payload)];
        let strings = (c_text(task), c_text(payload));
        let _ = self.guarded(CallQueue::Shared, Some(agent), || {
            let tapped = self.context().tapped("on_task_event", Some(agent), &args);
            let (task, payload) = (strings.0.as_ptr(), strings.1.as_ptr());
            // SAFETY: as in route_now.
            unsafe { handler(self.parts.ctx, task, kind, payload) };
            tapped.ends(None);
            record.ended(self.context(), Some(agent), scope::frame());
        });
    }

    pub(crate) fn invoke_now(
        &self,
        queue: CallQueue,
        [kind, id, payload]: &[CString; 3],
        agent: Option<AgentId>,
        patience: Option<Patience>,
    ) -> Result<String, CallError> {
        let Some(invoke) = self.parts.api.invoke else {
            return Err(CallError::Null);
        };
        let [kind_text, id_text, payload_text] = [kind, id, payload].map(|t| t.to_string_lossy());
        let record = PluginCall::invoke(&kind_text, &id_text, &payload_text, patience);
        let args = [&kind_text, &id_text, &payload_text].map(|text| Some(&**text));
        self.frame(queue, record, agent, &args, || {
            // SAFETY: as in route_now.
            unsafe { invoke(self.parts.ctx, kind.as_ptr(), id.as_ptr(), payload.as_ptr()) }
        })
    }

    pub(crate) fn on_host_thread(
        &self,
        what: &str,
        limit: Duration,
        job: impl FnOnce() -> Result<String, CallError> + Send + 'static,
    ) -> Result<String, CallError> {
        match self.context().services.pool.run_within(limit, job) {
            Ok(result) => result,
            Err(waited) => Err(waited.into_error(what, limit)),
        }
    }

    /// A call that returns a plugin string: copied, then handed back outside of the scope on the
    /// same thread.
    fn frame(
        &self,
        queue: CallQueue,
        record: PluginCall,
        agent: Option<AgentId>,
        args: &[Option<&str>],
        call: impl FnOnce() -> *const c_char,
    ) -> Result<String, CallError> {
        let _inside = self.gate.enter(queue).ok_or(CallError::ShutDown)?;
        let tapped = self.context().tapped(record.slot(), agent, args);
        let enter = || (scope::frame(), call());
        let (frame, text) = scope::enter(self.context().key, agent, enter);
        if text.is_null() {
            tapped.ends(None);
            record.returned(self.context(), agent, frame, None);
            return Err(CallError::Null);
        }
        // SAFETY: the ABI promises a NUL-terminated string that stays until free_string.
        let copy = unsafe { CStr::from_ptr(text) }
            .to_string_lossy()
            .into_owned();
        tapped.ends(Some(&copy));
        if let Some(free) = self.parts.api.free_string {
            // SAFETY: the plugin's own string goes back to it, once.
            unsafe { free(text) };
        }
        record.returned(self.context(), agent, frame, Some(&copy));
        Ok(copy)
    }

    pub(crate) fn guarded(
        &self,
        queue: CallQueue,
        agent: Option<AgentId>,
        call: impl FnOnce(),
    ) -> Result<(), CallError> {
        let _inside = self.gate.enter(queue).ok_or(CallError::ShutDown)?;
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
