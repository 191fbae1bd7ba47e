//! Who may use the console: a browser that was given the token of this run, on a page of the
//! console itself. A page elsewhere can send requests to loopback, so the names that it used are
//! checked, and where it came from.

use crate::failure::{Failure, OrFail};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::io::Read;
use std::sync::Arc;

/// Bytes of randomness in a token.
const TOKEN: usize = 24;

/// The page has no scripts or styles but its own, and no other page may show it in a frame.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri \
                      'none'; form-action 'none'";

/// What a request is checked against.
pub struct Guard {
    token: String,
    port: u16,
    /// The name of the cookie with the token.
    cookie: &'static str,
}

impl Guard {
    /// With a new token.
    pub fn new(port: u16, cookie: &'static str) -> Result<Self, Failure> {
        let mut bytes = [0; TOKEN];
        let random =
            std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
        random.or_fail("cannot make a token for the console", "")?;
        let token = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self {
            token,
            port,
            cookie,
        })
    }

    /// What the browser has to bring.
    pub fn token(&self) -> &str {
        &self.token
    }

    fn refusal(&self, request: &Request) -> Option<&'static str> {
        let headers = request.headers();
        if !self.is_our_name(text(headers, header::HOST.as_str())) {
            return Some("the console is at 127.0.0.1 and localhost alone");
        }
        let origin = text(headers, header::ORIGIN.as_str());
        let is_ours = origin
            .strip_prefix("http://")
            .is_some_and(|name| self.is_our_name(name));
        if !origin.is_empty() && !is_ours {
            return Some("another page may not use the console");
        }
        if request.method() != Method::GET && origin.is_empty() {
            return Some(
                "a request that changes something must say which page it comes from (Origin)",
            );
        }
        if matches!(text(headers, "sec-fetch-site"), "cross-site" | "same-site")
            && request.uri().path() != "/"
        {
            return Some("another page may not use the console");
        }
        None
    }

    fn is_our_name(&self, name: &str) -> bool {
        ["127.0.0.1", "localhost"]
            .iter()
            .any(|host| name == format!("{host}:{}", self.port))
    }

    fn has_token(&self, headers: &HeaderMap) -> bool {
        let cookies = headers.get_all(header::COOKIE).iter();
        let cookies = cookies.filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|value| value.split(';'));
        pairs.any(|pair| pair.trim().split_once('=') == Some((self.cookie, &self.token)))
    }

    /// Of `/?token=…`, as the terminal prints it, or with `&to=…`: where to go from there.
    fn entrance(&self, request: &Request) -> Option<String> {
        let query = request.uri().query()?.as_bytes();
        let value = |wanted: &str| {
            let mut pairs = url::form_urlencoded::parse(query);
            pairs.find(|(name, _)| name == wanted)
        };
        let (_, token) = value("token").filter(|_| request.uri().path() == "/")?;
        // A page of this port: another host would begin with two slashes.
        let to = value("to").filter(|(_, to)| to.starts_with("/plugins/"));
        (token == self.token).then(|| to.map_or_else(|| "/".into(), |(_, to)| to.into_owned()))
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// Lets a request in, or answers it.
pub async fn check(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    if let Some(why) = guard.refusal(&request) {
        return (StatusCode::FORBIDDEN, why).into_response();
    }
    if let Some(location) = guard.entrance(&request) {
        // The token leaves the address bar, so that it is not in what the browser remembers and
        // sends. Not a redirect: the browser would say that it comes from the page with the link.
        let cookie = format!(
            "{}={}; HttpOnly; SameSite=Strict; Path=/",
            guard.cookie, guard.token
        );
        let go_on = (
            HeaderName::from_static("refresh"),
            format!("0;url={location}"),
        );
        return [(header::SET_COOKIE, cookie), go_on].into_response();
    }
    if !guard.has_token(request.headers()) {
        let why = "open the address with the token that osaurus-bridge dev has printed";
        return (StatusCode::UNAUTHORIZED, why).into_response();
    }
    next.run(request).await
}

/// What holds for the console's own pages.
pub async fn protect(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(POLICY),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn guard() -> Guard {
        Guard {
            token: "abc".into(),
            port: 7000,
            cookie: "osaurus_console",
        }
    }

    fn request(method: &str, headers: &[(&str, &str)]) -> Request {
        let mut builder = Request::builder().method(method).uri("/api/state");
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(Body::empty()).unwrap()
    }

    #[test]
    fn a_page_elsewhere_is_refused() {
        let ours = [
            ("host", "127.0.0.1:7000"),
            ("origin", "http://127.0.0.1:7000"),
        ];
        assert_eq!(guard().refusal(&request("POST", &ours)), None);
        let rebound = [("host", "evil.example:7000")];
        assert!(guard().refusal(&request("GET", &rebound)).is_some());
        let elsewhere = [
            ("host", "127.0.0.1:7000"),
            ("origin", "http://127.0.0.1:1338"),
        ];
        assert!(guard().refusal(&request("GET", &elsewhere)).is_some());
        let hidden = [("host", "127.0.0.1:7000")];
        assert!(guard().refusal(&request("POST", &hidden)).is_some());
        let plugin_page = [("host", "localhost:7000"), ("sec-fetch-site", "same-site")];
        assert!(guard().refusal(&request("GET", &plugin_page)).is_some());
    }

    #[test]
    fn the_token_comes_as_a_cookie() {
        let cookie =
            |value: &str| guard().has_token(request("GET", &[("cookie", value)]).headers());
        assert!(cookie("a=b; osaurus_console=abc"));
        assert!(!cookie("osaurus_console=abcd"));
        assert!(!cookie("x_osaurus_console=abc"));
    }

    #[test]
    fn the_address_with_the_token_leads_to_a_page_of_this_port_alone() {
        let leads = |uri: &str| {
            let request = Request::builder().uri(uri).body(Body::empty()).unwrap();
            guard().entrance(&request)
        };
        assert_eq!(leads("/?token=abc").as_deref(), Some("/"));
        let to = leads("/?token=abc&to=%2Fplugins%2Fa%2Fapp%3Fx%3D1");
        assert_eq!(to.as_deref(), Some("/plugins/a/app?x=1"));
        assert_eq!(leads("/?token=abc&to=//evil.example").as_deref(), Some("/"));
        assert_eq!(leads("/?token=abcd"), None);
        assert_eq!(leads("/api/state?token=abc"), None);
    }

    #[test]
    fn tokens_are_long_and_never_the_same() {
        let (one, other) = (Guard::new(1, "a").unwrap(), Guard::new(1, "a").unwrap());
        assert_eq!(one.token().len(), TOKEN * 2);
        assert_ne!(one.token(), other.token());
    }
}
