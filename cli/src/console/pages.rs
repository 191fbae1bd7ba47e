//! The plugin's pages and routes as its owner sees them, on a port of their own: a browser sends
//! neither the agent nor the access key, so they are filled in here. Only the console links to it.

use super::guard::{self, Guard};
use crate::failure::Failure;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use osaurus_reference_host::{AgentId, Host, RouteAnswer, RouteCall};
use std::sync::{Arc, Mutex, PoisonError};

/// The cookie with the token.
const COOKIE: &str = "osaurus_pages";
/// What the browser says for this port alone; the plugin must see neither.
const KEPT_BACK: [HeaderName; 3] = [header::COOKIE, header::ORIGIN, header::REFERER];
const AGENT_HEADER: &str = "x-osaurus-agent-id";
const AGENT_PARAMETER: &str = "osr_agent";

struct Pages {
    host: Arc<Host>,
    /// Who opened a page last: its files are asked for without an agent.
    agent: Mutex<Option<AgentId>>,
}

/// The requests, and the address that lets a browser in. A path of a page is added with `&to=`.
pub fn router(
    host: &Arc<Host>,
    agent: Option<AgentId>,
    port: u16,
) -> Result<(Router, String), Failure> {
    let guard = Guard::new(port, COOKIE)?;
    let url = format!("http://127.0.0.1:{port}/?token={}", guard.token());
    let pages = Pages {
        host: Arc::clone(host),
        agent: Mutex::new(agent),
    };
    let router = Router::new()
        .route("/plugins/{plugin}/{*path}", any(answer))
        .layer(middleware::from_fn_with_state(
            Arc::new(guard),
            guard::check,
        ))
        .with_state(Arc::new(pages));
    Ok((router, url))
}

async fn answer(
    State(pages): State<Arc<Pages>>,
    Path((plugin, _)): Path<(String, String)>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, super::BODY).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large").into_response();
    };
    let Some(plugin) = pages.host.plugin(&plugin) else {
        return (StatusCode::NOT_FOUND, "the plugin is not loaded").into_response();
    };
    let path = below_plugin(&parts.uri);
    let agent = pages.agent(&parts.uri, &parts.headers);
    let mut call = RouteCall::new(parts.method.as_str(), &path, agent).body(body);
    call.headers = passed_on(&parts.headers);
    let called = tokio::task::spawn_blocking(move || plugin.route(call)).await;
    match called {
        Ok(answer) => in_http(answer),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

impl Pages {
    /// None where the request names one itself.
    fn agent(&self, uri: &Uri, headers: &HeaderMap) -> Option<AgentId> {
        let mut agent = self.agent.lock().unwrap_or_else(PoisonError::into_inner);
        let query = uri.query().unwrap_or_default();
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        if let Some((_, named)) = pairs.find(|(name, _)| name == AGENT_PARAMETER) {
            *agent = AgentId::parse(&named).or(*agent);
            return None;
        }
        agent.filter(|_| !headers.contains_key(AGENT_HEADER))
    }
}

/// With the query, not decoded.
fn below_plugin(uri: &Uri) -> String {
    let whole = uri.path_and_query().map_or("/", |path| path.as_str());
    let below = whole.strip_prefix("/plugins/").unwrap_or(whole);
    below.find('/').map_or("/", |at| &below[at..]).to_owned()
}

fn passed_on(headers: &HeaderMap) -> Vec<(String, String)> {
    let for_plugin = headers.iter().filter(|(name, _)| !KEPT_BACK.contains(name));
    let pair = |(name, value): (&HeaderName, &HeaderValue)| {
        Some((name.to_string(), value.to_str().ok()?.into()))
    };
    for_plugin.filter_map(pair).collect()
}

/// What a browser would be told of other origins does not hold here: the page is this port's.
fn in_http(answer: RouteAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = status;
    for (name, value) in answer.headers {
        let name = name.parse::<HeaderName>();
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_taken_as_it_is_below_the_plugin() {
        let below = |text: &str| below_plugin(&text.parse().unwrap());
        assert_eq!(below("/plugins/a.b/app/x%20y?z=1"), "/app/x%20y?z=1");
        assert_eq!(below("/plugins/a.b"), "/");
    }

    #[test]
    fn the_plugin_does_not_see_what_is_for_this_port() {
        let mut headers = HeaderMap::new();
        headers.insert("cookie", HeaderValue::from_static("osaurus_pages=abc"));
        headers.insert("accept", HeaderValue::from_static("text/html"));
        assert_eq!(
            passed_on(&headers),
            [("accept".to_owned(), "text/html".to_owned())]
        );
    }
}
