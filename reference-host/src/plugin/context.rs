//! What the host holds for one loaded plugin and its callbacks use: database, limits, streams to
//! cancel. The scope registry finds it; it does not know the plugin's functions.

use crate::common::ids::{AgentId, ScopeKey};
use crate::common::limits::SlidingWindow;
use crate::host::services::Services;
use crate::plugin::boundary::tap::Tapped;
use crate::plugin::calls::scope;
use crate::plugin::manifest::{Manifest, Tool};
use crate::storage::database::Database;
use crate::storage::statement::Form;
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// Inference calls that one plugin may have in flight.
pub(crate) const MAX_INFLIGHT: usize = 2;

/// A session of an agent, or of calls without one.
type SessionKey = (Option<AgentId>, String);

/// Streams by the id that the plugin gave them.
#[derive(Default)]
struct Streams {
    cancelled: HashSet<String>,
    running: HashMap<String, usize>,
}

pub(crate) struct PluginContext {
    pub(crate) key: ScopeKey,
    pub(crate) plugin_id: String,
    pub(crate) services: Arc<Services>,
    pub(crate) db: Database,
    pub(crate) manifest: OnceLock<Arc<Manifest>>,
    pub(crate) http_calls: SlidingWindow,
    pub(crate) dispatches: SlidingWindow,
    inflight: AtomicUsize,
    streams: Mutex<Streams>,
    loaded_tools: Mutex<HashMap<SessionKey, Vec<String>>>,
}

impl PluginContext {
    pub(crate) fn new(services: &Arc<Services>, plugin_id: &str) -> Arc<PluginContext> {
        Arc::new(PluginContext {
            key: scope::key(services.number, plugin_id),
            plugin_id: plugin_id.to_string(),
            services: Arc::clone(services),
            db: database(services, plugin_id),
            manifest: OnceLock::new(),
            http_calls: SlidingWindow::new(60),
            dispatches: SlidingWindow::new(10),
            inflight: AtomicUsize::new(0),
            streams: Mutex::default(),
            loaded_tools: Mutex::default(),
        })
    }

    /// Whether the manifest, once it is known, declares this key as one that holds a secret.
    pub(crate) fn is_secret(&self, key: &str) -> bool {
        self.manifest
            .get()
            .is_some_and(|manifest| manifest.is_secret(key))
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

    /// The names by which models and tasks know this plugin's tools, with the tools.
    pub(crate) fn named_tools(&self) -> impl Iterator<Item = (String, &Tool)> {
        let tools = self.manifest.get().map(|manifest| manifest.tools());
        let tools = tools.unwrap_or_default().iter();
        tools.map(|tool| (self.tool_name(&tool.id), tool))
    }

    /// A tool's own id. By the documents the plugin's id stands before it (quirk 6); they do not
    /// say what is between the two, which is an underscore here.
    fn tool_name(&self, id: &str) -> String {
        if self.services.settings.profile.documented() {
            return format!("{}_{id}", self.plugin_id);
        }
        id.to_string()
    }

    pub(crate) fn instructions(&self) -> Option<String> {
        let text = self.manifest.get()?.instructions.clone()?;
        (!text.trim().is_empty()).then_some(text)
    }

    /// The tools that were loaded into a session, or pinned by its tasks.
    pub(crate) fn remembered_tools(&self, agent: Option<AgentId>, session: &str) -> Vec<String> {
        let loaded = self.loaded_tools.lock();
        let names = loaded.get(&(agent, session.to_string()));
        names.cloned().unwrap_or_default()
    }

    pub(crate) fn remember_tools(&self, agent: Option<AgentId>, session: &str, names: &[String]) {
        let mut loaded = self.loaded_tools.lock();
        let names_of_session = loaded.entry((agent, session.to_string())).or_default();
        let new = names.iter().filter(|name| !names_of_session.contains(name));
        let new: Vec<String> = new.cloned().collect();
        names_of_session.extend(new);
    }

    /// Asks the streams with this id to stop; an id that no stream uses waits for one.
    pub(crate) fn cancel_stream(&self, id: &str) {
        self.streams().cancelled.insert(id.to_string());
    }

    pub(crate) fn stream_is_cancelled(&self, id: &str) -> bool {
        self.streams().cancelled.contains(id)
    }

    /// A stream starts: an old request to cancel its id is forgotten.
    pub(crate) fn stream_begins(&self, id: &str) {
        let mut streams = self.streams();
        streams.cancelled.remove(id);
        *streams.running.entry(id.to_string()).or_default() += 1;
    }

    /// A stream ends; with the last one of its id the request to cancel it is forgotten.
    pub(crate) fn stream_ends(&self, id: &str) {
        let mut streams = self.streams();
        let still_running = streams.running.get(id).map_or(0, |running| running - 1);
        if still_running > 0 {
            streams.running.insert(id.to_string(), still_running);
            return;
        }
        streams.running.remove(id);
        streams.cancelled.remove(id);
    }

    fn streams(&self) -> parking_lot::MutexGuard<'_, Streams> {
        self.streams.lock()
    }

    /// Tells the host's tap, if there is one, that a call into this plugin begins.
    pub(crate) fn tapped(
        &self,
        slot: &'static str,
        agent: Option<AgentId>,
        args: &[Option<&str>],
    ) -> Tapped {
        let line = self.services.settings.tap.as_ref();
        Tapped::begins(line, &self.plugin_id, slot, agent, args)
    }

    /// Warns once per host about `what` (a key without the plugin's id).
    pub(crate) fn warn_once(&self, what: &str, agent: Option<AgentId>, message: &str) {
        if self
            .services
            .warnings
            .first_time(&format!("{}|{what}", self.plugin_id))
        {
            self.services.warn(&self.plugin_id, agent, message);
        }
    }
}

fn database(services: &Services, plugin_id: &str) -> Database {
    let form = if services.settings.profile.documented() {
        Form::Documented
    } else {
        Form::Actual
    };
    let path = services.settings.database_path(plugin_id);
    let is_strict = services.settings.profile.stricter();
    let files = services.store.files().clone();
    Database::new(path, plugin_id, form, is_strict, files)
}

/// A place in the limit on inference calls; dropping it gives it back.
pub(crate) struct InferencePlace(Arc<PluginContext>);

impl Drop for InferencePlace {
    fn drop(&mut self) {
        self.0.inflight.fetch_sub(1, Ordering::SeqCst);
    }
}
