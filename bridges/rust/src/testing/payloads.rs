//! What a test host sends to a plugin and gets back, as JSON: tool calls, requests. Used by `host`.

use serde_json::{Map, Value, json};
use std::fmt;

/// A request to one of the plugin's routes.
///
/// ```
/// use osaurus_plugin::testing::RouteRequest;
/// let request = RouteRequest {
///     query: vec![("page".to_owned(), "2".to_owned())],
///     ..RouteRequest::get("/notes")
/// };
/// assert_eq!(request.method, "GET");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteRequest {
    /// For example `GET`.
    pub method: String,
    /// Below the plugin's own address, for example `/notes/3`.
    pub path: String,
    /// Name and value.
    pub query: Vec<(String, String)>,
    /// Name and value; names arrive in lower case.
    pub headers: Vec<(String, String)>,
    /// The body's text.
    pub body: String,
}

impl RouteRequest {
    /// A GET.
    ///
    /// ```
    /// use osaurus_plugin::testing::RouteRequest;
    /// assert_eq!(RouteRequest::get("/notes").path, "/notes");
    /// ```
    pub fn get(path: &str) -> Self {
        RouteRequest {
            method: "GET".to_owned(),
            path: path.to_owned(),
            query: Vec::new(),
            headers: Vec::new(),
            body: String::new(),
        }
    }

    /// A POST with a JSON body.
    ///
    /// ```
    /// use osaurus_plugin::testing::RouteRequest;
    /// use serde_json::json;
    /// assert_eq!(RouteRequest::post("/notes", &json!([1])).body, "[1]");
    /// ```
    pub fn post(path: &str, body: &Value) -> Self {
        RouteRequest {
            method: "POST".to_owned(),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.to_string(),
            ..RouteRequest::get(path)
        }
    }

    /// As a plugin gets it.
    pub(super) fn to_json(
        &self,
        manifest: &Value,
        route: &Value,
        params: Map<String, Value>,
    ) -> Value {
        let plugin_id = &manifest["plugin_id"];
        let id = plugin_id.as_str().unwrap_or_default();
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (name.to_lowercase(), json!(value)));
        let query = self
            .query
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)));
        json!({
            "method": self.method,
            "path": self.path,
            "path_params": params,
            "query": query.collect::<Map<_, _>>(),
            "headers": headers.collect::<Map<_, _>>(),
            "body": self.body,
            "body_encoding": "utf8",
            "remote_addr": "",
            "route_id": route["id"],
            "plugin_id": plugin_id,
            "osaurus": {
                "base_url": "http://127.0.0.1:1338",
                "plugin_url": format!("http://127.0.0.1:1338/plugins/{id}"),
                "agent_address": "",
            },
        })
    }
}

fn path_of(route: &Value) -> &str {
    route["path"].as_str().unwrap_or_default()
}

/// The route that a request belongs to, and the parameters in its path: exact paths first, then
/// `:param` routes, then `/*`, as in the host.
pub(super) fn find_route<'m>(
    manifest: &'m Value,
    request: &RouteRequest,
) -> Option<(&'m Value, Map<String, Value>)> {
    let routes = manifest["capabilities"]["routes"].as_array()?;
    let takes_method = |route: &&Value| {
        let methods = route["methods"].as_array();
        methods.is_none_or(|methods| methods.iter().any(|method| method == &*request.method))
    };
    let routes: Vec<&Value> = routes.iter().filter(takes_method).collect();
    let exact = routes.iter().find(|route| path_of(route) == request.path);
    if let Some(route) = exact {
        return Some((route, Map::new()));
    }
    let with_params = routes
        .iter()
        .find_map(|route| Some((*route, params(path_of(route), &request.path)?)));
    with_params.or_else(|| {
        let below = |route: &&&Value| {
            let prefix = path_of(route).strip_suffix('*');
            prefix.is_some_and(|prefix| format!("{}/", request.path).starts_with(prefix))
        };
        routes.iter().find(below).map(|route| (*route, Map::new()))
    })
}

fn params(pattern: &str, path: &str) -> Option<Map<String, Value>> {
    let (segments, parts) = (pattern.split('/'), path.split('/'));
    if !pattern.contains(':') || segments.clone().count() != parts.clone().count() {
        return None;
    }
    let mut params = Map::new();
    for (segment, part) in segments.zip(parts) {
        match segment.strip_prefix(':') {
            Some(name) if !part.is_empty() => {
                params.insert(name.to_owned(), json!(part));
            }
            None if segment == part => {}
            _ => return None,
        }
    }
    Some(params)
}

/// A tool that answered with a failure.
///
/// ```
/// use osaurus_plugin::testing::ToolFailure;
/// fn is_about_arguments(failure: &ToolFailure) -> bool {
///     failure.kind == "invalid_args"
/// }
/// ```
#[derive(Clone, PartialEq)]
pub struct ToolFailure {
    /// The word of an [`envelope::Kind`](crate::envelope::Kind).
    pub kind: String,
    /// What the model gets to read.
    pub message: String,
    /// All of it.
    pub envelope: Value,
}

impl ToolFailure {
    pub(super) fn new(envelope: Value) -> Self {
        let text = |key: &str| envelope[key].as_str().unwrap_or_default().to_owned();
        ToolFailure {
            kind: text("kind"),
            message: text("message"),
            envelope,
        }
    }
}

impl fmt::Display for ToolFailure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.kind, self.message)
    }
}

/// As for people: it is what `unwrap` prints in a test.
impl fmt::Debug for ToolFailure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the tool failed with {self}")
    }
}

impl std::error::Error for ToolFailure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_paths_come_before_parameters_and_those_before_a_star() {
        let manifest = json!({"capabilities": {"routes": [
            {"id": "files", "path": "/notes/*", "methods": ["GET"]},
            {"id": "one", "path": "/notes/:id", "methods": ["GET"]},
            {"id": "new", "path": "/notes/new", "methods": ["GET"]},
        ]}});
        let route = |path| {
            let (route, params) = find_route(&manifest, &RouteRequest::get(path))?;
            Some((route["id"].as_str()?.to_owned(), Value::Object(params)))
        };
        assert_eq!(route("/notes/new"), Some(("new".into(), json!({}))));
        assert_eq!(route("/notes/3"), Some(("one".into(), json!({"id": "3"}))));
        assert_eq!(route("/notes/a/b"), Some(("files".into(), json!({}))));
        assert_eq!(route("/other"), None);
        let post = RouteRequest::post("/notes/3", &json!({}));
        assert!(find_route(&manifest, &post).is_none());
    }
}
