//! Settings on their way to a plugin: one serial queue per plugin, equal values delivered once per
//! agent and key, one call per pair, one scope per batch. The callers decide what is delivered
//! when.

use crate::common::ids::AgentId;
use crate::common::json::c_text;
use crate::plugin::calls::call::PluginCall;
use crate::plugin::calls::gate::CallQueue;
use crate::plugin::calls::scope;
use crate::plugin::loaded::LoadedPlugin;
use crate::plugin::manifest::{ConfigField, DefaultValue};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// The key under which a plugin learns its public address.
pub(crate) const TUNNEL_KEY: &str = "tunnel_url";

/// Whether a value that was delivered last time is delivered again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    No,
    Yes,
}

pub(crate) type Pairs = Vec<(String, String)>;

impl LoadedPlugin {
    /// Delivers a changed setting and waits until the plugin has seen it. A value equal to the last
    /// one delivered to this agent is dropped. The setting is not stored: see
    /// [`crate::Host::store_config`].
    pub fn config_changed(self: &Arc<Self>, agent: AgentId, key: &str, value: &str) {
        self.deliver_and_wait(agent, vec![(key.into(), value.into())], Repeat::No);
    }

    /// Waits until the plugin has heard all settings that are on their way to it. False when that
    /// took longer.
    pub fn wait_for_settings(&self, limit: Duration) -> bool {
        let (sender, done) = channel::<()>();
        self.config.push(move || drop(sender));
        done.recv_timeout(limit) != Err(RecvTimeoutError::Timeout)
    }

    /// Queues a batch. What is left out is decided here, not when its turn comes.
    pub(crate) fn deliver(self: &Arc<Self>, agent: AgentId, batch: Pairs, repeat: Repeat) {
        self.queue(agent, batch, repeat, || ());
    }

    /// Queues a batch and waits for its turn and its end.
    pub(crate) fn deliver_and_wait(self: &Arc<Self>, agent: AgentId, batch: Pairs, repeat: Repeat) {
        let (sender, done) = channel::<()>();
        self.queue(agent, batch, repeat, move || drop(sender));
        let _: Result<(), _> = done.recv();
    }

    /// What was delivered counts as unknown to the plugin.
    pub(crate) fn forget_delivered(&self) {
        self.delivered.lock().clear();
    }

    fn queue(
        self: &Arc<Self>,
        agent: AgentId,
        batch: Pairs,
        repeat: Repeat,
        done: impl FnOnce() + Send + 'static,
    ) {
        if !self.handles_config() {
            return;
        }
        let mut delivered = self.delivered.lock();
        self.helper.mirror_config(agent, &batch);
        let mut is_wanted = |(key, value): &(String, String)| {
            let place = (agent.to_string(), key.clone());
            let last = delivered.insert(place, value.clone());
            repeat == Repeat::Yes || last.as_ref() != Some(value)
        };
        let batch: Pairs = batch.into_iter().filter(|pair| is_wanted(pair)).collect();
        if batch.is_empty() {
            return;
        }
        let me = Arc::clone(self);
        // Still under the lock, so that the order of the queue is the order of the memory.
        self.config.push(move || {
            me.config_now(agent, &batch);
            done();
        });
    }

    fn config_now(&self, agent: AgentId, batch: &[(String, String)]) {
        let Some(handler) = self.parts.api.on_config_changed else {
            return;
        };
        let _ = self.guarded(CallQueue::Own, Some(agent), || {
            for (key, value) in batch {
                let record = PluginCall::config(self.context(), key, value);
                let args = [Some(key.as_str()), Some(value.as_str())];
                let tapped = self
                    .context()
                    .tapped("on_config_changed", Some(agent), &args);
                let (key, value) = (c_text(key), c_text(value));
                // SAFETY: as in route_now; this plugin's version has the callback.
                unsafe { handler(self.parts.ctx, key.as_ptr(), value.as_ptr()) };
                tapped.ends(None);
                record.ended(self.context(), Some(agent), scope::frame());
            }
        });
    }

    /// The values of the declared fields that have one: the agent's own, else the Default agent's,
    /// else the field's default.
    pub(crate) fn snapshot(&self, agent: AgentId) -> Pairs {
        let store = &self.context().services.store;
        let stored = |agent, key: &str| store.get(agent, self.id(), key).ok().flatten();
        let value = |field: &ConfigField| {
            stored(agent, &field.key)
                .or_else(|| stored(AgentId::DEFAULT, &field.key))
                .or_else(|| field.default.as_ref().map(DefaultValue::text))
        };
        self.manifest()
            .config_fields()
            .filter_map(|field| Some((field.key.clone(), value(field)?)))
            .collect()
    }
}
