//! Which calls are inside a plugin right now, so that it is destroyed only when none is, and the
//! latch that lets no more in. Every call into a plugin passes it; it knows nothing of what the
//! calls do.

use parking_lot::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Whose queue a call runs on, which decides how long unloading waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallQueue {
    /// The plugin's own queues: tool calls, routes, settings.
    Own,
    /// The queue that all plugins share, and task events.
    Shared,
}

#[derive(Default)]
pub(crate) struct Gate {
    counts: Mutex<Counts>,
    left: Condvar,
}

#[derive(Default)]
struct Counts {
    own: usize,
    shared: usize,
    latched: bool,
    destroyed: bool,
}

impl Gate {
    /// Lets a call in, unless the latch is set.
    pub(crate) fn enter(&self, queue: CallQueue) -> Option<Inside<'_>> {
        let mut counts = self.counts();
        if counts.latched {
            return None;
        }
        *counts.of(queue) += 1;
        Some(Inside { gate: self, queue })
    }

    /// No call enters from now on.
    pub(crate) fn latch(&self) {
        self.counts().latched = true;
    }

    /// Waits for the calls on the plugin's own queues, however long they take.
    pub(crate) fn wait_for_own(&self) {
        let mut counts = self.counts();
        while counts.own > 0 {
            self.left.wait(&mut counts);
        }
    }

    /// Waits for the calls on shared queues. False when `limit` passed first.
    pub(crate) fn wait_for_shared(&self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        let mut counts = self.counts();
        while counts.shared > 0 {
            let rest = until.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                return false;
            }
            self.left.wait_for(&mut counts, rest);
        }
        true
    }

    /// True for the first caller, who has to destroy the plugin.
    pub(crate) fn claim_destroy(&self) -> bool {
        !std::mem::replace(&mut self.counts().destroyed, true)
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock()
    }
}

impl Counts {
    fn of(&mut self, queue: CallQueue) -> &mut usize {
        match queue {
            CallQueue::Own => &mut self.own,
            CallQueue::Shared => &mut self.shared,
        }
    }
}

/// A call that is inside; dropping it says that it left.
pub(crate) struct Inside<'a> {
    gate: &'a Gate,
    queue: CallQueue,
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        *self.gate.counts().of(self.queue) -= 1;
        self.gate.left.notify_all();
    }
}
