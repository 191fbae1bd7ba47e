//! One dispatched task: its state, what task_status tells of it, and the events that its changes cause.

use crate::activity::now_ms;
use crate::clock::timestamp;
use crate::context::PluginContext;
use crate::events::{self, Event};
use crate::ids::AgentId;
use crate::plugin::LoadedPlugin;
use crate::pool::SerialQueue;
use crate::special_tools::Question;
use crate::task_order::Order;
use serde_json::{Map, Value, json};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

const FEED_KEPT: usize = 40;
const FEED_SHOWN: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Running,
    /// For the user's answer.
    Waiting,
    Completed,
    Failed,
    Cancelled,
}

/// A dispatched task.
pub(crate) struct Task {
    pub(crate) id: String,
    pub(crate) order: Order,
    pub(crate) context: Arc<PluginContext>,
    pub(crate) plugin: Option<Arc<LoadedPlugin>>,
    pub(crate) agent: AgentId,
    pub(crate) events: SerialQueue,
    interrupted: AtomicBool,
    state: Mutex<State>,
}

struct State {
    status: Status,
    draft: Option<Value>,
    output: Option<String>,
    summary: Option<String>,
    current_step: Option<String>,
    feed: VecDeque<Value>,
    artifacts: Vec<Value>,
    late_turns: Vec<Value>,
    /// While it waits: the question, and the conversation so far.
    paused: Option<(Question, Vec<Value>)>,
    remove_at: Option<Instant>,
    started: Instant,
}

impl Task {
    pub(crate) fn new(
        context: &Arc<PluginContext>,
        agent: AgentId,
        id: String,
        order: Order,
    ) -> Arc<Task> {
        let state = State {
            status: Status::Running,
            draft: None,
            output: None,
            summary: None,
            current_step: None,
            feed: VecDeque::new(),
            artifacts: Vec::new(),
            late_turns: Vec::new(),
            paused: None,
            remove_at: None,
            started: Instant::now(),
        };
        Arc::new(Task {
            id,
            order,
            context: Arc::clone(context),
            plugin: context.host.plugin(&context.plugin_id),
            agent,
            events: SerialQueue::held(&context.host.pool),
            interrupted: AtomicBool::new(false),
            state: Mutex::new(state),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is to be forgotten.
    pub(crate) fn is_stale(&self, now: Instant) -> bool {
        self.state().remove_at.is_some_and(|at| at <= now)
    }

    pub(crate) fn started(&self) -> Instant {
        self.state().started
    }

    /// Running, or waiting for the user's answer.
    pub(crate) fn is_active(&self) -> bool {
        matches!(self.state().status, Status::Running | Status::Waiting)
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
        let mut state = self.state();
        state.current_step = Some(tool.to_string());
        if state.feed.back() != Some(&item) {
            state.feed.push_back(item);
        }
        if state.feed.len() > FEED_KEPT {
            state.feed.pop_front();
        }
        drop(state);
        let tool = tool.to_string();
        events::emit(self, &Event::Activity { tool, timestamp });
    }

    pub(crate) fn shared(&self, artifact: Value) {
        self.state().artifacts.push(artifact);
    }

    /// The end, unless the task has ended or been paused meanwhile.
    pub(crate) fn finish(self: &Arc<Self>, result: Result<(), String>, output: Option<String>) {
        let mut state = self.state();
        if let Some(output) = output {
            state.output = Some(output);
        }
        if state.status != Status::Running {
            return;
        }
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
        events::emit(self, &event);
    }

    /// Stops for a question, unless the task was ended meanwhile.
    pub(crate) fn pause(self: &Arc<Self>, question: Question, messages: Vec<Value>) {
        let mut state = self.state();
        if state.status == Status::Running {
            state.status = Status::Waiting;
            state.paused = Some((question.clone(), messages));
            events::emit(self, &Event::Clarification(question));
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

    /// Osaurus does not look whether it has ended already: the event comes in any case.
    pub(crate) fn cancel(self: &Arc<Self>) {
        let mut state = self.state();
        let kept = self.context.host.settings.budgets.cancelled_task;
        state.status = Status::Cancelled;
        state.remove_at = Some(Instant::now() + kept);
        events::emit(self, &Event::Cancelled);
    }

    /// Stops the model; the task then completes normally. A message is kept in the session, but this run does not answer it.
    pub(crate) fn interrupt(&self, message: Option<&str>) {
        if let Some(message) = message.map(str::trim).filter(|text| !text.is_empty()) {
            let turn = json!({"role": "user", "content": message});
            self.state().late_turns.push(turn);
        }
        self.interrupted.store(true, Ordering::SeqCst);
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
        object.insert("title".into(), self.order.title.clone().into());
        object.insert("status".into(), self.status_name(state.status).into());
        if let Some(draft) = &state.draft {
            object.insert("draft".into(), draft.clone());
        }
        if let Some(output) = state.output.as_ref().filter(|text| !text.is_empty()) {
            object.insert("output".into(), output.clone().into());
        }
        match state.status {
            Status::Running | Status::Waiting => describe_running(&state, &mut object),
            Status::Completed | Status::Failed => {
                object.insert("success".into(), (state.status == Status::Completed).into());
                let summary = state.summary.clone().unwrap_or_default();
                object.insert("summary".into(), summary.into());
                object.insert("session_id".into(), self.id.clone().into());
            }
            Status::Cancelled => {}
        }
        Value::Object(object)
    }

    fn status_name(&self, status: Status) -> &'static str {
        match status {
            Status::Waiting if self.context.host.settings.profile.documented() => {
                "awaitingClarification"
            }
            Status::Running | Status::Waiting => "running",
            Status::Completed => "completed",
            Status::Failed => "failed",
            Status::Cancelled => "cancelled",
        }
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
