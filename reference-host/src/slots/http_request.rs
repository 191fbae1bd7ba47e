//! The request of http_request: how the plugin's JSON is read, and what a redirect changes.

use crate::common::json;
use crate::web::client::Refusal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use std::time::Duration;
use url::Url;

const DEFAULT_TIMEOUT_MS: u64 = 30_000;
const MAX_TIMEOUT_MS: u64 = 300_000;

/// A request on its way, changed by redirects.
pub(super) struct Request {
    pub(super) method: String,
    pub(super) url: Url,
    pub(super) written: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Vec<u8>>,
    pub(super) timeout: Duration,
    pub(super) follow: bool,
}

pub(super) fn parse(text: &str) -> Result<Request, Value> {
    let invalid = || json::error("invalid_request", "Missing required fields: method, url");
    let object = json::object(text).ok_or_else(invalid)?;
    let text = |key: &str| object.get(key).and_then(Value::as_str);
    let (Some(method), Some(written)) = (text("method"), text("url")) else {
        return Err(invalid());
    };
    let body = text("body").and_then(|body| match text("body_encoding") {
        Some("base64") => BASE64.decode(body).ok(),
        _ => Some(body.as_bytes().to_vec()),
    });
    Ok(Request {
        method: method.to_uppercase(),
        url: url_of(written).map_err(|refusal| refusal.unwrap_or_else(invalid))?,
        written: written.to_string(),
        headers: object.get("headers").and_then(headers).unwrap_or_default(),
        body,
        timeout: timeout(object.get("timeout_ms")),
        follow: object
            .get("follow_redirects")
            .and_then(Value::as_bool)
            .unwrap_or(true),
    })
}

/// A relative URL can be read, but has no host; a string that is not a URL at all is the error
/// None.
fn url_of(written: &str) -> Result<Url, Option<Value>> {
    Url::parse(written).map_err(|error| {
        let relative = error == url::ParseError::RelativeUrlWithoutBase && !written.is_empty();
        relative.then(|| json::error("ssrf_blocked", Refusal::no_host().to_string()))
    })
}

/// A number of milliseconds; anything that is none, or not above zero, means the default.
fn timeout(value: Option<&Value>) -> Duration {
    let milliseconds = value.and_then(Value::as_f64).filter(|ms| *ms >= 1.0);
    let most = Duration::from_millis(MAX_TIMEOUT_MS);
    milliseconds.map_or(Duration::from_millis(DEFAULT_TIMEOUT_MS), |ms| {
        Duration::try_from_secs_f64(ms / 1000.0).map_or(most, |time| time.min(most))
    })
}

/// All or none: one value that is not a string makes the whole object ignored.
fn headers(value: &Value) -> Option<Vec<(String, String)>> {
    value
        .as_object()?
        .iter()
        .map(|(name, value)| Some((name.clone(), value.as_str()?.to_string())))
        .collect()
}

impl Request {
    /// Adds host and plugin to the user agent.
    pub(super) fn identify(&mut self, version: &str, plugin: &str) {
        let suffix = format!("Osaurus/{version} Plugin/{plugin}");
        let own = self
            .headers
            .iter()
            .position(|(name, _)| name.eq_ignore_ascii_case("user-agent"));
        match own {
            Some(at) => self.headers[at].1 = format!("{} {suffix}", self.headers[at].1),
            None => self.headers.push(("User-Agent".into(), suffix)),
        }
    }

    fn drop_headers(&mut self, names: &[&str]) {
        self.headers.retain(|(name, _)| {
            !names
                .iter()
                .any(|dropped| name.eq_ignore_ascii_case(dropped))
        });
    }

    /// Becomes the request that a redirect asks for.
    pub(super) fn redirect(&mut self, status: u16, to: Url) {
        let origin = |url: &Url| {
            (
                url.scheme().to_string(),
                url.host_str().map(str::to_string),
                url.port_or_known_default(),
            )
        };
        if origin(&self.url) != origin(&to) {
            self.drop_headers(&["authorization", "cookie"]);
        }
        if matches!(status, 301..=303) && !matches!(self.method.as_str(), "GET" | "HEAD") {
            self.method = "GET".into();
            self.body = None;
            self.drop_headers(&["content-length", "content-type"]);
        }
        self.url = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_time_limit_has_a_default_and_a_ceiling() {
        let of = |value: Value| timeout(Some(&value)).as_millis();
        assert_eq!(timeout(None).as_millis(), 30_000);
        for nothing in [json!(0), json!(-5), json!("x"), json!(null)] {
            assert_eq!(of(nothing), 30_000);
        }
        assert_eq!([of(json!(1)), of(json!(1500.0))], [1, 1500]);
        assert_eq!([of(json!(300_001)), of(json!(1e300))], [300_000, 300_000]);
    }
}
