//! Routes: which of a plugin's routes a request belongs to, what the plugin gets, and what its answer becomes.
//! There is no HTTP server in here; whoever has one hands requests in.

use crate::errors::CallError;
use crate::ids::AgentId;
use crate::json;
use crate::manifest::{Auth, Route};
use crate::plugin::LoadedPlugin;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

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
            method: method.into(),
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
}

/// What the client gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteAnswer {
    /// The status.
    pub status: u16,
    /// The plugin's headers.
    pub headers: BTreeMap<String, String>,
    /// The body, decoded.
    pub body: Vec<u8>,
}

impl RouteAnswer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The message is inserted as it is, as in Osaurus: a quote in it breaks the JSON.
    fn error(status: u16, message: &str) -> RouteAnswer {
        let headers = [(
            "Content-Type".to_string(),
            "application/json; charset=utf-8".to_string(),
        )];
        let body = format!("{{\"error\":{{\"message\":\"{message}\"}}}}").into_bytes();
        RouteAnswer {
            status,
            headers: headers.into(),
            body,
        }
    }
}

/// The plugin's answer.
#[derive(Deserialize)]
struct PluginAnswer {
    status: u16,
    headers: Option<BTreeMap<String, String>>,
    body: Option<String>,
    body_encoding: Option<String>,
}

impl LoadedPlugin {
    /// Answers a request as Osaurus' server would, static pages excepted.
    pub fn route(self: &Arc<Self>, call: RouteCall) -> RouteAnswer {
        self.try_route(&call)
            .unwrap_or_else(|(status, message)| RouteAnswer::error(status, &message))
    }

    fn try_route(self: &Arc<Self>, call: &RouteCall) -> Result<RouteAnswer, (u16, String)> {
        let fail = |status: u16, message: &str| Err((status, message.to_string()));
        if call.path.contains("..") {
            return fail(400, "Invalid path");
        }
        let Some(agent) = call.agent.or_else(|| stated_agent(call)) else {
            return fail(
                401,
                "Plugin routes require an agent context (X-Osaurus-Agent-Id or osr_agent)",
            );
        };
        let Some((route, params)) = find(self.manifest().routes(), &call.method, &call.path) else {
            return fail(404, "No matching route");
        };
        if !call.loopback && route.tunnel_exposed != Some(true) {
            return fail(404, "No matching route");
        }
        match route.auth {
            Auth::Owner if !call.authorized => return fail(401, "Authentication required"),
            Auth::None | Auth::Verify if !self.route_calls.take() => {
                return fail(429, "Rate limit exceeded");
            }
            _ => {}
        }
        if !self.handles_routes() {
            return fail(501, "Plugin does not support route handling");
        }
        let request = json::canonical(&self.request(call, agent, route, params));
        let answer = self
            .handle_route(&request, agent)
            .map_err(|error| (500, plugin_error(&error)))?;
        decode(&answer)
    }

    fn request(
        &self,
        call: &RouteCall,
        agent: AgentId,
        route: &Route,
        params: Map<String, Value>,
    ) -> Value {
        let port = self.context().host.settings.port;
        let base = format!("http://127.0.0.1:{port}");
        let mut headers: Map<String, Value> = call
            .headers
            .iter()
            .map(|(name, value)| (name.to_lowercase(), value.clone().into()))
            .collect();
        headers
            .entry("x-osaurus-agent-id")
            .or_insert(agent.to_string().into());
        let (path, query) = call.path.split_once('?').unwrap_or((&call.path, ""));
        json!({
            "body": String::from_utf8_lossy(&call.body),
            "body_encoding": "utf8",
            "headers": headers,
            "method": call.method.to_uppercase(),
            "osaurus": {"agent_address": "", "base_url": base, "plugin_url": format!("{base}/plugins/{}", self.id())},
            "path": with_slash(path),
            "path_params": params,
            "plugin_id": self.id(),
            "query": query_map(query),
            "remote_addr": "",
            "route_id": route.id,
        })
    }
}

/// The header, else the query; the header wins even when it is no UUID.
fn stated_agent(call: &RouteCall) -> Option<AgentId> {
    let header = call
        .headers
        .iter()
        .rev()
        .find(|(name, _)| name.eq_ignore_ascii_case("x-osaurus-agent-id"));
    if let Some((_, value)) = header {
        return AgentId::parse(value);
    }
    let (_, query) = call.path.split_once('?')?;
    AgentId::parse(query_map(query).get("osr_agent")?.as_str()?)
}

fn plugin_error(error: &CallError) -> String {
    format!("Plugin error: {error}")
}

fn decode(answer: &str) -> Result<RouteAnswer, (u16, String)> {
    let answer: PluginAnswer =
        serde_json::from_str(answer).map_err(|_| (500, "Invalid plugin response".to_string()))?;
    let text = answer.body.unwrap_or_default();
    let body = if answer.body_encoding.as_deref() == Some("base64") {
        BASE64.decode(text).map_err(|_| {
            (
                502,
                "Plugin response declared body_encoding=base64 but the body is not valid base64."
                    .to_string(),
            )
        })?
    } else {
        text.into_bytes()
    };
    Ok(RouteAnswer {
        status: answer.status,
        headers: answer.headers.unwrap_or_default(),
        body,
    })
}

fn with_slash(path: &str) -> String {
    if path.starts_with('/') {
        path.to_string()
    } else {
        format!("/{path}")
    }
}

/// An exact route, else the first with parameters, else the first wildcard.
fn find<'a>(
    routes: &'a [Route],
    method: &str,
    path: &str,
) -> Option<(&'a Route, Map<String, Value>)> {
    let path = with_slash(path.split('?').next().unwrap_or_default());
    let fits = |route: &&Route| {
        route
            .methods
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(method))
    };
    let candidates: Vec<&Route> = routes.iter().filter(fits).collect();
    let exact = candidates
        .iter()
        .find(|route| with_slash(&route.path) == path);
    if let Some(route) = exact {
        return Some((route, Map::new()));
    }
    let with_params = candidates
        .iter()
        .find_map(|route| Some((*route, match_params(&with_slash(&route.path), &path)?)));
    with_params.or_else(|| {
        let wildcard = candidates
            .iter()
            .find(|route| is_below(&with_slash(&route.path), &path));
        wildcard.map(|route| (*route, Map::new()))
    })
}

/// `/items/:id`: equal segment counts, no empty values.
fn match_params(pattern: &str, path: &str) -> Option<Map<String, Value>> {
    let is_param = |segment: &str| segment.starts_with(':');
    if pattern.ends_with("/*") || !pattern.split('/').any(is_param) {
        return None;
    }
    let (pattern, path): (Vec<_>, Vec<_>) =
        (pattern.split('/').collect(), path.split('/').collect());
    if pattern.len() != path.len() {
        return None;
    }
    let mut params = Map::new();
    for (expected, found) in pattern.into_iter().zip(path) {
        match expected.strip_prefix(':') {
            Some(name) if !name.is_empty() && !found.is_empty() => {
                let value = percent_decoded(found).unwrap_or_else(|| found.to_string());
                params.insert(name.to_string(), value.into());
            }
            None if expected == found => {}
            _ => return None,
        }
    }
    Some(params)
}

/// `/files/*` matches `/files` and everything below.
fn is_below(pattern: &str, path: &str) -> bool {
    let Some(prefix) = pattern.strip_suffix("/*") else {
        return false;
    };
    path == prefix
        || path
            .strip_prefix(prefix)
            .is_some_and(|rest| rest.starts_with('/'))
}

/// The last of several values counts; `+` stays. A name that cannot be decoded is left out, such a value is empty.
fn query_map(query: &str) -> Map<String, Value> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let decode = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((
            percent_decoded(key)?,
            Value::String(percent_decoded(value).unwrap_or_default()),
        ))
    };
    pairs.filter_map(decode).collect()
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let value = digit(bytes.next())? * 16 + digit(bytes.next())?;
        out.push(u8::try_from(value).ok()?);
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes() -> Vec<Route> {
        let list = json!([
            {"id": "any", "path": "/items/*", "methods": ["GET"], "auth": "none"},
            {"id": "one", "path": "items/:id", "methods": ["get", "POST"], "auth": "none"},
            {"id": "new", "path": "/items/new", "methods": ["GET"], "auth": "none"},
        ]);
        serde_json::from_value(list).unwrap()
    }

    #[test]
    fn exact_wins_over_parameters_over_wildcards() {
        let routes = routes();
        let found = |method: &str, path: &str| {
            find(&routes, method, path)
                .map(|(route, params)| (route.id.clone(), Value::Object(params).to_string()))
        };
        assert_eq!(found("GET", "/items/new?x=1").unwrap().0, "new");
        assert_eq!(
            found("GET", "items/a%20b").unwrap(),
            ("one".into(), r#"{"id":"a b"}"#.into())
        );
        assert_eq!(found("GET", "/items/%zz").unwrap().1, r#"{"id":"%zz"}"#);
        assert_eq!(
            found("GET", "/items/a/").unwrap().0,
            "any",
            "a trailing slash is a segment"
        );
        assert_eq!(found("GET", "/items").unwrap().0, "any");
        assert_eq!(found("DELETE", "/items/1"), None);
        assert_eq!(found("GET", "/Items/new"), None);
    }

    #[test]
    fn queries_are_decoded_like_osaurus_does() {
        let map = query_map("a=1&a=2&b=x+y%21&%zz=1&c=%zz&d");
        assert_eq!(
            Value::Object(map).to_string(),
            r#"{"a":"2","b":"x+y!","c":"","d":""}"#
        );
    }
}
