//! The two JSON strings of a route call: what `handle_route` gets, and what it answers with. The
//! router calls it.

use crate::common::ids::AgentId;
use crate::common::json;
use crate::plugin::loaded::LoadedPlugin;
use crate::plugin::manifest::Route;
use crate::web::routes::route_match::query_map;
use crate::web::routes::{AGENT_HEADER, Refusal, RouteAnswer, RouteCall};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::PAD;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Padded, and as forgiving about the last bits as Foundation.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    PAD.with_decode_allow_trailing_bits(true),
);

/// Headers that belong to the connection; a plugin that sets one would break the message.
const FRAMING: [&str; 3] = ["content-length", "transfer-encoding", "connection"];

/// The request as the plugin gets it (keys sorted, all of them always there), and what a reader
/// should know.
pub(crate) fn encode(
    plugin: &LoadedPlugin,
    call: &RouteCall,
    agent: AgentId,
    route: &Route,
    params: Map<String, Value>,
) -> (String, Vec<String>) {
    let host = &plugin.context().services;
    let documented = host.settings.profile.documented();
    let (body, encoding, mut notes) = body_text(&call.body, documented);
    let (mut path, query) = call.target();
    if documented && !query.is_empty() {
        path = format!("{path}?{query}");
        notes.push("Q23: the path includes the query".into());
    }
    let request = json!({
        "body": body,
        "body_encoding": encoding,
        "headers": headers(call),
        "method": call.method,
        "osaurus": {
            "agent_address": host.agent_address(agent),
            "base_url": host.base_url(agent),
            "plugin_url": host.plugin_url(agent, plugin.id()),
        },
        "path": path,
        "path_params": params,
        "plugin_id": plugin.id(),
        "query": query_map(query),
        "remote_addr": "",
        "route_id": route.id,
    });
    (json::canonical(&request), notes)
}

/// The implementation reads every body as text and repairs it; the documents want base64 (quirk
/// 24).
fn body_text(body: &[u8], documented: bool) -> (String, &'static str, Vec<String>) {
    match std::str::from_utf8(body) {
        Ok(text) => (text.into(), "utf8", Vec::new()),
        Err(_) if documented => {
            let note = "Q24: the body is not UTF-8 and comes as base64";
            (BASE64.encode(body), "base64", vec![note.into()])
        }
        Err(_) => {
            let note = "Q24: the body is not UTF-8; the plugin gets text in which invalid bytes \
                        are replaced";
            let text = String::from_utf8_lossy(body).into_owned();
            (text, "utf8", vec![note.into()])
        }
    }
}

fn headers(call: &RouteCall) -> Map<String, Value> {
    let own = call.headers.iter();
    let mut headers: Map<String, Value> = own
        .map(|(name, value)| (name.to_lowercase(), value.clone().into()))
        .collect();
    if let Some(agent) = call.agent {
        let entry = headers.entry(AGENT_HEADER);
        entry.or_insert_with(|| agent.to_string().into());
    }
    headers
}

#[derive(Deserialize)]
struct PluginAnswer {
    status: u16,
    headers: Option<BTreeMap<String, String>>,
    body: Option<String>,
    body_encoding: Option<String>,
}

/// What becomes of the plugin's answer.
pub(crate) fn decode(answer: &str) -> Result<RouteAnswer, Refusal> {
    let invalid = |why: String| Refusal::new(500, "Invalid plugin response").noted(why);
    let answer: PluginAnswer =
        crate::common::json::parse(answer).map_err(|error| invalid(error.to_string()))?;
    if !(200..=999).contains(&answer.status) {
        let status = answer.status;
        return Err(invalid(format!(
            "{status} cannot be the status of an answer"
        )));
    }
    let mut decoded = RouteAnswer::new(answer.status, Vec::new());
    for (name, value) in answer.headers.unwrap_or_default() {
        add_header(&mut decoded, &name, &value).map_err(invalid)?;
    }
    let text = answer.body.unwrap_or_default();
    decoded.body = match answer.body_encoding.as_deref() {
        Some("base64") => BASE64.decode(text).map_err(|_| not_base64())?,
        _ => text.into_bytes(),
    };
    Ok(decoded)
}

fn add_header(answer: &mut RouteAnswer, name: &str, value: &str) -> Result<(), String> {
    let sound = axum::http::HeaderName::from_bytes(name.as_bytes()).is_ok()
        && axum::http::HeaderValue::from_str(value).is_ok();
    if !sound {
        return Err(format!(
            "header {name:?} with value {value:?} cannot be sent"
        ));
    }
    if FRAMING.contains(&name.to_ascii_lowercase().as_str()) {
        let note = format!("stricter than Osaurus: header {name} is left to the server");
        answer.notes.push(note);
        return Ok(());
    }
    answer.header(name, value);
    Ok(())
}

fn not_base64() -> Refusal {
    let message = "Plugin response declared body_encoding=base64 but the body is not valid base64.";
    Refusal::new(502, message)
}
