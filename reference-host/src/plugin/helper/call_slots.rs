//! How many host calls of one helper run at the same time: the reader of its messages waits for a
//! free slot, so that a plugin that floods the host is slowed down instead of starting threads
//! without end. `process` uses it.

use parking_lot::{Condvar, Mutex};
use std::sync::Arc;

/// Host calls of one helper that run at once. Osaurus' own bound is not known; plugins need a
/// handful.
const MAX_RUNNING: usize = 32;

#[derive(Default)]
pub(super) struct CallSlots {
    running: Mutex<usize>,
    freed: Condvar,
}

impl CallSlots {
    /// Waits for a slot, which is held until the guard goes.
    pub(super) fn take(self: &Arc<Self>) -> CallSlot {
        let mut running = self.running.lock();
        while *running >= MAX_RUNNING {
            self.freed.wait(&mut running);
        }
        *running += 1;
        CallSlot(Arc::clone(self))
    }
}

/// One host call under way.
pub(super) struct CallSlot(Arc<CallSlots>);

impl Drop for CallSlot {
    fn drop(&mut self) {
        *self.0.running.lock() -= 1;
        self.0.freed.notify_one();
    }
}
