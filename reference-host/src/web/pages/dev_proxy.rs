//! The dev proxy: while `config/dev-proxy.json` names a plugin, requests below its web mount go to
//! a development server instead of the files. The file is read for every request, so it takes
//! effect at once.

use crate::web::pages::inject::PageFacts;
use crate::web::routes::{Refusal, RouteAnswer};
use serde::Deserialize;
use std::path::Path;
use std::time::Duration;
use ureq::http;

/// How long the development server may take.
const LIMIT: Duration = Duration::from_secs(10);
/// Headers of the client that stay here. `accept-encoding` is our own business: the answer's coding
/// is undone here.
const KEPT_BACK: [&str; 7] = [
    "host",
    "content-length",
    "connection",
    "transfer-encoding",
    "x-osaurus-agent-id",
    "authorization",
    "accept-encoding",
];

#[derive(Deserialize)]
struct Setting {
    plugin_id: String,
    web_proxy: String,
}

/// The development server of a plugin, if one is set for it.
pub(crate) fn server_of(data_dir: &Path, plugin_id: &str) -> Option<String> {
    let text = std::fs::read_to_string(data_dir.join("config/dev-proxy.json")).ok()?;
    let setting: Setting = serde_json::from_str(&text).ok()?;
    (setting.plugin_id == plugin_id).then_some(setting.web_proxy)
}

/// A request to forward.
#[derive(Debug)]
pub(crate) struct Proxied {
    pub(crate) server: String,
    /// What follows the mount. Queries are not forwarded, as in Osaurus.
    pub(crate) remainder: String,
    pub(crate) method: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) facts: PageFacts,
}

impl Proxied {
    pub(crate) fn answer(&self) -> Result<RouteAnswer, Refusal> {
        let request = self
            .request()
            .ok_or_else(|| Refusal::new(502, "Invalid proxy URL"))?;
        let response = self.send(request).map_err(unreachable)?;
        let status = response.status().as_u16();
        let kind = content_type(response.headers());
        let mut body = response.into_body();
        let bytes = body.with_config().limit(u64::MAX).read_to_vec();
        let bytes = bytes.map_err(|_| Refusal::new(502, "Invalid response from dev server"))?;
        let mut answer = RouteAnswer::new(status, self.injected(&kind, bytes));
        answer.header("Content-Type", &kind);
        answer.header("Access-Control-Allow-Origin", "*");
        Ok(answer)
    }

    fn url(&self) -> String {
        let path = if self.remainder.is_empty() {
            "/"
        } else {
            &self.remainder
        };
        format!("{}{path}", self.server.trim_end_matches('/'))
    }

    fn request(&self) -> Option<http::Request<()>> {
        let url = url::Url::parse(&self.url()).ok()?;
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let mut request = http::Request::builder()
            .method(self.method.as_str())
            .uri(url.as_str());
        for (name, value) in &self.headers {
            if !KEPT_BACK.contains(&name.to_ascii_lowercase().as_str()) {
                request = request.header(name, value);
            }
        }
        request.body(()).ok()
    }

    fn send(&self, request: http::Request<()>) -> Result<http::Response<ureq::Body>, ureq::Error> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_global(Some(LIMIT))
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .proxy(None)
            .build()
            .into();
        if self.body.is_empty() {
            return agent.run(request);
        }
        agent.run(request.map(|()| self.body.as_slice()))
    }

    fn injected(&self, kind: &str, bytes: Vec<u8>) -> Vec<u8> {
        match std::str::from_utf8(&bytes) {
            Ok(html) if kind.contains("text/html") => self.facts.inject(html).into_bytes(),
            _ => bytes,
        }
    }
}

fn content_type(headers: &http::HeaderMap) -> String {
    let value = headers.get("content-type").map(|value| value.as_bytes());
    let value = value.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    value.unwrap_or_else(|| "application/octet-stream".into())
}

fn unreachable(error: ureq::Error) -> Refusal {
    match error {
        ureq::Error::Protocol(_) | ureq::Error::Http(_) => {
            Refusal::new(502, "Invalid response from dev server")
        }
        error => Refusal::new(502, format!("Dev server unreachable: {error}")),
    }
}
