//! The end of a plugin, in Osaurus' order. Osaurus waits without a limit; this host has bounds of
//! its own, but under the exact profile. The plugin's library stays open. The host, scans and a
//! load that comes second call it.

use crate::chat::tasks::agent_loop;
use crate::common::pool::Waited;
use crate::host::core::HostCore;
use crate::plugin::calls::callers;
use crate::plugin::calls::scope;
use crate::plugin::loaded::LoadedPlugin;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

/// How long teardown waits for running SQL.
pub(crate) const SQL_DRAIN: Duration = Duration::from_secs(15);
/// No limit, written as a time that an instant can be moved by.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Drains and destroys the plugin, then tears its host context down. False when it is not destroyed
/// when this returns: the drain took longer than its limit (it goes on, and `destroy` may still be
/// called), or calls outside of the plugin's own queues did not end (then it never is).
pub(crate) fn shut_down(host: &Arc<HostCore>, plugin: &Arc<LoadedPlugin>) -> bool {
    let (limit, sql_limit) = match host.settings.profile.waits_without_limit() {
        true => (FOR_EVER, FOR_EVER),
        false => (host.settings.budgets.drain, SQL_DRAIN),
    };
    let job = {
        let (host, plugin) = (Arc::clone(host), Arc::clone(plugin));
        move || drain(&host, &plugin, limit)
    };
    let destroyed = host.pool.run_within(limit, job);
    if matches!(destroyed, Err(Waited::TimeUp)) {
        let text = "unloading took longer than its limit; destroy may still be called later";
        host.warn(plugin.id(), None, text);
    }
    callers::unregister(plugin.context());
    if !plugin.context().db.shut_down(sql_limit) {
        host.leave_open(plugin.context());
    }
    destroyed.unwrap_or(false)
}

/// The helper process stopped, task events drained, settings that were queued delivered, no more
/// calls, calls on the plugin's queues finished, then those on shared queues, `destroy`.
fn drain(host: &Arc<HostCore>, plugin: &Arc<LoadedPlugin>, limit: Duration) -> bool {
    plugin.helper.stop();
    host.tasks.stop_all_of(plugin.context(), limit);
    agent_loop::start_queued(host);
    latch_after_queued_settings(plugin);
    plugin.gate.wait_for_own();
    if !plugin.gate.wait_for_shared(limit) {
        let text = "calls outside of its queues still run; it is never destroyed";
        host.warn(plugin.id(), None, text);
        return false;
    }
    plugin.forget_delivered();
    destroy(plugin);
    true
}

fn latch_after_queued_settings(plugin: &Arc<LoadedPlugin>) {
    let (sender, latched) = channel::<()>();
    let job = {
        let plugin = Arc::clone(plugin);
        move || {
            plugin.gate.latch();
            drop(sender);
        }
    };
    plugin.config.push(job);
    let _: Result<(), _> = latched.recv();
}

/// In the plugin's scope, without an agent.
fn destroy(plugin: &LoadedPlugin) {
    let (true, Some(destroy)) = (plugin.gate.claim_destroy(), plugin.parts.api.destroy) else {
        return;
    };
    let tapped = plugin.context().tapped("destroy", None, &[]);
    // SAFETY: the gate is latched and nothing is inside, so nothing uses the context; it is claimed
    // this once.
    scope::enter(plugin.context().key, None, || unsafe {
        destroy(plugin.parts.ctx)
    });
    tapped.ends(None);
}
