//! Settings on their way to a plugin: one serial queue per plugin, equal values delivered once.

use crate::ids::AgentId;
use crate::manifest::{ConfigField, DefaultValue};
use crate::plugin::{LoadedPlugin, c_text};
use crate::plugin_call::PluginCall;
use std::sync::{Arc, PoisonError};

impl LoadedPlugin {
    /// Queues the settings that an agent has for the plugin's declared fields.
    pub(crate) fn deliver_snapshot(self: &Arc<Self>, agent: AgentId) {
        for (key, value) in self.snapshot(agent) {
            if self.is_news(agent, &key, &value) {
                self.queue_config(agent, key, value, || ());
            }
        }
    }

    /// Queues one setting and waits for its turn.
    pub(crate) fn deliver_now(self: &Arc<Self>, agent: AgentId, key: &str, value: &str) {
        let (sender, receiver) = std::sync::mpsc::channel();
        self.queue_config(agent, key.into(), value.into(), move || drop(sender));
        let _: Result<(), _> = receiver.recv();
    }

    fn queue_config(
        self: &Arc<Self>,
        agent: AgentId,
        key: String,
        value: String,
        done: impl FnOnce() + Send + 'static,
    ) {
        let me = Arc::clone(self);
        self.config.push(move || {
            me.config_now(agent, &key, &value);
            done();
        });
    }

    fn config_now(&self, agent: AgentId, key: &str, value: &str) {
        let Some(handler) = self
            .parts
            .api
            .on_config_changed
            .filter(|_| self.parts.abi >= 2)
        else {
            return;
        };
        let call = PluginCall::config(key, value);
        let (key, value) = (c_text(key), c_text(value));
        let _ = self.guarded(call, Some(agent), || {
            // SAFETY: as in route_now.
            unsafe { handler(self.parts.ctx, key.as_ptr(), value.as_ptr()) };
        });
    }

    /// Stored values over defaults, for declared fields only.
    fn snapshot(&self, agent: AgentId) -> Vec<(String, String)> {
        let store = &self.context().host.store;
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

    pub(crate) fn is_news(&self, agent: AgentId, key: &str, value: &str) -> bool {
        let mut delivered = self
            .delivered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let place = (agent.to_string(), key.to_string());
        let old = delivered.insert(place, value.to_string());
        old.as_deref() != Some(value)
    }
}
