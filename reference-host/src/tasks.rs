//! The tasks of all plugins: state, limits, sessions, and waiting for them. The task slots and the agent loop use it.

use crate::context::PluginContext;
use crate::ids::AgentId;
use crate::task::Task;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Active tasks of one agent, and of all.
pub(crate) const MAX_PER_AGENT: usize = 5;
pub(crate) const MAX_ACTIVE: usize = 20;
/// Finished tasks that are kept; the oldest go first.
const FINISHED_KEPT: usize = 500;

/// All tasks of a host, and the sessions that later tasks may continue.
#[derive(Default)]
pub(crate) struct Tasks {
    state: Mutex<Registry>,
    changed: Condvar,
}

#[derive(Default)]
struct Registry {
    tasks: HashMap<String, Arc<Task>>,
    sessions: HashMap<SessionKey, Session>,
    loops: usize,
}

type SessionKey = (String, AgentId, String);

/// A stored conversation.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) messages: Vec<Value>,
}

impl Tasks {
    fn registry(&self) -> MutexGuard<'_, Registry> {
        let mut registry = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        registry.tasks.retain(|_, task| !task.is_stale(now));
        registry
    }

    /// Whether another task may start for this agent.
    pub(crate) fn has_room(&self, agent: AgentId) -> bool {
        let registry = self.registry();
        let active: Vec<_> = registry
            .tasks
            .values()
            .filter(|task| task.is_active())
            .collect();
        active.len() < MAX_ACTIVE
            && active.iter().filter(|task| task.agent == agent).count() < MAX_PER_AGENT
    }

    /// The finished session to continue: same plugin, key and agent, and no active task that uses the key.
    pub(crate) fn session(&self, plugin: &str, agent: AgentId, key: &str) -> Option<Session> {
        let registry = self.registry();
        let busy = registry.tasks.values().any(|task| {
            task.is_active()
                && task.context.plugin_id == plugin
                && task.session_key.as_deref() == Some(key)
        });
        if busy {
            return None;
        }
        registry
            .sessions
            .get(&(plugin.to_string(), agent, key.to_string()))
            .cloned()
    }

    pub(crate) fn add(&self, task: &Arc<Task>) {
        let mut registry = self.registry();
        forget_oldest(&mut registry.tasks);
        registry.tasks.insert(task.id.clone(), Arc::clone(task));
        registry.loops += 1;
    }

    /// The agent loop of a task has ended.
    pub(crate) fn loop_ended(&self, task: &Task, messages: Vec<Value>) {
        let mut registry = self.registry();
        registry.loops -= 1;
        if let Some(key) = &task.session_key {
            let place = (task.context.plugin_id.clone(), task.agent, key.clone());
            registry.sessions.insert(
                place,
                Session {
                    id: task.id.clone(),
                    messages,
                },
            );
        }
        self.changed.notify_all();
    }

    /// A plugin's own task.
    pub(crate) fn owned(&self, plugin: &str, id: &str) -> Option<Arc<Task>> {
        self.registry()
            .tasks
            .get(id)
            .filter(|task| task.context.plugin_id == plugin)
            .cloned()
    }

    pub(crate) fn active_of(&self, plugin: &str) -> Vec<Arc<Task>> {
        let registry = self.registry();
        let mine = registry
            .tasks
            .values()
            .filter(|task| task.context.plugin_id == plugin && task.is_active());
        mine.cloned().collect()
    }

    /// Waits for all loops and then for all events. False when `limit` passed first.
    pub(crate) fn wait_for_all(&self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        let mut registry = self.registry();
        while registry.loops > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            registry = self
                .changed
                .wait_timeout(registry, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
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
        let tasks: Vec<_> = self
            .registry()
            .tasks
            .values()
            .filter(|task| Arc::ptr_eq(&task.context, context))
            .cloned()
            .collect();
        for task in &tasks {
            if task.is_active() {
                task.cancel();
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

fn forget_oldest(tasks: &mut HashMap<String, Arc<Task>>) {
    let mut finished: Vec<_> = tasks
        .values()
        .filter(|task| !task.is_active())
        .map(|task| (task.started(), task.id.clone()))
        .collect();
    if finished.len() < FINISHED_KEPT {
        return;
    }
    finished.sort();
    for (_, id) in finished.iter().take(finished.len() - FINISHED_KEPT + 1) {
        tasks.remove(id);
    }
}
