//! A request to a plugin and its answer, as strings and bytes. The web server and authors who have
//! a request at hand (`LoadedPlugin::route`) share them. How a request is decided is in
//! `admission.rs`; no HTTP connection is known here.

pub(crate) mod route_match;
pub(crate) mod route_request;

use crate::common::ids::AgentId;
use crate::host::errors::CallError;
use crate::host::profile::Profile;
use crate::web::routes::route_match::with_slash;
use serde_json::Value;
use std::collections::BTreeMap;

/// The header that names the agent.
pub(crate) const AGENT_HEADER: &str = "x-osaurus-agent-id";

/// A request for `/plugins/<plugin id><path>`.
#[derive(Debug, Clone)]
pub struct RouteCall {
    /// The method, in any case.
    pub method: String,
    /// The path below the plugin's prefix, with its query, not decoded.
    pub path: String,
    /// Headers, in any case; of several with one name the last counts.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The agent, as the header `X-Osaurus-Agent-Id` would say.
    pub agent: Option<AgentId>,
    /// Whether a valid access key came along; `owner` routes need one, also on this machine.
    pub authorized: bool,
    /// Whether it came from this machine; others see only routes that are exposed to the tunnel.
    pub loopback: bool,
}

impl RouteCall {
    /// A local, authorised request without headers and body.
    pub fn new(method: &str, path: &str, agent: impl Into<Option<AgentId>>) -> RouteCall {
        RouteCall {
            method: method.to_uppercase(),
            path: path.into(),
            headers: Vec::new(),
            body: Vec::new(),
            agent: agent.into(),
            authorized: true,
            loopback: true,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> RouteCall {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> RouteCall {
        self.body = body.into();
        self
    }

    /// The path with a leading slash, and the query.
    pub(crate) fn target(&self) -> (String, &str) {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        (with_slash(path), query)
    }

    /// The last header of this name.
    pub(crate) fn header_value(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter().rev();
        let header = headers.find(|(key, _)| key.eq_ignore_ascii_case(name));
        header.map(|(_, value)| value.as_str())
    }
}

/// What the client gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteAnswer {
    /// The status.
    pub status: u16,
    /// Headers, without those of CORS and of the connection.
    pub headers: BTreeMap<String, String>,
    /// The body, decoded.
    pub body: Vec<u8>,
    /// What a reader should know: quirks met, stricter checks.
    pub notes: Vec<String>,
}

impl RouteAnswer {
    pub(crate) fn new(status: u16, body: Vec<u8>) -> RouteAnswer {
        RouteAnswer {
            status,
            headers: BTreeMap::new(),
            body,
            notes: Vec::new(),
        }
    }

    pub(crate) fn header(&mut self, name: &str, value: &str) {
        self.headers.insert(name.into(), value.into());
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Why a request is not answered by the plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    message: String,
    notes: Vec<String>,
}

impl Refusal {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Refusal {
        Refusal {
            status,
            message: message.into(),
            notes: Vec::new(),
        }
    }

    pub(crate) fn noted(mut self, note: impl Into<String>) -> Refusal {
        self.notes.push(note.into());
        self
    }

    /// The plugin could not be called or gave nothing.
    pub(crate) fn plugin(error: &CallError) -> Refusal {
        Refusal::new(500, format!("Plugin error: {error}"))
    }

    /// Osaurus inserts the message as it is, so that a quote in it breaks the JSON; only the exact
    /// profile does.
    pub(crate) fn answer(self, profile: Profile) -> RouteAnswer {
        let quoted = Value::from(self.message.as_str()).to_string();
        let escaped = &quoted[1..quoted.len() - 1];
        let mut notes = self.notes;
        let message = if profile.stricter() {
            escaped
        } else {
            &self.message
        };
        if profile.stricter() && escaped != self.message {
            notes.push("stricter than Osaurus: the message is escaped".into());
        }
        let body = format!("{{\"error\":{{\"message\":\"{message}\"}}}}");
        let mut answer = RouteAnswer::new(self.status, body.into_bytes());
        answer.header("Content-Type", "application/json; charset=utf-8");
        answer.notes = notes;
        answer
    }
}
