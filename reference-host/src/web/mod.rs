//! The web side of the host: an HTTP server on this machine for `/plugins/<id>/…`, pages, access keys. Only
//! `server.rs` and `exchange.rs` know HTTP connections; what a request leads to is decided in
//! `admission.rs`.

pub(crate) mod admission;
mod arrival;
pub(crate) mod client;
mod connection;
mod connections;
mod cors;
pub(crate) mod dev_proxy;
mod exchange;
pub(crate) mod inject;
mod keys;
mod mime;
pub(crate) mod pages;
pub(crate) mod route_match;
pub(crate) mod route_request;
pub(crate) mod routes;
mod server;
mod turn;
pub(crate) mod visit;

pub use keys::{AccessKey, KeyError, NewAccessKey};
pub use server::{ServeError, Server, listen};

use crate::common::ids::AgentId;
use crate::common::limits::TokenBucket;
use crate::host::HostCore;
use keys::AccessKeys;
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What the host keeps for its web side.
pub(crate) struct Web {
    pub(crate) keys: AccessKeys,
    /// The port of the running server; 0 when there is none.
    port: AtomicU16,
    /// By plugin id: a plugin that is loaded again goes on with what is left.
    buckets: Mutex<HashMap<String, Arc<TokenBucket>>>,
}

impl Web {
    pub(crate) fn new(data_dir: &Path) -> Web {
        Web {
            keys: AccessKeys::in_folder(&data_dir.join("config")),
            port: AtomicU16::new(0),
            buckets: Mutex::default(),
        }
    }

    /// The allowance of a plugin's `none` and `verify` routes together.
    pub(crate) fn bucket(&self, plugin_id: &str) -> Arc<TokenBucket> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(plugin_id.to_string());
        Arc::clone(bucket.or_insert_with(|| Arc::new(TokenBucket::new())))
    }
}

impl HostCore {
    /// Where an agent reaches this host: its tunnel while that is connected, else this machine. What a plugin has
    /// stored as `tunnel_url` says nothing: it may have written that itself.
    pub(crate) fn base_url(&self, agent: AgentId) -> String {
        let port = match self.web.port.load(Ordering::Relaxed) {
            0 => self.settings.port,
            port => port,
        };
        let tunnel = self.settings.agents.tunnel(agent);
        tunnel.unwrap_or_else(|| format!("http://127.0.0.1:{port}"))
    }

    /// Where an agent reaches a plugin's routes and pages.
    pub(crate) fn plugin_url(&self, agent: AgentId, plugin_id: &str) -> String {
        format!("{}/plugins/{plugin_id}", self.base_url(agent))
    }

    /// An agent's public address; empty when it has none.
    pub(crate) fn agent_address(&self, agent: AgentId) -> String {
        let agent = self.settings.agent(agent);
        agent
            .and_then(|agent| agent.address.clone())
            .unwrap_or_default()
    }
}
