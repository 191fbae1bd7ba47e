//! Which records a reader wants.

use super::record::{CallKind, CallRecord};
use crate::common::ids::AgentId;
use std::ops::RangeInclusive;

/// A filter over the recorded calls. What is not set does not restrict; a default query finds
/// everything.
#[derive(Debug, Clone, Default)]
pub struct ActivityQuery {
    pub(super) kind: Option<CallKind>,
    plugin: Option<String>,
    agent: Option<AgentId>,
    slot: Option<String>,
    status: Option<RangeInclusive<u16>>,
    since_ms: Option<u64>,
    until_ms: Option<u64>,
    frame: Option<u64>,
    after: Option<u64>,
    noted: Option<String>,
    pub(super) last: Option<usize>,
}

impl ActivityQuery {
    /// Everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only calls of this kind.
    #[must_use]
    pub fn kind(mut self, kind: CallKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Only this plugin's.
    #[must_use]
    pub fn plugin(mut self, id: impl Into<String>) -> Self {
        self.plugin = Some(id.into());
        self
    }

    /// Only this agent's.
    #[must_use]
    pub fn agent(mut self, agent: impl Into<AgentId>) -> Self {
        self.agent = Some(agent.into());
        self
    }

    /// Only calls of this function of either table, such as `dispatch` or `handle_route`.
    #[must_use]
    pub fn slot(mut self, name: impl Into<String>) -> Self {
        self.slot = Some(name.into());
        self
    }

    /// Only these statuses; `400..=599` finds what failed.
    #[must_use]
    pub fn status(mut self, range: RangeInclusive<u16>) -> Self {
        self.status = Some(range);
        self
    }

    /// Only calls that began at this time or later, in milliseconds since 1970.
    #[must_use]
    pub fn since_ms(mut self, time: u64) -> Self {
        self.since_ms = Some(time);
        self
    }

    /// Only calls that began at this time or earlier, in milliseconds since 1970.
    #[must_use]
    pub fn until_ms(mut self, time: u64) -> Self {
        self.until_ms = Some(time);
        self
    }

    /// Only the plugin call with this frame and the host calls made in it.
    #[must_use]
    pub fn frame(mut self, frame: u64) -> Self {
        self.frame = Some(frame);
        self
    }

    /// Only calls that ended after the one with this `seq`.
    #[must_use]
    pub fn after(mut self, seq: u64) -> Self {
        self.after = Some(seq);
        self
    }

    /// Only calls with a note that begins so, such as `Q24` or `stricter than Osaurus`.
    #[must_use]
    pub fn noted(mut self, start: impl Into<String>) -> Self {
        self.noted = Some(start.into());
        self
    }

    /// Only the last so many of those found.
    #[must_use]
    pub fn last(mut self, count: usize) -> Self {
        self.last = Some(count);
        self
    }

    /// Whether a record fits; [`ActivityQuery::last`] does not count. For subscribers that filter
    /// what they get.
    pub fn wants(&self, call: &CallRecord) -> bool {
        let range = self.since_ms.unwrap_or(0)..=self.until_ms.unwrap_or(u64::MAX);
        allows(self.kind, |kind| call.kind == kind)
            && allows(self.plugin.as_deref(), |plugin| call.plugin == plugin)
            && allows(self.agent, |agent| call.agent == Some(agent))
            && allows(self.slot.as_deref(), |slot| call.slot == slot)
            && allows(self.status.as_ref(), |range| range.contains(&call.status))
            && allows(self.frame, |frame| call.frame == frame)
            && allows(self.after, |seq| call.seq > seq)
            && allows(self.noted.as_deref(), |start| is_noted(call, start))
            && range.contains(&call.started_ms)
    }
}

fn is_noted(call: &CallRecord, start: &str) -> bool {
    call.notes.iter().any(|note| note.starts_with(start))
}

fn allows<T>(wish: Option<T>, fits: impl FnOnce(T) -> bool) -> bool {
    wish.is_none_or(fits)
}
