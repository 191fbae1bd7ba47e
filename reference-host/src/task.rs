//! One dispatched task: its state, what task_status tells of it, and the events that its changes cause.

use crate::activity::now_ms;
use crate::context::PluginContext;
use crate::events::{self, Event};
use crate::ids::AgentId;
use crate::pool::SerialQueue;
use serde_json::{Map, Value, json};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a cancelled task can still be asked about.
const KEPT_AFTER_CANCEL: Duration = Duration::from_secs(15);
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

    /// Whether it is to be forgotten.
    pub(crate) fn is_stale(&self, now: Instant) -> bool {
        self.state().remove_at.is_some_and(|at| at <= now)
    }

    pub(crate) fn started(&self) -> Instant {
        self.state().started
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
