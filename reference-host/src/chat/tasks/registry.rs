//! The tasks of all plugins: state, limits, sessions, and waiting for them. The task slots and the
//! agent loop use it.

use crate::chat::tasks::main_loop::MainLoop;
use crate::chat::tasks::order::Order;
use crate::chat::tasks::task::Task;
use crate::common::ids::{AgentId, canonical_uuid, fresh_uuid};
use crate::plugin::context::PluginContext;
use crate::plugin::list::Plugins;
use parking_lot::{Condvar, Mutex, MutexGuard};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Running tasks of one agent. More are queued.
pub(crate) const MAX_PER_AGENT: usize = 5;
/// Finished tasks that are kept; the oldest go first.
const FINISHED_KEPT: usize = 500;

/// All tasks of a host, and the sessions that later tasks may continue.
#[derive(Default)]
pub(crate) struct Tasks {
    pub(crate) main_loop: MainLoop,
    state: Mutex<Registry>,
    changed: Condvar,
}

#[derive(Default)]
struct Registry {
    tasks: HashMap<String, Arc<Task>>,
    sessions: HashMap<SessionKey, Session>,
    /// The section of capabilities that each session began with.
    sections: HashMap<SessionKey, Option<String>>,
    loops: usize,
}

type SessionKey = (String, AgentId, String);

/// What became of a dispatch.
pub(crate) struct Registered {
    pub(crate) task: Arc<Task>,
    /// The conversation to begin with; none when the task has to wait for a slot.
    pub(crate) messages: Option<Vec<Value>>,
}

/// A stored conversation.
#[derive(Clone)]
struct Session {
    id: String,
    messages: Vec<Value>,
}

impl Tasks {
    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.state.lock()
    }

    /// Whether another task of this agent could start now.
    pub(crate) fn has_room(&self, most: usize, agent: AgentId) -> bool {
        self.registry().has_room(most, agent)
    }

    /// Registers a task: the conversation so far, and whether there is room for it now. With room
    /// its loop counts as running. The session that it continues gives it its id.
    pub(crate) fn register(
        &self,
        plugins: &Arc<Plugins>,
        context: &Arc<PluginContext>,
        agent: AgentId,
        order: Order,
    ) -> Registered {
        let mut registry = self.registry();
        let plugin = &context.plugin_id;
        let key = order.session_key.as_ref();
        let session = key.and_then(|key| registry.session(plugin, agent, key));
        let session = session.unwrap_or_else(|| Session {
            id: registry.free_id(context, order.id.clone()),
            messages: Vec::new(),
        });
        let has_room = registry.has_room(context.services.settings.active_tasks, agent);
        let mut messages = session.messages;
        messages.push(json!({"role": "user", "content": order.prompt}));
        let task = Task::new(plugins, context, agent, session.id, order);
        registry.forget_oldest();
        registry.tasks.insert(task.id.clone(), Arc::clone(&task));
        if !has_room {
            task.enqueue(messages);
            return Registered {
                task,
                messages: None,
            };
        }
        registry.loops += 1;
        Registered {
            task,
            messages: Some(messages),
        }
    }

    /// Gives free slots to queued tasks, oldest first; their loops count as running. An agent that
    /// has its share is passed over.
    pub(crate) fn promote(&self, most: usize) -> Vec<(Arc<Task>, Vec<Value>)> {
        let mut registry = self.registry();
        let mut queued: Vec<Arc<Task>> = registry.tasks.values().cloned().collect();
        queued.retain(|task| task.is_queued());
        queued.sort_by_key(|task| task.number);
        let mut promoted = Vec::new();
        for task in queued {
            if !registry.has_room(most, task.agent) {
                continue;
            }
            if let Some(messages) = task.promote() {
                registry.loops += 1;
                promoted.push((task, messages));
            }
        }
        promoted
    }

    /// Keeps the conversation for later tasks with the same key.
    pub(crate) fn store_session(&self, task: &Task, messages: Vec<Value>) {
        if let Some(key) = &task.order.session_key {
            let place = (task.context.plugin_id.clone(), task.agent, key.clone());
            let id = task.id.clone();
            let session = Session { id, messages };
            self.registry().sessions.insert(place, session);
        }
    }

    /// The section of capabilities in the prompt of the task's session: made once, at its first
    /// task.
    pub(crate) fn section_of(
        &self,
        task: &Task,
        fresh: impl FnOnce() -> Option<String>,
    ) -> Option<String> {
        let Some(key) = &task.order.session_key else {
            return fresh();
        };
        let place = (task.context.plugin_id.clone(), task.agent, key.clone());
        if let Some(known) = self.registry().sections.get(&place) {
            return known.clone();
        }
        // Made without the lock: it looks at all plugins.
        let section = fresh();
        let mut registry = self.registry();
        registry.sections.entry(place).or_insert(section).clone()
    }

    /// A task that was answered works again.
    pub(crate) fn loop_started(&self) {
        self.registry().loops += 1;
    }

    /// The agent loop of a task has ended.
    pub(crate) fn loop_ended(&self) {
        self.registry().loops -= 1;
        self.changed.notify_all();
    }

    /// A plugin's own task.
    pub(crate) fn owned(&self, plugin: &str, id: &str) -> Option<Arc<Task>> {
        self.find(id)
            .filter(|task| task.context.plugin_id == plugin && !task.is_gone())
    }

    /// The working folder of a plugin's active task.
    pub(crate) fn folder_of(&self, plugin: &str, id: &str) -> Option<PathBuf> {
        let task = self.owned(plugin, &canonical_uuid(id)?)?;
        task.order.folder.clone().filter(|_| task.is_active())
    }

    pub(crate) fn find(&self, id: &str) -> Option<Arc<Task>> {
        self.registry().tasks.get(id).cloned()
    }

    /// Forgets a task that has ended. False if there is none.
    pub(crate) fn dismiss(&self, id: &str) -> bool {
        let mut registry = self.registry();
        let ended = registry.tasks.get(id).is_some_and(|task| !task.is_active());
        ended && registry.tasks.remove(id).is_some()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Task>> {
        self.registry().tasks.values().cloned().collect()
    }

    pub(crate) fn active_of(&self, plugin: &str) -> Vec<Arc<Task>> {
        let mut tasks = self.all();
        tasks.retain(|task| task.context.plugin_id == plugin && task.is_active());
        tasks
    }

    /// Waits for all loops and then for all events. False when `limit` passed first.
    pub(crate) fn wait_for_all(&self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        let mut registry = self.registry();
        while registry.loops > 0 {
            let rest = until.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return false;
            }
            self.changed.wait_for(&mut registry, rest);
        }
        let tasks: Vec<_> = registry.tasks.values().cloned().collect();
        drop(registry);
        tasks.iter().all(|task| {
            task.events
                .wait_idle(until.saturating_duration_since(Instant::now()))
        })
    }

    /// Ends a plugin's tasks before it is destroyed; its events are delivered first.
    pub(crate) fn stop_all_of(&self, context: &Arc<PluginContext>, limit: Duration) {
        let until = Instant::now() + limit;
        let mut tasks = self.all();
        tasks.retain(|task| Arc::ptr_eq(&task.context, context));
        for task in &tasks {
            if task.is_active() {
                task.finalize();
            }
        }
        for task in &tasks {
            task.events
                .wait_idle(until.saturating_duration_since(Instant::now()));
        }
        self.registry()
            .tasks
            .retain(|_, task| !Arc::ptr_eq(&task.context, context));
    }
}

impl Registry {
    /// Waiting tasks took a slot too in June 2026.
    fn has_room(&self, most: usize, agent: AgentId) -> bool {
        let running = self.tasks.values().filter(|task| task.takes_a_slot());
        let agents: Vec<AgentId> = running.map(|task| task.agent).collect();
        let of_this = agents.iter().filter(|other| **other == agent).count();
        agents.len() < most && of_this < MAX_PER_AGENT
    }

    /// The finished session to continue: same plugin, key and agent, and no active task of the
    /// plugin that uses the key.
    fn session(&self, plugin: &str, agent: AgentId, key: &str) -> Option<Session> {
        let busy = self.tasks.values().any(|task| {
            task.is_active()
                && task.context.plugin_id == plugin
                && task.order.session_key.as_deref() == Some(key)
        });
        let place = (plugin.to_string(), agent, key.to_string());
        self.sessions.get(&place).filter(|_| !busy).cloned()
    }

    /// The wanted id. Osaurus does not look who has it: a later task takes its place in the list.
    /// This host does not give away another plugin's, unless it is exactly as Osaurus.
    fn free_id(&self, context: &PluginContext, wanted: Option<String>) -> String {
        let stricter = context.services.settings.profile.stricter();
        let is_free = |id: &String| {
            let holder = self.tasks.get(id).filter(|_| stricter);
            holder.is_none_or(|task| task.context.plugin_id == context.plugin_id)
        };
        wanted.filter(is_free).unwrap_or_else(fresh_uuid)
    }

    fn forget_oldest(&mut self) {
        let ended = self.tasks.values().filter(|task| !task.is_active());
        let mut ended: Vec<_> = ended
            .map(|task| (task.started(), task.id.clone()))
            .collect();
        if ended.len() < FINISHED_KEPT {
            return;
        }
        ended.sort();
        for (_, id) in ended.iter().take(ended.len() - FINISHED_KEPT + 1) {
            self.tasks.remove(id);
        }
    }
}
