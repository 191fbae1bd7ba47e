//! The end of a plugin, in Osaurus' order. Osaurus waits without a limit; this host has bounds of its own, but under the
//! exact profile. The plugin's library stays open. And the end of all databases with the host, whoever still holds it:
//! SQLite's own end comes when `main` has returned, and must not meet a thread that uses one.

use crate::chat::tasks::agent_loop;
use crate::common::pool::Waited;
use crate::host::HostCore;
use crate::plugin::context::PluginContext;
use crate::plugin::gate::Place;
use crate::plugin::loaded::LoadedPlugin;
use crate::plugin::scope;
use crate::plugin::tap::Tapped;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long teardown waits for running SQL.
pub(crate) const SQL_DRAIN: Duration = Duration::from_secs(15);
/// No limit, written as a time that an instant can be moved by.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

impl HostCore {
    /// Remembers a plugin whose SQL did not end in time.
    pub(crate) fn left_open(&self, context: &Arc<PluginContext>) {
        lock(&self.left_open).push(Arc::clone(context));
    }

    /// Closes every database of this host. Threads of the pool may hold the host for longer: what they ask is refused.
    pub(crate) fn close_databases(&self) {
        for context in std::mem::take(&mut *lock(&self.left_open)) {
            context.db.close_now();
        }
        self.store.close();
    }
}

impl LoadedPlugin {
    /// Drains and destroys the plugin, then tears its host context down. False when it is not destroyed when this
    /// returns: the drain took longer than its limit (it goes on, and `destroy` may still be called), or calls
    /// outside of the plugin's own queues did not end (then it never is).
    pub(crate) fn shut_down(&self) -> bool {
        let host = &self.context().host;
        let without_limit = host.settings.profile.waits_without_limit();
        let (limit, sql_limit) = match without_limit {
            true => (FOR_EVER, FOR_EVER),
            false => (host.settings.budgets.drain, SQL_DRAIN),
        };
        let destroyed = match self.strong() {
            Some(me) => host.pool.run_within(limit, move || me.drain(limit)),
            None => Ok(true),
        };
        if matches!(destroyed, Err(Waited::TimeUp)) {
            let text = "unloading took longer than its limit; destroy may still be called later";
            host.warn(self.id(), None, text);
        }
        scope::unregister(self.context());
        if !self.context().db.shut_down(sql_limit) {
            host.left_open(self.context());
        }
        destroyed.unwrap_or(false)
    }

    /// The helper process stopped, task events drained, settings that were queued delivered, no more calls, calls on
    /// the plugin's queues finished, then those elsewhere, `destroy`.
    fn drain(&self, limit: Duration) -> bool {
        self.helper.stop();
        self.context().host.tasks.stop_all_of(self.context(), limit);
        agent_loop::start_queued(&self.context().host);
        self.latch_after_queued_settings();
        self.gate.wait_for_own();
        if !self.gate.wait_for_elsewhere(limit) {
            let text = "calls outside of its queues still run; it is never destroyed";
            self.context().host.warn(self.id(), None, text);
            return false;
        }
        lock(&self.delivered).clear();
        self.destroy();
        true
    }

    fn latch_after_queued_settings(&self) {
        let Some(me) = self.strong() else {
            return;
        };
        let (sender, latched) = channel::<()>();
        self.config.push(move || {
            me.gate.latch();
            drop(sender);
        });
        let _: Result<(), _> = latched.recv();
    }

    /// In the plugin's scope, without an agent.
    fn destroy(&self) {
        let (true, Some(destroy)) = (self.gate.claim_destroy(), self.parts.api.destroy) else {
            return;
        };
        let tapped = Tapped::begins(self.context(), "destroy", None, &[]);
        // SAFETY: the gate is latched and nothing is inside, so nothing uses the context; it is claimed this once.
        scope::enter(self.context().key, None, || unsafe {
            destroy(self.parts.ctx)
        });
        tapped.ends(None);
    }

    /// Whether calls of this kind run outside of the plugin's own queues.
    pub(crate) fn place_of(&self, kind: &str, id: &str) -> Place {
        if kind == "tool" && self.manifest().drives_the_system(id) {
            Place::Elsewhere
        } else {
            Place::Own
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
