//! http_request: one request with redirects by hand, so that each step is checked before it is
//! made.

use super::http_request::{Request, parse};
use super::{HostCall, Reply, requirements};
use crate::common::json;
use crate::web::client::{HttpClient, Refusal, refusal_in};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};
use ureq::http::header::{HeaderName, HeaderValue};
use url::Url;

const MAX_BODY: usize = 50_000_000;
const MAX_REDIRECTS: usize = 20;

struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

pub(super) fn http_request(call: &HostCall, text: &str) -> Reply {
    Reply::Json(run(call, text).unwrap_or_else(|error| error))
}

fn run(call: &HostCall, text: &str) -> Result<Value, Value> {
    call.warn_if_too_deep(text);
    let mut request = parse(text)?;
    requirements::check(call, "network")?;
    let host = Arc::clone(call.host());
    if let Some(refusal) = host.http.refusal(&request.written, &request.url) {
        if refusal.stricter {
            call.note("stricter than Osaurus: refused by the parsed host");
        }
        return Err(json::error("ssrf_blocked", refusal.to_string()));
    }
    admit(call)?;
    check_size(&request)?;
    request.identify(host.settings.osaurus_version(), &call.context.plugin_id);
    Ok(travel(call, request))
}

/// One request counts once, whatever redirects follow. No chat agent: one bucket for all of those.
fn admit(call: &HostCall) -> Result<(), Value> {
    if call.context.http_calls.admit(call.chat_agent()) {
        return Ok(());
    }
    let mut extra = Map::new();
    extra.insert("retry_after_ms".into(), 60_000.into());
    Err(json::error_with(
        "rate_limit_exceeded",
        "At most 60 HTTP requests per minute and agent.",
        extra,
    ))
}

fn check_size(request: &Request) -> Result<(), Value> {
    match &request.body {
        Some(body) if body.len() > MAX_BODY => Err(json::error(
            "request_too_large",
            format!("The body is larger than {MAX_BODY} bytes."),
        )),
        _ => Ok(()),
    }
}

/// Sends on a thread of the host, and notes what happened on the way.
fn travel(call: &HostCall, request: Request) -> Value {
    let host = Arc::clone(call.host());
    let journey: Arc<Journey> = Arc::default();
    let (there, here) = (Arc::clone(&journey), Arc::clone(&journey));
    let work = move || {
        let started = Instant::now();
        let answer = send(&host.http, request, &there).and_then(success);
        let mut answer = answer.unwrap_or_else(|error| error);
        answer["elapsed_ms"] = u64::try_from(started.elapsed().as_millis())
            .unwrap_or(u64::MAX)
            .into();
        answer
    };
    let answer = call.bridged_until(work, move || here.given_up.store(true, SeqCst));
    std::mem::take(&mut *journey.notes.lock())
        .into_iter()
        .for_each(|note| call.note(note));
    answer
}

/// What the caller and the thread that sends tell each other.
#[derive(Default)]
struct Journey {
    /// For the record: mapped names, stricter refusals.
    notes: Mutex<Vec<String>>,
    /// The caller's time is up: no further step is made.
    given_up: AtomicBool,
}

impl Journey {
    fn note(&self, text: impl Into<String>) {
        let mut notes = self.notes.lock();
        notes.push(text.into());
    }

    fn refused(&self, refusal: Refusal, how: &str) -> Value {
        if refusal.stricter {
            self.note(format!("stricter than Osaurus: refused {how}"));
        }
        json::error("ssrf_blocked", refusal.to_string())
    }
}

fn send(client: &HttpClient, mut request: Request, journey: &Journey) -> Result<Response, Value> {
    for _ in 0..=MAX_REDIRECTS {
        if let Some(mapped) = client.mapping(&request.url) {
            let name = request.url.host_str().unwrap_or_default();
            let how = match (request.url.scheme(), mapped.tls) {
                ("https", true) => ", test certificate",
                ("https", false) => ", without TLS",
                _ => "",
            };
            journey.note(format!("mapped host: {name} -> {}{how}", mapped.address));
        }
        let response = send_once(client, &request, journey)?;
        let Some((written, target)) = redirect_target(&request, &response) else {
            return Ok(response);
        };
        if let Some(refusal) = client.refusal(&written, &target) {
            return Err(journey.refused(refusal, "by the host of a redirect"));
        }
        if journey.given_up.load(SeqCst) {
            return Err(json::error(
                "host_timeout",
                "The caller has stopped waiting.",
            ));
        }
        request.redirect(response.status, target);
    }
    Err(json::error(
        "too_many_redirects",
        format!("More than {MAX_REDIRECTS} redirects."),
    ))
}

fn redirect_target(request: &Request, response: &Response) -> Option<(String, Url)> {
    if !request.follow || !(300..400).contains(&response.status) {
        return None;
    }
    let location = response
        .headers
        .iter()
        .find(|(name, _)| name == "location")?;
    Some((location.1.clone(), request.url.join(&location.1).ok()?))
}

fn send_once(client: &HttpClient, request: &Request, journey: &Journey) -> Result<Response, Value> {
    let mut head = ureq::http::Request::builder()
        .method(request.method.as_str())
        .uri(client.sent(&request.url).as_str());
    for (name, value) in &request.headers {
        // Both stacks set the length themselves; a wrong one would break the message.
        if !name.eq_ignore_ascii_case("content-length") {
            head = head.header(
                HeaderName::from_bytes(name.as_bytes()).map_err(|error| invalid(&error))?,
                HeaderValue::from_bytes(value.as_bytes()).map_err(|error| invalid(&error))?,
            );
        }
    }
    let head = head
        .body(request.body.clone().unwrap_or_default())
        .map_err(|error| invalid(&error))?;
    let answer = transmit(client, head, request).map_err(|error| match refusal_in(&error) {
        Some(refusal) => journey.refused(refusal, "by the address that the name resolves to"),
        None => failure(&error),
    })?;
    let status = answer.status().as_u16();
    let headers = joined(answer.headers());
    let mut body = answer.into_body();
    let limit = MAX_BODY as u64 + 1;
    match body.with_config().limit(limit).read_to_vec() {
        Ok(body) if body.len() <= MAX_BODY => Ok(Response {
            status,
            headers,
            body,
        }),
        Ok(_) | Err(ureq::Error::BodyExceedsLimit(_)) => Err(json::error(
            "response_too_large",
            format!("The response is larger than {MAX_BODY} bytes."),
        )),
        Err(error) => Err(failure(&error)),
    }
}

/// Without a body, POST, PUT and PATCH announce a length of 0, as Apple's client does, and other
/// methods nothing.
fn transmit(
    client: &HttpClient,
    head: ureq::http::Request<Vec<u8>>,
    request: &Request,
) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
    let agent = client.agent(&request.url);
    let (parts, body) = head.into_parts();
    let expects_body = matches!(parts.method.as_str(), "POST" | "PUT" | "PATCH");
    if request.body.is_none() && !expects_body {
        let plain = ureq::http::Request::from_parts(parts, ());
        return agent.run(timed(agent, plain, request.timeout));
    }
    let full = ureq::http::Request::from_parts(parts, body);
    agent.run(timed(agent, full, request.timeout))
}

/// The timeout is one of inactivity: it applies to each step and each read.
fn timed<B: ureq::AsSendBody>(
    agent: &ureq::Agent,
    request: ureq::http::Request<B>,
    timeout: Duration,
) -> ureq::http::Request<B> {
    agent
        .configure_request(request)
        .timeout_resolve(Some(timeout))
        .timeout_connect(Some(timeout))
        .timeout_per_read(Some(timeout))
        .timeout_per_write(Some(timeout))
        .build()
}

fn joined(headers: &ureq::http::HeaderMap) -> Vec<(String, String)> {
    let text = |name: &HeaderName| {
        let values = headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        values.collect::<Vec<_>>().join(", ")
    };
    headers
        .keys()
        .map(|name| (name.as_str().to_string(), text(name)))
        .collect()
}

fn invalid(error: &dyn std::fmt::Display) -> Value {
    json::error(
        "network_error",
        format!("The request cannot be built: {error}"),
    )
}

fn failure(error: &ureq::Error) -> Value {
    json::error(code_of(error), error.to_string())
}

fn code_of(error: &ureq::Error) -> &'static str {
    match error {
        ureq::Error::Timeout(_) => "connection_timeout",
        ureq::Error::HostNotFound => "dns_failure",
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => "tls_error",
        ureq::Error::Protocol(_) | ureq::Error::Http(_) => "invalid_response",
        ureq::Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused => "connection_refused",
            ErrorKind::TimedOut | ErrorKind::WouldBlock => "connection_timeout",
            ErrorKind::InvalidData => "tls_error",
            _ => "network_error",
        },
        _ => "network_error",
    }
}

fn success(response: Response) -> Result<Value, Value> {
    let headers: Map<String, Value> = response
        .headers
        .into_iter()
        .map(|(name, value)| (name, Value::String(value)))
        .collect();
    let (body, encoding) = match String::from_utf8(response.body) {
        Ok(text) => (text, "utf8"),
        Err(bytes) => (BASE64.encode(bytes.as_bytes()), "base64"),
    };
    Ok(
        json!({"body": body, "body_encoding": encoding, "headers": headers,
            "status": response.status}),
    )
}
