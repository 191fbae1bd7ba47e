//! A host from within: its services, its plugins, and what these do. Loading, slots, tasks and the
//! web server work with it; a plugin and what belongs to it know the services alone.

use crate::chat::tasks::registry::Tasks;
use crate::host::services::Services;
use crate::install::scan_turn::ScanTurn;
use crate::plugin::context::PluginContext;
use crate::plugin::list::Plugins;
use parking_lot::Mutex;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub(crate) struct HostCore {
    pub(crate) services: Arc<Services>,
    pub(crate) plugins: Arc<Plugins>,
    pub(crate) tasks: Tasks,
    pub(crate) scans: ScanTurn,
    /// Plugins whose SQL did not end in time, until the host ends.
    left_open: Mutex<Vec<Arc<PluginContext>>>,
    stopped: AtomicBool,
}

/// A host has all that its services have.
impl Deref for HostCore {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.services
    }
}

impl HostCore {
    pub(crate) fn new(services: Arc<Services>) -> Arc<HostCore> {
        Arc::new(HostCore {
            services,
            plugins: Arc::default(),
            tasks: Tasks::default(),
            scans: ScanTurn::default(),
            left_open: Mutex::default(),
            stopped: AtomicBool::new(false),
        })
    }

    /// Nothing is loaded and no queued task starts from now on.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Remembers a plugin whose SQL did not end in time.
    pub(crate) fn leave_open(&self, context: &Arc<PluginContext>) {
        let mut left_open = self.left_open.lock();
        left_open.push(Arc::clone(context));
    }

    /// Closes every database of this host. Threads of the pool may hold the host for longer: what
    /// they ask is refused. SQLite's own end comes when `main` has returned, and must not meet a
    /// thread that uses a database.
    pub(crate) fn close_databases(&self) {
        let mut left_open = self.left_open.lock();
        for context in std::mem::take(&mut *left_open) {
            context.db.close_now();
        }
        drop(left_open);
        self.store.close();
    }
}
