//! A host for a trial, and a plugin loaded in it. Used by the child, for probes and for any plugin.

use super::entry::host_level;
use super::job::{Reporter, Step};
use super::{scenarios, server};
use osaurus_abi_spec::model::Since;
use osaurus_abi_spec::{Spec, layout};
use osaurus_reference_host::{AbiLevel, Host, HostBuilder, LoadError, LoadedPlugin};
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

/// A host of this version of the spec, with two agents and a server to talk to; offline it reaches
/// no other.
pub(crate) fn host(spec: &Spec, version: &str, offline: bool) -> Result<Host, Box<dyn Error>> {
    let web = server::start()?.to_string();
    let builder = match AbiLevel::parse(version) {
        Ok(_) => Host::builder().abi_level(version),
        Err(_) => drafted(spec, &host_level(spec, version)),
    };
    let host = builder
        .agents(["ada", "ben"])
        .model(scenarios::model())
        .map_host("api.example.com", &web);
    let host = if offline {
        host.only_mapped_hosts()
    } else {
        host
    };
    Ok(host.build()?)
}

fn drafted(spec: &Spec, level: &Since) -> HostBuilder {
    let size = layout::host(spec, level).map_or(0, |table| table.size);
    Host::builder().drafted_abi(level.version, size)
}

/// Loads a plugin and reports what came of it.
pub(crate) fn load(
    host: &Host,
    library: &Path,
    reporter: &mut Reporter,
) -> Result<Option<Arc<LoadedPlugin>>, Box<dyn Error>> {
    reporter.say(&Step::Trying("loading".into()))?;
    let error = match host.load(library) {
        Ok(plugin) => {
            let (id, abi) = (plugin.id().to_owned(), plugin.abi());
            reporter.say(&Step::Loaded { id, abi })?;
            return Ok(Some(plugin));
        }
        Err(error) => error,
    };
    let detail = error.detail().map(|detail| format!(": {detail}"));
    reporter.say(&Step::NotLoaded {
        reason: format!("{error}{}", detail.unwrap_or_default()),
        no_symbol: matches!(error, LoadError::MissingEntry(_)),
    })?;
    Ok(None)
}
