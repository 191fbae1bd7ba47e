//! What happened: a bounded, queryable record of every call in either direction, of every request
//! and log line, streamed to subscribers. Slots, plugin calls and the web side write it; the
//! command line, the console and tests read it.

mod query;
mod record;
mod redact;
mod stream;

pub use query::ActivityQuery;
pub use record::{CallKind, CallRecord, LogLine, ResolvedBy};
pub(crate) use record::{Clock, kept_body, level_label, now_ms, status_of, thread_number};
pub(crate) use redact::{REDACTED, without};

use std::sync::mpsc::Receiver;
use stream::Stream;

/// What is read with [`crate::Host::records`] and [`crate::Host::log_lines`].
#[derive(Debug, Default)]
pub(crate) struct Activity {
    calls: Stream<CallRecord>,
    lines: Stream<LogLine>,
}

impl Activity {
    pub(crate) fn record(&self, mut call: CallRecord) {
        call.clip();
        self.calls.push(call);
    }

    pub(crate) fn line(&self, line: LogLine) {
        self.lines.push(line);
    }

    pub(crate) fn records(&self, query: &ActivityQuery) -> Vec<CallRecord> {
        let records = self.calls.filtered(|call| query.wants(call));
        match query.last {
            Some(last) if last < records.len() => records[records.len() - last..].to_vec(),
            _ => records,
        }
    }

    pub(crate) fn lines(&self) -> Vec<LogLine> {
        self.lines.filtered(|_| true)
    }

    pub(crate) fn follow_calls(&self) -> Receiver<CallRecord> {
        self.calls.subscribe()
    }

    /// Lets all followers come to the end.
    pub(crate) fn end_streams(&self) {
        self.calls.end();
        self.lines.end();
    }

    pub(crate) fn follow_lines(&self) -> Receiver<LogLine> {
        self.lines.subscribe()
    }
}
