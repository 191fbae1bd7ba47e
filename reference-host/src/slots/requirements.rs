//! `network` and `filesystem` in a tool's requirements. Osaurus only notes them; its documents say
//! that they decide whether host calls are allowed. http_request and file_read ask here.

use super::HostCall;
use crate::common::json;
use serde_json::Value;

/// Refuses, by the documents alone, when none of the plugin's tools declares this requirement.
pub(super) fn check(call: &HostCall, name: &str) -> Result<(), Value> {
    let Some(manifest) = call.context.manifest.get() else {
        return Ok(());
    };
    let mut declared = manifest
        .tools()
        .iter()
        .flat_map(|tool| tool.requirements.iter().flatten());
    if declared.any(|one| one.eq_ignore_ascii_case(name)) {
        return Ok(());
    }
    if !call.documented() {
        call.met(
            21,
            "no tool declares the requirement, and nothing follows from it",
        );
        return Ok(());
    }
    let message = format!(
        "Plugin '{}' declares the requirement '{name}' for none of its tools.",
        call.context.plugin_id
    );
    Err(json::error("forbidden", message))
}
