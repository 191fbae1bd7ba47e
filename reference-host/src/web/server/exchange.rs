//! One HTTP exchange: general limits, OPTIONS, the plugin's prefix, then the router's answer as a
//! response. It runs on the server's thread and never blocks: plugins, files and the dev proxy have
//! host threads.

use crate::host::core::HostCore;
use crate::web::admission::{Admitted, agent_of, check_path, failed_here, timed_out};
use crate::web::request_record::RequestRecord;
use crate::web::routes::{Refusal, RouteAnswer, RouteCall};
use crate::web::server::active_side::{ActiveSide, LIVELY};
use crate::web::server::arrival::{self, RELAYED};
use crate::web::server::connection::Ending;
use crate::web::server::cors;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

const MAX_HEADERS: usize = 200;
const MAX_HEADER_BYTES: usize = 1024 * 1024;
const MAX_BODY: usize = 32 * 1024 * 1024;

/// What a connection knows of its one request.
#[derive(Clone)]
pub(crate) struct Arrival {
    host: Arc<HostCore>,
    peer: SocketAddr,
    ending: Ending,
    turn: ActiveSide,
}

impl Arrival {
    pub(crate) fn new(
        host: &Arc<HostCore>,
        peer: SocketAddr,
        ending: Ending,
        turn: ActiveSide,
    ) -> Arrival {
        Arrival {
            host: Arc::clone(host),
            peer,
            ending,
            turn,
        }
    }

    /// From this machine, and not by the tunnel, which connects from this machine too.
    fn is_loopback(&self, headers: &HeaderMap) -> bool {
        self.peer.ip().is_loopback() && !headers.contains_key(RELAYED)
    }

    fn cors(&self, headers: &HeaderMap) -> Vec<(&'static str, String)> {
        cors::headers(&self.host.settings.origins, headers)
    }
}

/// Answers a request.
pub(crate) async fn answer(State(arrival): State<Arrival>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    arrival::mark_relayed(&arrival.host, &mut parts);
    let refusal = arrival::refusal(&arrival.host, &parts);
    if refusal.is_none() && parts.method == Method::OPTIONS {
        let cors = cors::preflight(&arrival.host.settings.origins, &parts.headers);
        return respond(cors, RouteAnswer::new(204, Vec::new()));
    }
    let body = match refusal {
        Some(refusal) => Err(refusal),
        None => read(&arrival, &parts, body).await,
    };
    let (record, outcome) = match body {
        Ok(body) => {
            let _host_works = arrival.turn.of_host();
            routed(&arrival, &parts, body).await
        }
        Err(refusal) => {
            arrival.ending.linger();
            (record_of(&arrival, &parts), Err(refusal))
        }
    };
    let profile = arrival.host.settings.profile;
    let answer = outcome.unwrap_or_else(|refusal| refusal.answer(profile));
    record.end(&answer);
    if parts.method == Method::HEAD {
        arrival.ending.send(answer.body.clone());
    }
    respond(arrival.cors(&parts.headers), answer)
}

/// The body, within the limits for headers and bodies.
async fn read(arrival: &Arrival, parts: &Parts, body: Body) -> Result<Vec<u8>, Refusal> {
    check_headers(&parts.headers)?;
    let too_large = || Refusal::new(413, "Request body too large");
    let announced = parts.headers.get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > MAX_BODY) {
        return Err(too_large());
    }
    let limit = arrival.host.settings.budgets.client;
    let body = tokio::select! {
        body = Limited::new(body, MAX_BODY).collect() => body,
        () = arrival.turn.client_stalls(limit, LIVELY) => return Err(too_slow(limit)),
    };
    match body {
        Ok(body) => Ok(body.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(error) => Err(Refusal::new(400, "Bad request body").noted(error.to_string())),
    }
}

fn too_slow(limit: Duration) -> Refusal {
    let text = format!("The request's body did not come within {limit:?}");
    Refusal::new(408, text).noted("Osaurus' own limit is not known")
}

fn check_headers(headers: &HeaderMap) -> Result<(), Refusal> {
    // Each header also has a colon, a space and an end of line.
    let size = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
        name.as_str().len() + value.len() + 4
    };
    let bytes: usize = headers.iter().map(size).sum();
    if headers.len() > MAX_HEADERS || bytes > MAX_HEADER_BYTES {
        return Err(Refusal::new(431, "Request headers too large"));
    }
    Ok(())
}

/// Routes a request whose body is read.
async fn routed(
    arrival: &Arrival,
    parts: &Parts,
    body: Vec<u8>,
) -> (RequestRecord, Result<RouteAnswer, Refusal>) {
    let Some((id, subpath)) = target(parts.uri.path()) else {
        let refusal = not_a_plugin(parts.uri.path());
        return (record_of(arrival, parts), Err(refusal));
    };
    let call = route_call(arrival, parts, subpath, body);
    let record = RequestRecord::begin(&arrival.host.services, id, &call);
    (record, answered(&arrival.host, id, call).await)
}

/// Admission reads files and the store, so it has a host thread too.
async fn answered(host: &Arc<HostCore>, id: &str, call: RouteCall) -> Result<RouteAnswer, Refusal> {
    let (core, id) = (Arc::clone(host), id.to_string());
    let admit = move || admit(&core, &id, &with_key_checked(&core, call));
    let admitted = on_host_thread(host, admit).await??;
    let limit = admitted.limit();
    let work = on_host_thread(host, move || admitted.run());
    match limit {
        Some(limit) => {
            let in_time = tokio::time::timeout(limit, work).await;
            in_time.map_err(|_| timed_out(limit))??
        }
        None => work.await?,
    }
}

/// Lets a request for `/plugins/<id>…` in, or refuses it.
fn admit(host: &HostCore, id: &str, call: &RouteCall) -> Result<Admitted, Refusal> {
    check_path(id, call)?;
    let agent = agent_of(call)?;
    let plugin = host.plugins.find(id);
    let plugin = plugin.ok_or_else(|| Refusal::new(404, format!("Plugin not found: {id}")))?;
    plugin.admit(call, &agent)
}

fn with_key_checked(host: &HostCore, mut call: RouteCall) -> RouteCall {
    let authorization = call.header_value(header::AUTHORIZATION.as_str());
    call.authorized = authorization.is_some_and(|value| host.web.keys.accept(value));
    call
}

fn record_of(arrival: &Arrival, parts: &Parts) -> RequestRecord {
    let id = target(parts.uri.path()).map_or("", |(id, _)| id);
    RequestRecord::of(
        &arrival.host.services,
        id,
        parts.method.as_str(),
        &parts.uri.to_string(),
    )
}

/// `<id>` and `/<subpath>` of a plugin's address.
fn target(path: &str) -> Option<(&str, &str)> {
    let rest = without_api_prefix(path).strip_prefix("/plugins/")?;
    Some(rest.split_at(rest.find('/')?))
}

fn not_a_plugin(path: &str) -> Refusal {
    let invalid = without_api_prefix(path).starts_with("/plugins/");
    let message = if invalid {
        "Invalid plugin route"
    } else {
        "Not Found"
    };
    Refusal::new(404, message)
}

/// One of `/v1/api`, `/api` and `/v1` may precede every address.
fn without_api_prefix(path: &str) -> &str {
    let mut rests = ["/v1/api", "/api", "/v1"].into_iter();
    let rest = rests.find_map(|prefix| path.strip_prefix(prefix).filter(|r| r.starts_with('/')));
    rest.unwrap_or(path)
}

fn route_call(arrival: &Arrival, parts: &Parts, subpath: &str, body: Vec<u8>) -> RouteCall {
    let query = parts.uri.query().map(|query| format!("?{query}"));
    let text = |value: &header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = parts.headers.iter();
    RouteCall {
        method: parts.method.to_string(),
        path: format!("{subpath}{}", query.unwrap_or_default()),
        headers: headers
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect(),
        body,
        agent: None,
        authorized: false,
        loopback: arrival.is_loopback(&parts.headers),
    }
}

/// Runs a job and waits for it. It goes on when its caller has stopped waiting.
async fn on_host_thread<T: Send + 'static>(
    host: &HostCore,
    job: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refusal> {
    let (sender, receiver) = oneshot::channel();
    host.pool.run(move || {
        let _ = sender.send(job());
    });
    receiver.await.map_err(|_| failed_here())
}

/// CORS headers, then the answer's own, length and close.
fn respond(cors: Vec<(&'static str, String)>, answer: RouteAnswer) -> Response {
    let mut response = Response::builder().status(answer.status);
    let length = answer.body.len().to_string();
    let own = answer
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value));
    for (name, value) in cors.iter().map(|(name, value)| (*name, value)).chain(own) {
        response = response.header(name, value);
    }
    if answer.status != 204 {
        response = response.header(header::CONTENT_LENGTH, length);
    }
    let response = response.header(header::CONNECTION, "close");
    response.body(Body::from(answer.body)).unwrap_or_else(|_| {
        let mut bare = Response::new(Body::empty());
        *bare.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        bare
    })
}
