//! Which calls are inside a plugin right now, so that it is destroyed only when none is, and the latch that lets no
//! more in. Every call into a plugin passes it; it knows nothing of what the calls do.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Where a call runs, which decides how long unloading waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The plugin's own queues: tool calls, routes, settings.
    Own,
    /// Elsewhere: the queue that all plugins share, and task events.
    Elsewhere,
}

#[derive(Default)]
pub(crate) struct Gate {
    counts: Mutex<Counts>,
    left: Condvar,
}

#[derive(Default)]
struct Counts {
    own: usize,
    elsewhere: usize,
    latched: bool,
    destroyed: bool,
}

impl Gate {
    /// Lets a call in, unless the latch is set.
    pub(crate) fn enter(&self, place: Place) -> Option<Inside<'_>> {
        let mut counts = self.counts();
        if counts.latched {
            return None;
        }
        *counts.of(place) += 1;
        Some(Inside { gate: self, place })
    }

    /// No call enters from now on.
    pub(crate) fn latch(&self) {
        self.counts().latched = true;
    }

    /// Waits for the calls on the plugin's own queues, however long they take.
    pub(crate) fn wait_for_own(&self) {
        let mut counts = self.counts();
        while counts.own > 0 {
            counts = self
                .left
                .wait(counts)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for the calls elsewhere. False when `limit` passed first.
    pub(crate) fn wait_for_elsewhere(&self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        let mut counts = self.counts();
        while counts.elsewhere > 0 {
            let rest = until.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return false;
            }
            let waited = self.left.wait_timeout(counts, rest);
            counts = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// True for the first caller, who has to destroy the plugin.
    pub(crate) fn claim_destroy(&self) -> bool {
        !std::mem::replace(&mut self.counts().destroyed, true)
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn of(&mut self, place: Place) -> &mut usize {
        match place {
            Place::Own => &mut self.own,
            Place::Elsewhere => &mut self.elsewhere,
        }
    }
}

/// A call that is inside; dropping it says that it left.
pub(crate) struct Inside<'a> {
    gate: &'a Gate,
    place: Place,
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        *self.gate.counts().of(self.place) -= 1;
        self.gate.left.notify_all();
    }
}
