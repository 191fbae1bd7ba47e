//! CORS headers: none unless the settings allow origins, as in Osaurus.

use axum::http::HeaderMap;
use axum::http::header::{
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderName, ORIGIN,
};

type Headers = Vec<(&'static str, String)>;

/// The headers of any answer.
pub(crate) fn headers(allowed: &[String], request: &HeaderMap) -> Headers {
    let origin = text(request, &ORIGIN).unwrap_or_default();
    if allowed.iter().any(|one| one == "*") {
        return vec![("Access-Control-Allow-Origin", "*".into())];
    }
    if allowed.contains(&origin) {
        return vec![
            ("Access-Control-Allow-Origin", origin),
            ("Vary", "Origin".into()),
        ];
    }
    Vec::new()
}

/// The headers of the answer to OPTIONS: what is asked for is allowed.
pub(crate) fn preflight(allowed: &[String], request: &HeaderMap) -> Headers {
    let mut headers = headers(allowed, request);
    if headers.is_empty() {
        return headers;
    }
    let methods = text(request, &ACCESS_CONTROL_REQUEST_METHOD);
    let names = text(request, &ACCESS_CONTROL_REQUEST_HEADERS);
    headers.push((
        "Access-Control-Allow-Methods",
        methods.unwrap_or_else(|| "GET, POST, OPTIONS, HEAD".into()),
    ));
    headers.push((
        "Access-Control-Allow-Headers",
        names.unwrap_or_else(|| "Content-Type, Authorization".into()),
    ));
    headers.push(("Access-Control-Max-Age", "600".into()));
    headers
}

fn text(request: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(request.get(name)?.to_str().ok()?.to_string())
}
