//! The end of a plugin, in Osaurus' order and with its bounds. Its library stays open.

use crate::plugin::LoadedPlugin;
use crate::scope;
use osaurus_abi::PluginCtx;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// How long teardown waits for running SQL.
const SQL_DRAIN: Duration = Duration::from_secs(15);

impl LoadedPlugin {
    /// Osaurus' order: task events drained, settings that were queued delivered, no more calls, running calls
    /// finished, `destroy` in the plugin's scope, host context torn down. False when the wait ran out: then the
    /// context is left alive, as calls still use it.
    pub(crate) fn shut_down(&self) -> bool {
        let limit = self.context().host.settings.budgets.drain;
        let until = Instant::now() + limit;
        self.context().host.tasks.stop_all_of(self.context(), limit);
        self.config
            .wait_idle(until.saturating_duration_since(Instant::now()));
        self.gate().latched = true;
        if !self.wait_for_calls(until) {
            self.context().host.warn(
                self.id(),
                None,
                "calls still run after the drain limit; destroy was skipped",
            );
            return false;
        }
        self.delivered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.destroy();
        scope::unregister(self.context());
        self.context().db.shut_down(SQL_DRAIN);
        true
    }

    fn wait_for_calls(&self, until: Instant) -> bool {
        let mut gate = self.gate();
        while gate.running > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            gate = self
                .drained
                .wait_timeout(gate, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        true
    }

    fn destroy(&self) {
        if std::mem::replace(&mut self.gate().destroyed, true) {
            return;
        }
        let Some(destroy) = self.parts.api.destroy else {
            return;
        };
        let (key, ctx) = (self.context().key, SendCtx(self.parts.ctx));
        let limit = self.context().host.settings.budgets.drain;
        let done = self.context().host.pool.run_within(limit, move || {
            let ctx = ctx;
            // SAFETY: the gate is latched and drained, so nothing uses the context; `destroyed` makes this the only time.
            scope::enter(key, None, || unsafe { destroy(ctx.0) });
        });
        if done.is_err() {
            self.context()
                .host
                .warn(self.id(), None, "destroy did not return in time");
        }
    }
}

struct SendCtx(PluginCtx);
// SAFETY: the ABI lets destroy run on any host thread.
unsafe impl Send for SendCtx {}
