//! Where a request comes from: the tunnel, this machine, or a page of some web site that a browser
//! on this machine has open. The last kind is refused: the Host header shows a name that was made
//! to mean this machine (DNS rebinding), the Origin header a page of elsewhere. The exchange asks
//! before it reads anything.

use crate::host::services::Services;
use crate::web::routes::{AGENT_HEADER, Refusal};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use std::net::IpAddr;

/// What the tunnel's forwarder puts on a request.
pub(crate) const RELAYED: HeaderName = HeaderName::from_static("x-osaurus-relay-origin");

/// A request that was sent to the address of an agent's tunnel gets what the tunnel's forwarder
/// puts on it: the mark and the agent. So a tunnel program of any make works, and a webhook can be
/// tried by its Host header.
pub(crate) fn mark_relayed(services: &Services, parts: &mut Parts) {
    let named = name_of_host(parts).filter(|name| !is_this_machine(name));
    let Some(agent) = named.and_then(|name| services.settings.agents.reached_at(&name)) else {
        return;
    };
    let headers = &mut parts.headers;
    headers.insert(RELAYED, HeaderValue::from_static("1"));
    if let (Ok(name), Ok(agent)) = (
        HeaderName::try_from(AGENT_HEADER),
        HeaderValue::try_from(agent.to_string()),
    ) {
        headers.insert(name, agent);
    }
}

/// Why a request is not served, whatever it asks for. What came through the tunnel may come from
/// anywhere.
pub(crate) fn refusal(services: &Services, parts: &Parts) -> Option<Refusal> {
    if !services.settings.profile.stricter() || parts.headers.contains_key(RELAYED) {
        return None;
    }
    let foreign = name_of_host(parts).filter(|name| !is_this_machine(name));
    if let Some(name) = foreign {
        let what = format!(
            "The Host header names '{name}': this server answers to localhost, 127.0.0.1 and \
             [::1], and to the \
             addresses of its tunnels"
        );
        return Some(refused(what, "the Host header (DNS rebinding)"));
    }
    if parts.method == axum::http::Method::OPTIONS {
        return None;
    }
    page_of_elsewhere(&services.settings.origins, &parts.headers)
}

fn page_of_elsewhere(allowed: &[String], headers: &HeaderMap) -> Option<Refusal> {
    let is_allowed = |origin: &str| allowed.iter().any(|one| one == "*" || one == origin);
    if let Some(origin) = text(headers, &header::ORIGIN) {
        let own =
            url::Url::parse(origin).is_ok_and(|url| url.host_str().is_some_and(is_this_machine));
        let what = format!(
            "Pages of {origin} may not call this server: allow the origin, or open the page from \
             localhost"
        );
        return (!own && !is_allowed(origin)).then(|| refused(what, "the Origin header"));
    }
    // Browsers say this of requests without an Origin, such as those of images. Following a link is
    // all right.
    let site = headers
        .get("sec-fetch-site")
        .is_some_and(|site| site == "cross-site");
    let is_link = headers
        .get("sec-fetch-mode")
        .is_some_and(|mode| mode == "navigate");
    let what = "A page of another site may not load this: allow all origins, or open the page from \
                localhost";
    (site && !is_link && !is_allowed("*"))
        .then(|| refused(what.into(), "the Sec-Fetch-Site header"))
}

fn refused(what: String, how: &str) -> Refusal {
    Refusal::new(403, what).noted(format!("stricter than Osaurus: refused by {how}"))
}

/// The host that the request is for, without its port, lower case. The address of the request
/// counts before the header.
fn name_of_host(parts: &Parts) -> Option<String> {
    let header = || text(&parts.headers, &header::HOST).map(str::to_string);
    let authority = parts.uri.authority().map(ToString::to_string);
    authority.or_else(header).map(|text| without_port(&text))
}

/// `[::1]:80` is `::1`, `LOCALHOST.:80` is `localhost`.
pub(crate) fn without_port(authority: &str) -> String {
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(literal) => literal.split(']').next(),
        None => host.split(':').next(),
    };
    let host = host.unwrap_or_default().trim_end_matches('.');
    host.to_ascii_lowercase()
}

fn is_this_machine(name: &str) -> bool {
    let name = name.trim_matches(['[', ']']);
    let is_local = |address: IpAddr| address.is_loopback();
    name == "localhost" || name.ends_with(".localhost") || name.parse().is_ok_and(is_local)
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let value = headers.get(name)?;
    // Bytes that are not text are not a name that is known.
    Some(value.to_str().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use super::{is_this_machine, without_port};

    #[test]
    fn names_of_this_machine_are_recognised_and_others_that_look_alike_are_not() {
        for own in [
            "localhost",
            "LocalHost.:1338",
            "a.localhost:1",
            "127.0.0.1:1338",
            "127.9.9.9",
            "[::1]:80",
            "[::1]",
        ] {
            assert!(is_this_machine(&without_port(own)), "{own}");
        }
        for other in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "xlocalhost",
            "0.0.0.0",
            "",
            "192.168.0.1",
            "[::2]",
            "localhost@evil.example",
        ] {
            assert!(!is_this_machine(&without_port(other)), "{other}");
        }
    }
}
