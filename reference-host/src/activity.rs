//! What happened: a bounded, queryable record of every host call and every log line, streamed to subscribers.
//! The slots write it; the command line, the console and tests read it.

use crate::ids::AgentId;
use serde::Serialize;
use serde::ser::Serializer;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// Records kept; older ones make room.
const KEPT: usize = 20_000;
/// Bytes kept of each request and response.
const BODY_KEPT: usize = 64 * 1024;

/// How the host found the plugin that a call belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ResolvedBy {
    /// The calling thread was inside a call of the host: the normal case.
    Scope,
    /// Unknown thread: charged to the plugin that was called last, whichever that was.
    GlobalFallback,
    /// Unknown thread during loading, before any plugin was called.
    InitContext,
    /// No plugin could be found.
    Nobody,
}

/// One call of a plugin into the host.
#[derive(Debug, Clone, Serialize)]
pub struct HostCallRecord {
    /// Position in the order in which calls ended.
    pub seq: u64,
    /// The plugin that was charged; empty when none was found.
    pub plugin: String,
    /// The agent bound to the calling thread.
    #[serde(serialize_with = "agent_text")]
    pub agent: Option<AgentId>,
    /// How the plugin was found.
    pub resolved: ResolvedBy,
    /// The host's frame (call into the plugin) on the calling thread; 0 outside of one.
    pub frame: u64,
    /// The calling thread, numbered in the order threads first called.
    pub thread: u64,
    /// The callback's name in the table.
    pub slot: &'static str,
    /// When it began, in milliseconds since 1970.
    pub started_ms: u64,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// Its arguments, cut at 64 KiB: the text itself for one argument, a JSON object for several.
    pub request: String,
    /// What it returned, cut at 64 KiB; None for NULL and for void callbacks.
    pub response: Option<String>,
    /// The status that Osaurus' activity list shows (200, 202, 204, 400, ...).
    pub status: u16,
    /// What a reader should know: mapped names, limits met, stricter checks.
    pub notes: Vec<String>,
}

/// One line that a plugin logged, or a warning of the host about it.
#[derive(Debug, Clone, Serialize)]
pub struct LogLine {
    /// The plugin it is about.
    pub plugin: String,
    /// The bound agent.
    #[serde(serialize_with = "agent_text")]
    pub agent: Option<AgentId>,
    /// 0 trace to 4 error; other numbers as the plugin gave them.
    pub level: i32,
    /// `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR`, or `LOG` for other levels.
    pub label: &'static str,
    /// The text.
    pub message: String,
    /// The payload of `log_structured`, as given.
    pub payload: Option<String>,
    /// True when the host itself wrote it.
    pub from_host: bool,
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
}

impl std::fmt::Display for LogLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "[Plugin:{}] [{}] {}",
            self.plugin, self.label, self.message
        )?;
        self.payload
            .iter()
            .try_for_each(|payload| write!(f, " {payload}"))
    }
}

fn agent_text<S: Serializer>(agent: &Option<AgentId>, serializer: S) -> Result<S::Ok, S::Error> {
    match agent {
        Some(agent) => serializer.collect_str(agent),
        None => serializer.serialize_none(),
    }
}

/// The store behind [`crate::Host::activity`] and [`crate::Host::log_lines`].
#[derive(Debug, Default)]
pub(crate) struct Activity {
    next: AtomicU64,
    calls: Stream<HostCallRecord>,
    lines: Stream<LogLine>,
}

#[derive(Debug)]
struct Stream<T> {
    state: Mutex<(VecDeque<T>, Vec<Sender<T>>)>,
}

impl<T> Default for Stream<T> {
    fn default() -> Self {
        Self {
            state: Mutex::new((VecDeque::new(), Vec::new())),
        }
    }
}

impl<T: Clone> Stream<T> {
    fn push(&self, item: T) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (kept, subscribers) = &mut *state;
        subscribers.retain(|subscriber| subscriber.send(item.clone()).is_ok());
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(item);
    }

    fn all(&self) -> Vec<T> {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .iter()
            .cloned()
            .collect()
    }

    fn subscribe(&self) -> Receiver<T> {
        let (sender, receiver) = channel();
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .1
            .push(sender);
        receiver
    }
}

impl Activity {
    pub(crate) fn record(&self, mut call: HostCallRecord) {
        call.seq = self.next.fetch_add(1, Ordering::Relaxed);
        clip(&mut call.request);
        if let Some(response) = &mut call.response {
            clip(response);
        }
        self.calls.push(call);
    }

    pub(crate) fn line(&self, line: LogLine) {
        self.lines.push(line);
    }

    pub(crate) fn calls(&self) -> Vec<HostCallRecord> {
        self.calls.all()
    }

    pub(crate) fn lines(&self) -> Vec<LogLine> {
        self.lines.all()
    }

    pub(crate) fn follow_calls(&self) -> Receiver<HostCallRecord> {
        self.calls.subscribe()
    }

    pub(crate) fn follow_lines(&self) -> Receiver<LogLine> {
        self.lines.subscribe()
    }
}

fn clip(text: &mut String) {
    if text.len() > BODY_KEPT {
        let whole = text.len();
        text.truncate(text.floor_char_boundary(BODY_KEPT));
        text.shrink_to_fit();
        text.push_str(&format!("… ({whole} bytes in all)"));
    }
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A small number for the calling thread.
pub(crate) fn thread_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static NUMBER: u64 = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.try_with(|number| *number).unwrap_or(0)
}

/// The label of a log level.
pub(crate) fn level_label(level: i32) -> &'static str {
    match level {
        0 => "TRACE",
        1 => "DEBUG",
        2 => "INFO",
        3 => "WARN",
        4 => "ERROR",
        _ => "LOG",
    }
}

/// The activity status of a JSON answer, from its `error` code.
pub(crate) fn status_of(error: Option<&str>) -> u16 {
    match error {
        None => 200,
        Some("invalid_request" | "invalid_task_id") => 400,
        Some("unauthorized" | "consent_required") => 401,
        Some("forbidden" | "access_denied") => 403,
        Some("not_found") => 404,
        Some("rate_limit_exceeded" | "plugin_busy" | "task_limit_reached") => 429,
        Some("not_supported") => 501,
        Some(_) => 500,
    }
}
