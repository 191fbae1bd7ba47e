//! The tasks of all plugins: state, limits, sessions, and waiting for them. The task slots and the agent loop use it.

use crate::activity::now_ms;
use crate::context::PluginContext;
use crate::events::{self, Event};
use crate::ids::AgentId;
use crate::pool::SerialQueue;
use serde_json::{Map, Value, json};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Active tasks of one agent, and of all.
pub(crate) const MAX_PER_AGENT: usize = 5;
pub(crate) const MAX_ACTIVE: usize = 20;
/// How long a cancelled task can still be asked about.
const KEPT_AFTER_CANCEL: Duration = Duration::from_secs(15);
/// Finished tasks that are kept; the oldest go first.
const FINISHED_KEPT: usize = 500;
const FEED_KEPT: usize = 40;
const FEED_SHOWN: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Running,
    Completed,
    Failed,
    Cancelled,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Status::Running => "running",
            Status::Completed => "completed",
            Status::Failed => "failed",
            Status::Cancelled => "cancelled",
        }
    }
}

/// A dispatched task.
pub(crate) struct Task {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) context: Arc<PluginContext>,
    pub(crate) agent: AgentId,
    pub(crate) session_key: Option<String>,
    pub(crate) events: SerialQueue,
    pub(crate) interrupted: AtomicBool,
    state: Mutex<State>,
}

struct State {
    status: Status,
    draft: Option<Value>,
    output: Option<String>,
    summary: Option<String>,
    current_step: Option<String>,
    feed: VecDeque<Value>,
    late_turns: Vec<Value>,
    remove_at: Option<Instant>,
    started: Instant,
}

impl Task {
    pub(crate) fn new(
        context: &Arc<PluginContext>,
        agent: AgentId,
        id: String,
        title: String,
        session_key: Option<String>,
    ) -> Arc<Task> {
        let state = State {
            status: Status::Running,
            draft: None,
            output: None,
            summary: None,
            current_step: None,
            feed: VecDeque::new(),
            late_turns: Vec::new(),
            remove_at: None,
            started: Instant::now(),
        };
        let events = SerialQueue::held(&context.host.pool);
        let (context, interrupted) = (Arc::clone(context), AtomicBool::new(false));
        Arc::new(Task {
            id,
            title,
            context,
            agent,
            session_key,
            events,
            interrupted,
            state: Mutex::new(state),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_active(&self) -> bool {
        self.state().status == Status::Running
    }

    /// Lets the events go that were held until `dispatch` had its answer.
    pub(crate) fn release_events(&self) {
        self.events.release();
    }

    /// True when the model should stop: cancelled or interrupted.
    pub(crate) fn should_stop(&self) -> bool {
        self.interrupted.load(Ordering::SeqCst) || !self.is_active()
    }

    pub(crate) fn used_tool(self: &Arc<Self>, tool: &str) {
        let timestamp = timestamp(now_ms());
        let item = json!({"kind": "tool", "title": "Tool", "detail": tool, "timestamp": timestamp});
        let mut state = self.state();
        state.current_step = Some(tool.to_string());
        if state.feed.back() != Some(&item) {
            state.feed.push_back(item);
        }
        if state.feed.len() > FEED_KEPT {
            state.feed.pop_front();
        }
        drop(state);
        events::emit(
            self,
            &Event::Activity {
                tool: tool.to_string(),
                timestamp,
            },
        );
    }

    /// The end, unless the task was cancelled meanwhile.
    pub(crate) fn finish(self: &Arc<Self>, result: Result<(), String>, output: Option<String>) {
        let output = output.filter(|text| !text.is_empty());
        let mut state = self.state();
        state.output.clone_from(&output);
        if state.status != Status::Running {
            return;
        }
        let event = match result {
            Ok(()) => {
                (state.status, state.summary) = (Status::Completed, Some("Chat completed".into()));
                Event::Completed { output }
            }
            Err(summary) => {
                (state.status, state.summary) = (Status::Failed, Some(summary.clone()));
                Event::Failed { summary, output }
            }
        };
        events::emit(self, &event);
    }

    pub(crate) fn cancel(self: &Arc<Self>) {
        let mut state = self.state();
        state.status = Status::Cancelled;
        state.remove_at = Some(Instant::now() + KEPT_AFTER_CANCEL);
        events::emit(self, &Event::Cancelled);
    }

    /// A user turn from `dispatch_interrupt`; the session has it, this run does not answer it.
    pub(crate) fn add_user_turn(&self, message: &str) {
        let mut state = self.state();
        if state.status == Status::Running {
            state
                .late_turns
                .push(json!({"role": "user", "content": message}));
        }
    }

    /// The user turns that came while the model worked.
    pub(crate) fn take_late_turns(&self) -> Vec<Value> {
        std::mem::take(&mut self.state().late_turns)
    }

    /// Keeps the draft if it is an object, and sends it back as an event.
    pub(crate) fn set_draft(self: &Arc<Self>, draft: &str) {
        let draft = crate::json::object(draft).map(Value::Object);
        self.state().draft.clone_from(&draft);
        events::emit(self, &Event::Draft(draft));
    }

    /// The object of task_status and list_active_tasks.
    pub(crate) fn describe(&self) -> Value {
        let state = self.state();
        let mut object = Map::new();
        object.insert("id".into(), self.id.clone().into());
        object.insert("title".into(), self.title.clone().into());
        object.insert("status".into(), state.status.name().into());
        let optional = [
            ("draft", state.draft.clone()),
            ("output", state.output.clone().map(Value::from)),
        ];
        object.extend(
            optional
                .into_iter()
                .filter_map(|(key, value)| Some((key.to_string(), value?))),
        );
        match state.status {
            Status::Running => describe_running(&state, &mut object),
            Status::Completed | Status::Failed => {
                object.insert("success".into(), (state.status == Status::Completed).into());
                object.insert(
                    "summary".into(),
                    state.summary.clone().unwrap_or_default().into(),
                );
                object.insert("session_id".into(), self.id.clone().into());
            }
            Status::Cancelled => {}
        }
        Value::Object(object)
    }
}

fn describe_running(state: &State, object: &mut Map<String, Value>) {
    if let Some(step) = &state.current_step {
        object.insert("current_step".into(), step.clone().into());
    }
    if !state.feed.is_empty() {
        let recent = state.feed.iter().rev().take(FEED_SHOWN).rev().cloned();
        object.insert("activity".into(), recent.collect());
    }
}

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
        registry
            .tasks
            .retain(|_, task| task.state().remove_at.is_none_or(|at| at > now));
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
        .map(|task| (task.state().started, task.id.clone()))
        .collect();
    if finished.len() < FINISHED_KEPT {
        return;
    }
    finished.sort();
    for (_, id) in finished.iter().take(finished.len() - FINISHED_KEPT + 1) {
        tasks.remove(id);
    }
}

/// ISO 8601, UTC, whole seconds.
fn timestamp(ms: u64) -> String {
    let seconds = ms / 1000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

/// Year, month and day of a number of days since 1970 (Gregorian, by 400-year eras that begin on 1 March).
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::timestamp;

    #[test]
    fn timestamps_are_iso_utc() {
        assert_eq!(timestamp(0), "1970-01-01T00:00:00Z");
        assert_eq!(timestamp(951_827_696_789), "2000-02-29T12:34:56Z");
        assert_eq!(timestamp(1_767_225_599_000), "2025-12-31T23:59:59Z");
    }
}
