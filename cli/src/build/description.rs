//! What a plugin says about itself when it is loaded once at build time, the same for every
//! language.

use serde::Deserialize;
use std::collections::BTreeMap;

/// What the SDK of each language writes about a plugin.
#[derive(Debug, Deserialize)]
pub struct Description {
    /// The host's manifest, as it goes into the library.
    pub manifest: serde_json::Value,
    /// How each tool's handler runs.
    #[serde(default)]
    pub tools: BTreeMap<String, osaurus_payload::HandlerConfig>,
    /// How each route's handler runs.
    #[serde(default)]
    pub routes: BTreeMap<String, osaurus_payload::HandlerConfig>,
    /// How the event handlers run, where there are any.
    #[serde(default)]
    pub handlers: osaurus_payload::EventHandlers,
    /// What its author should know of it, each with file and line.
    #[serde(default)]
    pub warnings: Vec<String>,
}
