//! The end of a plugin, in Osaurus' order. Osaurus waits without a limit; this host has bounds of its own, but under the
//! exact profile. The plugin's library stays open.

use crate::agent_loop;
use crate::gate::Place;
use crate::plugin::LoadedPlugin;
use crate::pool::Waited;
use crate::scope;
use crate::tap::Tapped;
use std::sync::PoisonError;
use std::sync::mpsc::channel;
use std::time::Duration;

/// How long teardown waits for running SQL.
pub(crate) const SQL_DRAIN: Duration = Duration::from_secs(15);
/// No limit, written as a time that an instant can be moved by.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

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
        self.context().db.shut_down(sql_limit);
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
        self.delivered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
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
