//! The client behind `http_request`: the SSRF guard (on the URL's text as Osaurus has it, and stricter: on the parsed
//! host and on every address a name resolves to) and the explicit mapping of names to local servers.

use crate::settings::Settings;
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

pub(crate) struct HttpClient {
    pub(crate) agent: ureq::Agent,
    mapped: HashMap<String, SocketAddr>,
    strict: bool,
}

impl HttpClient {
    pub(crate) fn new(settings: &Settings) -> Self {
        let (mapped, strict) = (settings.mapped_hosts.clone(), settings.profile.stricter());
        let agent = guarded_agent(mapped.clone(), strict);
        Self {
            agent,
            mapped,
            strict,
        }
    }

    /// The address that a name is mapped to.
    pub(crate) fn mapping(&self, url: &url::Url) -> Option<SocketAddr> {
        self.mapped
            .get(&url.host_str()?.to_ascii_lowercase())
            .copied()
    }

    /// Why this URL must not be fetched. `written` is the text as the plugin gave it.
    pub(crate) fn refusal(&self, written: &str, url: &url::Url) -> Option<Refusal> {
        let Some(host) = url.host() else {
            return Some(Refusal::osaurus("Missing host"));
        };
        if self.mapping(url).is_some() {
            return None;
        }
        let text = written_host(written).unwrap_or_else(|| host.to_string());
        if let Some(reason) = blocked_text(&text) {
            return Some(Refusal::osaurus(reason));
        }
        let stricter = match host {
            url::Host::Ipv4(address) => blocked_address(IpAddr::V4(address)),
            url::Host::Ipv6(address) => blocked_address(IpAddr::V6(address)),
            url::Host::Domain(name) => blocked_name(name),
        };
        stricter.filter(|_| self.strict).map(|reason| Refusal {
            reason,
            stricter: true,
        })
    }
}

/// A client that follows nothing by itself, knows no proxy, and resolves names through the guard.
fn guarded_agent(mapped: HashMap<String, SocketAddr>, strict: bool) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .allow_non_standard_methods(true)
        .max_idle_connections_per_host(10)
        .proxy(None)
        .build();
    let resolver = GuardedResolver {
        mapped,
        strict,
        system: DefaultResolver::default(),
    };
    ureq::Agent::with_parts(config, DefaultConnector::default(), resolver)
}

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    reason: &'static str,
    /// Osaurus itself would have let it pass.
    pub(crate) stricter: bool,
}

impl Refusal {
    fn osaurus(reason: &'static str) -> Self {
        Refusal {
            reason,
            stricter: false,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.reason == "Missing host" {
            return f.write_str(self.reason);
        }
        write!(
            f,
            "Requests to {} are blocked (SSRF protection)",
            self.reason
        )
    }
}

impl std::error::Error for Refusal {}

/// The refusal inside an error of the client, when a name resolved to a forbidden address.
pub(crate) fn refusal_in(error: &ureq::Error) -> Option<Refusal> {
    let ureq::Error::Io(error) = error else {
        return None;
    };
    error.get_ref()?.downcast_ref::<Refusal>().copied()
}

/// The host in a URL's text, lower case, without user, port and brackets.
fn written_host(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(literal) => literal.split(']').next()?,
        None => host.split(':').next()?,
    };
    Some(host.to_ascii_lowercase())
}

/// What Osaurus blocks, looking at the text only.
fn blocked_text(host: &str) -> Option<&'static str> {
    if matches!(host, "localhost" | "ip6-localhost" | "ip6-loopback") {
        return Some("loopback addresses");
    }
    if !host.contains(':') {
        return dotted_quad(host).and_then(blocked_v4);
    }
    match host {
        "::1" => Some("loopback addresses"),
        "::" => Some("unspecified addresses"),
        _ if host.starts_with("fe80:") => Some("link-local addresses"),
        _ if host.starts_with("fc") || host.starts_with("fd") => Some("unique-local addresses"),
        _ => host
            .rsplit(':')
            .next()
            .and_then(dotted_quad)
            .and_then(blocked_v4)
            .map(|_| "IPv6-mapped private addresses"),
    }
}

/// Four numeric labels; labels that are no numbers are skipped, so `10.0.0.1.nip.io` counts too.
fn dotted_quad(host: &str) -> Option<Ipv4Addr> {
    let numbers: Vec<u8> = host
        .split('.')
        .filter_map(|label| label.parse().ok())
        .collect();
    <[u8; 4]>::try_from(numbers).ok().map(Ipv4Addr::from)
}

fn blocked_v4(address: Ipv4Addr) -> Option<&'static str> {
    match address.octets() {
        [127, ..] => Some("loopback addresses"),
        [10, ..] | [192, 168, ..] => Some("RFC1918 private addresses"),
        [172, second, ..] if (16..32).contains(&second) => Some("RFC1918 private addresses"),
        [169, 254, ..] => Some("link-local addresses (cloud metadata)"),
        [0, ..] => Some("unspecified addresses"),
        [100, second, ..] if (64..128).contains(&second) => Some("carrier-grade NAT addresses"),
        [first, ..] if (224..240).contains(&first) => Some("multicast addresses"),
        _ => None,
    }
}

/// Names that mean this machine in forms that the text check lets pass.
fn blocked_name(name: &str) -> Option<&'static str> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    (name == "localhost" || name.ends_with(".localhost")).then_some("loopback addresses")
}

/// Every address that is not a public one.
fn blocked_address(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => blocked_v4(address),
        IpAddr::V6(address) => blocked_v6(address),
    }
}

fn blocked_v6(address: Ipv6Addr) -> Option<&'static str> {
    let segments = address.segments();
    let low = Ipv4Addr::from((u32::from(segments[6]) << 16) | u32::from(segments[7]));
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("loopback addresses"),
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("unspecified addresses"),
        [first, ..] if first & 0xffc0 == 0xfe80 => Some("link-local addresses"),
        [first, ..] if first & 0xfe00 == 0xfc00 => Some("unique-local addresses"),
        [first, ..] if first & 0xff00 == 0xff00 => Some("multicast addresses"),
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => {
            blocked_v4(low).map(|_| "IPv6-mapped private addresses")
        }
        _ => None,
    }
}

/// Resolves names, except that mapped ones go where they were mapped, and checks every address before it is used.
#[derive(Debug)]
struct GuardedResolver {
    mapped: HashMap<String, SocketAddr>,
    strict: bool,
    system: DefaultResolver,
}

impl Resolver for GuardedResolver {
    fn resolve(
        &self,
        uri: &ureq::http::Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let host = uri.host().unwrap_or_default().to_ascii_lowercase();
        if let Some(address) = self.mapped.get(&host) {
            let mut addresses = self.empty();
            addresses.push(*address);
            return Ok(addresses);
        }
        let addresses = self
            .system
            .resolve(uri, config, timeout)
            .map_err(|error| match error {
                ureq::Error::Io(_) => ureq::Error::HostNotFound,
                other => other,
            })?;
        let refused = addresses
            .iter()
            .find_map(|address| blocked_address(address.ip()));
        match refused.filter(|_| self.strict) {
            None => Ok(addresses),
            Some(reason) => {
                let refusal = Refusal {
                    reason,
                    stricter: true,
                };
                Err(ureq::Error::Io(io::Error::new(
                    io::ErrorKind::PermissionDenied,
                    refusal,
                )))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(strict: bool) -> HttpClient {
        let mapped = HashMap::from([(
            "api.example.com".to_string(),
            "127.0.0.1:1".parse().unwrap(),
        )]);
        HttpClient {
            agent: guarded_agent(HashMap::new(), strict),
            mapped,
            strict,
        }
    }

    fn refused(strict: bool, url: &str) -> Option<String> {
        let parsed = url::Url::parse(url).unwrap();
        client(strict)
            .refusal(url, &parsed)
            .map(|refusal| refusal.to_string())
    }

    #[test]
    fn the_text_check_is_osaurus_own() {
        for (url, word) in [
            ("http://LOCALHOST/x", "loopback"),
            ("http://127.8.9.1:99/", "loopback"),
            ("http://user@10.0.0.1/", "RFC1918"),
            ("http://172.31.0.1/", "RFC1918"),
            ("http://169.254.169.254/latest", "cloud metadata"),
            ("http://[fe80::1]/", "link-local"),
            ("http://[fd00::1]/", "unique-local"),
            ("http://[::ffff:10.0.0.1]/", "IPv6-mapped"),
            ("http://10.0.0.1.nip.io/", "RFC1918"),
            ("data:text/plain,x", "Missing host"),
        ] {
            let text = refused(false, url).unwrap_or_default();
            assert!(text.contains(word), "{url}: {text:?}");
        }
        for url in [
            "http://255.255.255.255/",
            "http://198.18.0.1/",
            "http://[2001:db8::1]/",
            "http://example.org/",
        ] {
            assert_eq!(refused(true, url), None, "{url}");
        }
        assert_eq!(
            refused(true, "http://api.example.com/"),
            None,
            "a mapped name"
        );
    }

    #[test]
    fn stricter_closes_the_gaps_and_can_be_turned_off() {
        for url in [
            "http://[feb0::1]/",
            "http://[0:0:0:0:0:0:0:1]/",
            "http://[::ffff:7f00:1]/",
            "http://2130706433/",
            "http://127.1/",
            "http://localhost./",
            "http://x.localhost/",
        ] {
            assert_eq!(refused(false, url), None, "{url} passes in Osaurus");
            assert!(
                refused(true, url).is_some_and(|text| text.contains("SSRF protection")),
                "{url}"
            );
        }
    }

    /// The text check is left out on purpose: this is what stops a public name with a private address.
    #[test]
    fn a_name_that_resolves_to_this_machine_is_refused_at_connect_time() {
        let error = client(true)
            .agent
            .get("http://localhost:1/")
            .call()
            .unwrap_err();
        let refusal = refusal_in(&error).unwrap_or_else(|| panic!("{error}"));
        assert!(refusal.stricter);
        assert_eq!(
            refusal.to_string(),
            "Requests to loopback addresses are blocked (SSRF protection)"
        );
        let error = client(false)
            .agent
            .get("http://localhost:1/")
            .call()
            .unwrap_err();
        assert!(
            matches!(error, ureq::Error::Io(_)) && refusal_in(&error).is_none(),
            "{error}"
        );
    }
}
