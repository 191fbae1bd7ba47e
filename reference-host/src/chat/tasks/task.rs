//! One dispatched task: its state, what task_status tells of it, and the events that its changes
//! cause.

use crate::chat::ending::Question;
use crate::chat::tasks::events::Event;
use crate::chat::tasks::order::Order;
use crate::chat::tasks::state::{State, Status};
use crate::common::clock::timestamp;
use crate::common::ids::AgentId;
use crate::common::json;
use crate::common::pool::SerialQueue;
use crate::host::activity::now_ms;
use crate::plugin::context::PluginContext;
use crate::plugin::list::Plugins;
use crate::plugin::loaded::LoadedPlugin;
use parking_lot::{Mutex, MutexGuard};
use serde_json::{Map, Value, json};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

static NUMBER: AtomicU64 = AtomicU64::new(0);

const FEED_SHOWN: usize = 20;

/// A dispatched task.
pub(crate) struct Task {
    pub(crate) id: String,
    /// Counts all tasks of the process: a queue's order.
    pub(crate) number: u64,
    pub(crate) order: Order,
    pub(crate) context: Arc<PluginContext>,
    plugin: Option<Arc<LoadedPlugin>>,
    /// For the plugin that dispatches while it is being loaded, and gets its events afterwards.
    plugins: Arc<Plugins>,
    pub(crate) agent: AgentId,
    pub(crate) events: SerialQueue,
    interrupted: AtomicBool,
    state: Mutex<State>,
}

impl Task {
    pub(crate) fn new(
        plugins: &Arc<Plugins>,
        context: &Arc<PluginContext>,
        agent: AgentId,
        id: String,
        order: Order,
    ) -> Arc<Task> {
        let mut state = State {
            status: Status::Running,
            draft: None,
            output: None,
            summary: None,
            feed: VecDeque::new(),
            artifacts: Vec::new(),
            late_turns: Vec::new(),
            interruption: None,
            queued: None,
            paused: None,
            ended: None,
            shrink_at: None,
            started: Instant::now(),
        };
        state.note("Running in background");
        Arc::new(Task {
            id,
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            order,
            context: Arc::clone(context),
            plugin: plugins.find(&context.plugin_id),
            plugins: Arc::clone(plugins),
            agent,
            events: SerialQueue::held(&context.services.pool),
            interrupted: AtomicBool::new(false),
            state: Mutex::new(state),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    pub(crate) fn started(&self) -> Instant {
        self.state().started
    }

    /// Queued, running, or waiting for the user's answer.
    pub(crate) fn is_active(&self) -> bool {
        let status = self.state().status;
        matches!(status, Status::Queued | Status::Running | Status::Waiting)
    }

    /// Whether it counts for the limits: while it runs, and in June 2026 also while it waited.
    pub(crate) fn takes_a_slot(&self) -> bool {
        match self.state().status {
            Status::Running => true,
            Status::Waiting => self.is_of_june(),
            _ => false,
        }
    }

    fn is_of_june(&self) -> bool {
        self.context.services.settings.profile.of_june()
    }

    /// In June 2026 a cancelled task was removed after a while; others stayed as they were.
    pub(crate) fn is_gone(&self) -> bool {
        let state = self.state();
        self.is_of_june() && state.status == Status::Cancelled && !state.is_held()
    }

    /// Whether it waits for a slot.
    pub(crate) fn is_queued(&self) -> bool {
        self.state().status == Status::Queued
    }

    /// Keeps the conversation until another task makes room.
    pub(crate) fn enqueue(&self, messages: Vec<Value>) {
        let mut state = self.state();
        state.status = Status::Queued;
        state.queued = Some(messages);
        state.note("Queued — waiting for a free slot");
    }

    /// Takes the slot: the conversation to begin with. None if the task is not queued any more.
    pub(crate) fn promote(&self) -> Option<Vec<Value>> {
        let mut state = self.state();
        if state.status != Status::Queued {
            return None;
        }
        let mut messages = state.queued.take()?;
        messages.append(&mut state.late_turns);
        state.status = Status::Running;
        state.note("Started");
        Some(messages)
    }

    /// Runs again with the user's reply. None if the task has not completed.
    pub(crate) fn revive(&self) -> Option<Vec<Value>> {
        let mut state = self.state();
        if state.status != Status::Completed {
            return None;
        }
        let messages = state.ended.take()?;
        (state.status, state.summary, state.shrink_at) = (Status::Running, None, None);
        self.interrupted.store(false, Ordering::SeqCst);
        Some(messages)
    }

    /// Lets the events go that were held until `dispatch` had its answer.
    pub(crate) fn release_events(&self) {
        self.events.release();
    }

    /// True when the model should stop: cancelled or interrupted.
    pub(crate) fn should_stop(&self) -> bool {
        self.interrupted.load(Ordering::SeqCst) || self.state().status != Status::Running
    }

    /// The text of the last turn, as far as it is known.
    pub(crate) fn says(&self, text: &str, begins: bool) {
        let mut state = self.state();
        let output = state.output.get_or_insert_default();
        if begins {
            output.clear();
        }
        output.push_str(text);
    }

    pub(crate) fn used_tool(self: &Arc<Self>, tool: &str) {
        let timestamp = timestamp(now_ms());
        let item = json!({"kind": "tool", "title": "Tool", "detail": tool, "timestamp": timestamp});
        self.state().add_to_feed(item);
        let tool = tool.to_string();
        self.emit(&Event::Activity { tool, timestamp });
    }

    pub(crate) fn shared(&self, artifact: Value) {
        self.state().artifacts.push(artifact);
    }

    /// The end, unless the task has ended or been paused meanwhile. `messages` is the conversation
    /// that a reply would continue.
    pub(crate) fn finish(
        self: &Arc<Self>,
        result: Result<(), String>,
        output: Option<String>,
        messages: Vec<Value>,
    ) {
        let mut state = self.state();
        if let Some(output) = state.interruption.take().or(output) {
            state.output = Some(output);
        }
        if state.status != Status::Running {
            return;
        }
        state.ended = result.is_ok().then_some(messages);
        self.end(&mut state, result);
    }

    /// Sets the end and tells the plugin.
    fn end(self: &Arc<Self>, state: &mut State, result: Result<(), String>) {
        let output = state.output.clone().filter(|text| !text.is_empty());
        let event = match result {
            Ok(()) => {
                (state.status, state.summary) = (Status::Completed, Some("Chat completed".into()));
                let artifacts = state.artifacts.clone();
                Event::Completed { output, artifacts }
            }
            Err(summary) => {
                (state.status, state.summary) = (Status::Failed, Some(summary.clone()));
                Event::Failed { summary, output }
            }
        };
        self.shrink_later(state);
        self.emit(&event);
    }

    fn shrink_later(&self, state: &mut State) {
        if self.is_of_june() && state.status != Status::Cancelled {
            return;
        }
        let delay = self.context.services.settings.budgets.ended_task;
        state.shrink_at = Some(Instant::now() + delay);
    }

    /// Stops for a question, unless the task was ended meanwhile.
    pub(crate) fn pause(self: &Arc<Self>, question: Question, messages: Vec<Value>) {
        let mut state = self.state();
        if state.status == Status::Running {
            state.status = Status::Waiting;
            state.paused = Some((question.clone(), messages));
            self.emit(&Event::Clarification(question));
        }
    }

    /// The question that it waits with.
    pub(crate) fn question(&self) -> Option<Question> {
        let state = self.state();
        let paused = state
            .paused
            .as_ref()
            .filter(|_| state.status == Status::Waiting);
        paused.map(|(question, _)| question.clone())
    }

    /// Runs again: the conversation so far. None if it does not wait.
    pub(crate) fn wake(&self) -> Option<Vec<Value>> {
        let mut state = self.state();
        if state.status != Status::Waiting {
            return None;
        }
        let (_, mut messages) = state.paused.take()?;
        messages.append(&mut state.late_turns);
        state.status = Status::Running;
        self.interrupted.store(false, Ordering::SeqCst);
        Some(messages)
    }

    /// Osaurus does not look whether it has ended already: the event comes in any case. Stopping a
    /// stream ends it, so that a running task is told as completed first.
    pub(crate) fn cancel(self: &Arc<Self>) {
        let mut state = self.state();
        if state.status == Status::Running {
            self.end(&mut state, Ok(()));
        }
        self.mark_cancelled(&mut state);
    }

    /// The end of a task whose plugin goes.
    pub(crate) fn finalize(self: &Arc<Self>) {
        self.mark_cancelled(&mut self.state());
    }

    fn mark_cancelled(self: &Arc<Self>, state: &mut State) {
        state.status = Status::Cancelled;
        self.shrink_later(state);
        self.emit(&Event::Cancelled);
    }

    /// Stops the model; the task then completes normally, with the message as its last turn. A
    /// queued task still runs, after the message; one that has ended is left alone.
    pub(crate) fn interrupt(&self, message: Option<&str>) {
        let mut state = self.state();
        if let Some(message) = message.map(str::trim).filter(|text| !text.is_empty()) {
            let turn = json!({"role": "user", "content": message});
            state.late_turns.push(turn);
            if state.status == Status::Running {
                state.interruption = Some(message.to_string());
            }
        }
        if state.status != Status::Queued {
            self.interrupted.store(true, Ordering::SeqCst);
        }
    }

    /// The user turns that came while the model worked.
    pub(crate) fn take_late_turns(&self) -> Vec<Value> {
        std::mem::take(&mut self.state().late_turns)
    }

    /// Queues an event; it reaches `on_task_event` in order, on a host thread, with the task's
    /// agent. A plugin that is being unloaded still gets it.
    pub(crate) fn emit(self: &Arc<Self>, event: &Event) {
        let documented = self.context.services.settings.profile.documented();
        let payload = event.payload(&self.id, &self.order.title, documented);
        let (kind, payload) = (event.kind(), json::canonical(&payload));
        let task = Arc::clone(self);
        self.events.push(move || {
            let listed = || task.plugins.find(&task.context.plugin_id);
            let Some(plugin) = task.plugin.clone().or_else(listed) else {
                return;
            };
            if plugin.handles_task_events() {
                plugin.task_event(task.agent, &task.id, kind, &payload);
            }
        });
    }

    /// Keeps the draft if it is an object, and sends it back as an event.
    pub(crate) fn set_draft(self: &Arc<Self>, draft: &str) {
        let draft = json::object(draft).map(Value::Object);
        self.state().draft.clone_from(&draft);
        self.emit(&Event::Draft(draft));
    }

    /// The object of task_status and list_active_tasks.
    pub(crate) fn describe(&self) -> Value {
        let state = self.state();
        let mut object = Map::new();
        object.insert("id".into(), self.id.clone().into());
        object.insert("title".into(), self.order.title.clone().into());
        object.insert("status".into(), self.status_name(state.status).into());
        if let Some(draft) = &state.draft {
            object.insert("draft".into(), draft.clone());
        }
        let output = state.output.as_ref().filter(|text| !text.is_empty());
        if let Some(output) = output.filter(|_| state.is_held()) {
            object.insert("output".into(), output.clone().into());
        }
        match state.status {
            Status::Queued => drop(object.insert("current_step".into(), "Queued".into())),
            Status::Running | Status::Waiting => describe_running(&state, &mut object),
            Status::Completed | Status::Failed => {
                object.insert("success".into(), (state.status == Status::Completed).into());
                let summary = state.summary.clone().unwrap_or_default();
                object.insert("summary".into(), summary.into());
                if state.is_held() {
                    object.insert("session_id".into(), self.id.clone().into());
                }
            }
            Status::Cancelled => {}
        }
        Value::Object(object)
    }

    fn status_name(&self, status: Status) -> &'static str {
        match status {
            Status::Waiting if self.context.services.settings.profile.documented() => {
                "awaitingClarification"
            }
            Status::Queued => "queued",
            Status::Running | Status::Waiting => "running",
            Status::Completed => "completed",
            Status::Failed => "failed",
            Status::Cancelled => "cancelled",
        }
    }
}

fn describe_running(state: &State, object: &mut Map<String, Value>) {
    let step = match state.status {
        Status::Waiting => "Waiting for clarification",
        _ => "Running...",
    };
    object.insert("current_step".into(), step.into());
    let recent = state.feed.iter().rev().take(FEED_SHOWN).rev().cloned();
    object.insert("activity".into(), recent.collect());
}
