//! What changes about a task while it runs, waits and ends. `task` keeps it and tells of it.

use crate::chat::ending::Question;
use crate::common::clock::timestamp;
use crate::host::activity::now_ms;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Instant;

const FEED_KEPT: usize = 40;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Until a running task makes room.
    Queued,
    Running,
    /// For the user's answer.
    Waiting,
    Completed,
    Failed,
    Cancelled,
}

/// All that changes about a task.
pub(crate) struct State {
    pub(crate) status: Status,
    pub(crate) draft: Option<Value>,
    pub(crate) output: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) feed: VecDeque<Value>,
    pub(crate) artifacts: Vec<Value>,
    pub(crate) late_turns: Vec<Value>,
    /// The user's message that stopped the run.
    pub(crate) interruption: Option<String>,
    /// While it is queued: the conversation to begin with.
    pub(crate) queued: Option<Vec<Value>>,
    /// While it waits: the question, and the conversation so far.
    pub(crate) paused: Option<(Question, Vec<Value>)>,
    /// Once it completed: the conversation, for a reply of the user.
    pub(crate) ended: Option<Vec<Value>>,
    /// When output and session are dropped from its status.
    pub(crate) shrink_at: Option<Instant>,
    pub(crate) started: Instant,
}

impl State {
    pub(crate) fn note(&mut self, title: &str) {
        let item = json!({"kind": "info", "title": title, "timestamp": timestamp(now_ms())});
        self.add_to_feed(item);
    }

    pub(crate) fn add_to_feed(&mut self, item: Value) {
        if self.feed.back() != Some(&item) {
            self.feed.push_back(item);
        }
        if self.feed.len() > FEED_KEPT {
            self.feed.pop_front();
        }
    }

    /// Whether output and session are still in memory.
    pub(crate) fn is_held(&self) -> bool {
        self.shrink_at.is_none_or(|at| at > Instant::now())
    }
}
