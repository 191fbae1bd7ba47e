//! What happened: a bounded, queryable record of every host call and every log line, streamed to subscribers.
//! The slots write it; the command line, the console and tests read it.

use crate::ids::AgentId;
use serde::Serialize;
use serde::ser::Serializer;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// Records kept; older ones make room.
const KEPT: usize = 20_000;
/// Bytes of text kept in all of them together; older ones make room.
const BYTES_KEPT: usize = 64 * 1024 * 1024;
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
    state: Mutex<Kept<T>>,
}

#[derive(Debug)]
struct Kept<T> {
    items: VecDeque<T>,
    bytes: usize,
    subscribers: Vec<Sender<T>>,
}

/// How much text an item holds.
trait Weigh {
    fn weight(&self) -> usize;
}

impl Weigh for HostCallRecord {
    fn weight(&self) -> usize {
        self.request.len() + self.response.as_ref().map_or(0, String::len)
    }
}

impl Weigh for LogLine {
    fn weight(&self) -> usize {
        self.message.len() + self.payload.as_ref().map_or(0, String::len)
    }
}

impl<T> Default for Stream<T> {
    fn default() -> Self {
        let kept = Kept {
            items: VecDeque::new(),
            bytes: 0,
            subscribers: Vec::new(),
        };
        Self {
            state: Mutex::new(kept),
        }
    }
}

impl<T: Clone + Weigh> Stream<T> {
    fn push(&self, item: T) {
        let mut kept = self.lock();
        kept.subscribers
            .retain(|subscriber| subscriber.send(item.clone()).is_ok());
        kept.bytes += item.weight();
        kept.items.push_back(item);
        while kept.items.len() > KEPT || (kept.bytes > BYTES_KEPT && kept.items.len() > 1) {
            let oldest = kept.items.pop_front();
            kept.bytes -= oldest.map_or(0, |item| item.weight());
        }
    }

    fn all(&self) -> Vec<T> {
        self.lock().items.iter().cloned().collect()
    }

    fn subscribe(&self) -> Receiver<T> {
        let (sender, receiver) = channel();
        self.lock().subscribers.push(sender);
        receiver
    }

    fn lock(&self) -> MutexGuard<'_, Kept<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_bounded_in_number_and_in_bytes() {
        let lines = Stream::default();
        let line = |message: String| LogLine {
            plugin: String::new(),
            agent: None,
            level: 2,
            label: "INFO",
            message,
            payload: None,
            from_host: false,
            at_ms: 0,
        };
        (0..KEPT + 5).for_each(|number| lines.push(line(number.to_string())));
        assert_eq!(
            (lines.all().len(), lines.all()[0].message.as_str()),
            (KEPT, "5")
        );
        lines.push(line("x".repeat(BYTES_KEPT)));
        assert_eq!(
            lines.all().len(),
            1,
            "a line as big as the bound leaves no room"
        );
    }
}
