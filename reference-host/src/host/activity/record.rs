//! The records themselves: calls in either direction, requests, log lines, and the status that
//! Osaurus' activity list would show.

use crate::common::ids::AgentId;
use serde::Serialize;
use serde::ser::Serializer;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime};

/// Bytes kept of each request and response.
const BODY_KEPT: usize = 64 * 1024;
/// How notes about a safer host begin.
const STRICTER: &str = "stricter than Osaurus";

/// What a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CallKind {
    /// The plugin called the host.
    HostCall,
    /// The host called the plugin: a tool, a route, a setting, a task event.
    PluginCall,
    /// A request came to the web side, whether it reached a plugin or not.
    Request,
}

/// How the host found the plugin that a call belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ResolvedBy {
    /// The calling thread was inside a call of the host: the normal case. Also for calls that the
    /// host makes.
    Scope,
    /// Unknown thread: charged to the plugin that was called last.
    GlobalFallback,
    /// Unknown thread during loading, before any plugin was called.
    InitContext,
    /// No plugin could be found.
    NoPlugin,
}

/// One call between host and plugin, or one request.
#[derive(Debug, Clone, Serialize)]
pub struct CallRecord {
    /// Position in the order in which calls ended.
    pub seq: u64,
    /// The direction of the call.
    pub kind: CallKind,
    /// The plugin that was charged or called; empty when none was found.
    pub plugin: String,
    /// The agent bound to the calling thread, or named by the request.
    #[serde(serialize_with = "agent_text")]
    pub agent: Option<AgentId>,
    /// How the plugin was found.
    pub resolved: ResolvedBy,
    /// The host's frame (call into the plugin) that a host call was made in, or that this plugin
    /// call is; 0 when there is none. It ties the host calls of a tool call to it.
    pub frame: u64,
    /// The calling thread, numbered in the order threads first called.
    pub thread: u64,
    /// The function's name in its table; empty for requests.
    pub slot: &'static str,
    /// `/host-api/<slot>` for host calls, `[LEVEL] message` for log lines, `/plugin-api/<slot>…`
    /// for plugin calls, method and address for requests.
    pub path: String,
    /// When it began, in milliseconds since 1970.
    pub started_ms: u64,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// Its arguments, cut at 64 KiB: the text itself for one argument, a JSON object for several; a
    /// request's body. The values of a tool's `_secrets`, of settings that are secret and a route's
    /// `authorization` are left out.
    pub request: String,
    /// What it returned, cut at 64 KiB; None for NULL and for void callbacks.
    pub response: Option<String>,
    /// The status that Osaurus' activity list shows (200, 202, 204, 400, ...), or the answer's.
    /// 499: the client was gone before the answer.
    pub status: u16,
    /// What a reader should know: mapped names, limits met, quirks (`Q12: …`),
    /// `stricter than Osaurus: …`.
    pub notes: Vec<String>,
}

impl CallRecord {
    pub(crate) fn new(kind: CallKind, plugin: &str, slot: &'static str) -> CallRecord {
        CallRecord {
            seq: 0,
            kind,
            plugin: plugin.to_string(),
            agent: None,
            resolved: ResolvedBy::Scope,
            frame: 0,
            thread: thread_number(),
            slot,
            path: match kind {
                CallKind::HostCall => format!("/host-api/{slot}"),
                _ => format!("/plugin-api/{slot}"),
            },
            started_ms: 0,
            duration_us: 0,
            request: String::new(),
            response: None,
            status: 200,
            notes: Vec::new(),
        }
    }

    /// The numbers of the quirks that this call met.
    pub fn quirks(&self) -> Vec<u32> {
        let number = |note: &String| note.strip_prefix('Q')?.split(':').next()?.parse().ok();
        self.notes.iter().filter_map(number).collect()
    }

    /// Whether this host refused or changed something that Osaurus lets pass.
    pub fn stricter_than_osaurus(&self) -> bool {
        self.notes.iter().any(|note| note.starts_with(STRICTER))
    }

    /// Whether Osaurus' own activity list has such a call: not for settings, the database, the
    /// active agent and what the host calls.
    pub fn listed_by_osaurus(&self) -> bool {
        let quiet = ["config_", "db_", "get_active_agent_id", "free_string"];
        match self.kind {
            CallKind::HostCall => !quiet.iter().any(|start| self.slot.starts_with(start)),
            CallKind::PluginCall => false,
            CallKind::Request => true,
        }
    }

    /// The method that Osaurus' activity list shows: `LOG` for log lines, else the function's name.
    pub fn method(&self) -> &'static str {
        match self.slot {
            "log" | "log_structured" if self.kind == CallKind::HostCall => "LOG",
            slot => slot,
        }
    }

    pub(super) fn clip(&mut self) {
        clip(&mut self.path);
        clip(&mut self.request);
        self.response.iter_mut().for_each(clip);
    }
}

impl fmt::Display for CallRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.duration_us / 1000;
        let name = if self.plugin.is_empty() {
            "-"
        } else {
            &self.plugin
        };
        write!(f, "[{name}] {} {} {ms} ms", self.path, self.status)?;
        self.notes
            .iter()
            .try_for_each(|note| write!(f, " ({note})"))
    }
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

impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (plugin, label) = (&self.plugin, self.label);
        write!(f, "[Plugin:{plugin}] [{label}] {}", self.message)?;
        let mut payload = self.payload.iter();
        payload.try_for_each(|payload| write!(f, " {payload}"))
    }
}

fn agent_text<S: Serializer>(agent: &Option<AgentId>, serializer: S) -> Result<S::Ok, S::Error> {
    match agent {
        Some(agent) => serializer.collect_str(agent),
        None => serializer.serialize_none(),
    }
}

/// Leaves room for the note after a string that was cut before.
fn clip(text: &mut String) {
    if text.len() > BODY_KEPT + 40 {
        *text = kept_part(text);
    }
}

/// What is kept of a string.
fn kept_part(text: &str) -> String {
    if text.len() <= BODY_KEPT {
        return text.to_string();
    }
    let part = &text[..text.floor_char_boundary(BODY_KEPT)];
    format!("{part}… ({} bytes in all)", text.len())
}

/// What is kept of a body; of one that is not text its length.
pub(crate) fn kept_body(body: &[u8]) -> String {
    match std::str::from_utf8(body) {
        Ok(text) => kept_part(text),
        Err(_) => format!("({} bytes that are not text)", body.len()),
    }
}

/// When a call began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    instant: Instant,
    ms: u64,
}

impl Clock {
    pub(crate) fn start() -> Clock {
        Clock {
            instant: Instant::now(),
            ms: now_ms(),
        }
    }

    /// Writes start and duration into a record of what ends now.
    pub(crate) fn stop(&self, record: &mut CallRecord) {
        record.started_ms = self.ms;
        let micros = self.instant.elapsed().as_micros();
        record.duration_us = u64::try_from(micros).unwrap_or(u64::MAX);
    }
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
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
    fn error_codes_have_the_status_of_osaurus_list() {
        let groups: [(u16, &[&str]); 7] = [
            (400, &["invalid_request", "invalid_task_id"]),
            (401, &["unauthorized", "consent_required"]),
            (403, &["forbidden", "access_denied"]),
            (404, &["not_found"]),
            (
                429,
                &["rate_limit_exceeded", "plugin_busy", "task_limit_reached"],
            ),
            (501, &["not_supported"]),
            (500, &["anything_else", "host_timeout"]),
        ];
        for (status, codes) in groups {
            codes
                .iter()
                .for_each(|code| assert_eq!(status_of(Some(code)), status, "{code}"));
        }
        assert_eq!(status_of(None), 200);
    }

    #[test]
    fn notes_name_quirks_and_stricter_checks() {
        let mut record = CallRecord::new(CallKind::HostCall, "p", "log");
        assert!(record.quirks().is_empty() && !record.stricter_than_osaurus());
        record.notes = ["Q24: text", "Quiet", "stricter than Osaurus: x"]
            .map(String::from)
            .into();
        assert_eq!(record.quirks(), [24]);
        assert!(record.stricter_than_osaurus());
    }

    #[test]
    fn long_bodies_are_cut_and_say_so() {
        let mut record = CallRecord::new(CallKind::Request, "p", "");
        record.request = "é".repeat(BODY_KEPT);
        record.clip();
        assert!(record.request.ends_with("é… (131072 bytes in all)"));
        assert!(record.request.len() < BODY_KEPT + 40);
    }
}
