//! What a plugin gets right after it was loaded: the ABI probe, while a marker on disk says that it
//! may crash, then each agent's settings and public address. The scan and single loads call it, one
//! plugin at a time.

use crate::common::ids::{AgentId, fresh_uuid};
use crate::configuration::delivery::Repeat;
use crate::configuration::redelivery::welcome;
use crate::install::marker::Marker;
use crate::plugin::loaded::LoadedPlugin;
use std::sync::Arc;

/// The key of the probe that every plugin with a config handler gets first.
pub(crate) const ABI_PROBE_KEY: &str = "__osaurus_abi_probe__";

/// The marker is None for libraries that are not installed: they cannot be quarantined.
pub(crate) fn run(plugin: &Arc<LoadedPlugin>, marker: Option<&Marker>) {
    let agents = plugin.context().services.settings.agents.ids();
    let first = agents.first().copied().unwrap_or(AgentId::DEFAULT);
    if let Some(marker) = marker {
        marker.set(plugin.id());
    }
    let probe = vec![(ABI_PROBE_KEY.to_string(), fresh_uuid())];
    plugin.deliver_and_wait(first, probe, Repeat::Yes);
    if let Some(marker) = marker {
        marker.clear();
    }
    for agent in agents {
        welcome(plugin, agent);
    }
}
