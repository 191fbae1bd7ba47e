//! What the host holds for one loaded plugin and its callbacks use: database, limits, streams to cancel.
//! The scope registry finds it; it does not know the plugin's functions.

use crate::database::Database;
use crate::host::HostCore;
use crate::ids::AgentId;
use crate::limits::SlidingWindow;
use crate::manifest::Manifest;
use crate::scope::{self, ScopeKey};
use crate::statement::Form;
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Inference calls that one plugin may have in flight.
pub(crate) const MAX_INFLIGHT: usize = 2;

pub(crate) struct PluginContext {
    pub(crate) key: ScopeKey,
    pub(crate) plugin_id: String,
    pub(crate) host: Arc<HostCore>,
    pub(crate) db: Database,
    pub(crate) manifest: OnceLock<Arc<Manifest>>,
    pub(crate) http_calls: SlidingWindow,
    pub(crate) dispatches: SlidingWindow,
    inflight: AtomicUsize,
    cancelled_streams: Mutex<HashSet<String>>,
}

impl PluginContext {
    pub(crate) fn new(host: &Arc<HostCore>, plugin_id: &str) -> Arc<PluginContext> {
        Arc::new(PluginContext {
            key: scope::key(host.number, plugin_id),
            plugin_id: plugin_id.to_string(),
            host: Arc::clone(host),
            db: database(host, plugin_id),
            manifest: OnceLock::new(),
            http_calls: SlidingWindow::new(60),
            dispatches: SlidingWindow::new(10),
            inflight: AtomicUsize::new(0),
            cancelled_streams: Mutex::default(),
        })
    }

    /// Takes one of the places for inference; None when all are taken.
    pub(crate) fn claim_inference(self: &Arc<Self>) -> Option<InferencePlace> {
        let claimed = self
            .inflight
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |taken| {
                (taken < MAX_INFLIGHT).then_some(taken + 1)
            });
        claimed.ok().map(|_| InferencePlace(Arc::clone(self)))
    }

    pub(crate) fn tool_ids(&self) -> Vec<String> {
        self.manifest
            .get()
            .map(|m| m.tools().iter().map(|tool| tool.id.clone()).collect())
            .unwrap_or_default()
    }

    pub(crate) fn instructions(&self) -> Option<String> {
        let text = self.manifest.get()?.instructions.clone()?;
        (!text.trim().is_empty()).then_some(text)
    }

    /// Asks the stream with this id to stop; an id that no stream uses waits for one.
    pub(crate) fn cancel_stream(&self, id: &str) {
        self.streams().insert(id.to_string());
    }

    pub(crate) fn stream_is_cancelled(&self, id: &str) -> bool {
        self.streams().contains(id)
    }

    /// A stream starts or ends: an old wish to cancel it is forgotten.
    pub(crate) fn forget_stream(&self, id: &str) {
        self.streams().remove(id);
    }

    fn streams(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.cancelled_streams
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Warns once per host about `what` (a key without the plugin's id).
    pub(crate) fn warn_once(&self, what: &str, agent: Option<AgentId>, message: &str) {
        if self
            .host
            .warnings
            .first_time(&format!("{}|{what}", self.plugin_id))
        {
            self.host.warn(&self.plugin_id, agent, message);
        }
    }
}

fn database(host: &HostCore, plugin_id: &str) -> Database {
    let form = if host.settings.profile.documented() {
        Form::Documented
    } else {
        Form::Actual
    };
    let path = host.settings.database_path(plugin_id);
    let faults = Arc::clone(&host.settings.faults);
    Database::new(path, plugin_id, host.store.key(), form, faults)
}

/// A place in the limit on inference calls; dropping it gives it back.
pub(crate) struct InferencePlace(Arc<PluginContext>);

impl Drop for InferencePlace {
    fn drop(&mut self) {
        self.0.inflight.fetch_sub(1, Ordering::SeqCst);
    }
}
