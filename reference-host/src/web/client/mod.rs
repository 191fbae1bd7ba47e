//! The client of `http_request`: the SSRF guard (on the URL's text as Osaurus has it, and stricter:
//! on the parsed host and on every address a name resolves to) and the explicit mapping of names to
//! local servers.

pub(crate) mod mapping;
pub(crate) mod test_certificate;

use crate::host::faults::Faults;
use crate::host::profile::Profile;
use crate::host::settings::Settings;
use crate::web::client::mapping::Mapped;
use crate::web::client::test_certificate::TestCertificate;
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

pub(crate) struct HttpClient {
    agent: ureq::Agent,
    /// For mapped names whose servers speak TLS.
    test_agent: Option<ureq::Agent>,
    pub(crate) test_certificate: Option<TestCertificate>,
    mapped: HashMap<String, Mapped>,
    profile: Profile,
}

impl HttpClient {
    pub(crate) fn new(settings: &Settings) -> io::Result<Self> {
        let (mapped, profile) = (settings.mapped_hosts.clone(), settings.profile);
        let resolver = || GuardedResolver {
            mapped: mapped.clone(),
            only_mapped: settings.only_mapped,
            strict: profile.stricter(),
            system: DefaultResolver::default(),
        };
        let test_certificate = test_certificate(settings)?;
        let roots = test_certificate.as_ref().map(TestCertificate::roots);
        let test_agent = roots
            .transpose()?
            .map(|roots| guarded_agent(resolver(), &settings.faults, roots));
        Ok(Self {
            agent: guarded_agent(resolver(), &settings.faults, RootCerts::WebPki),
            test_agent,
            test_certificate,
            mapped: mapped.clone(),
            profile,
        })
    }

    /// The server that a name is mapped to.
    pub(crate) fn mapping(&self, url: &url::Url) -> Option<Mapped> {
        self.mapped
            .get(&url.host_str()?.to_ascii_lowercase())
            .copied()
    }

    /// The client that trusts the certificate of this URL's server.
    pub(crate) fn agent(&self, url: &url::Url) -> &ureq::Agent {
        let is_tls = self.mapping(url).is_some_and(|mapped| mapped.tls);
        let test_agent = self.test_agent.as_ref().filter(|_| is_tls);
        test_agent.unwrap_or(&self.agent)
    }

    /// The URL as it is sent: a plain local server gets https requests in clear.
    pub(crate) fn sent(&self, url: &url::Url) -> url::Url {
        let mut target = url.clone();
        if self.mapping(url).is_some_and(|mapped| !mapped.tls) && url.scheme() == "https" {
            // Between special schemes this cannot fail.
            let _ = target.set_scheme("http");
        }
        target
    }

    /// Why this URL must not be fetched. `written` is the text as the plugin gave it.
    pub(crate) fn refusal(&self, written: &str, url: &url::Url) -> Option<Refusal> {
        let Some(host) = url.host() else {
            return Some(Refusal::no_host());
        };
        if self.mapping(url).is_some() {
            return None;
        }
        let text = written_host(written).unwrap_or_else(|| host.to_string());
        if let Some(reason) = blocked_text(&text).or_else(|| self.blocked_by_documents(&host)) {
            return Some(Refusal::osaurus(reason));
        }
        let stricter = match host {
            url::Host::Ipv4(address) => blocked_address(IpAddr::V4(address)),
            url::Host::Ipv6(address) => blocked_address(IpAddr::V6(address)),
            url::Host::Domain(name) => blocked_name(name),
        };
        stricter
            .filter(|_| self.profile.stricter())
            .map(|reason| Refusal {
                reason,
                stricter: true,
            })
    }

    /// The documents speak of all of fe80::/10.
    fn blocked_by_documents(&self, host: &url::Host<&str>) -> Option<&'static str> {
        match host {
            url::Host::Ipv6(address) if self.profile.documented() => {
                let link_local = address.segments()[0] & 0xffc0 == 0xfe80;
                link_local.then_some("link-local addresses")
            }
            _ => None,
        }
    }
}

fn test_certificate(settings: &Settings) -> io::Result<Option<TestCertificate>> {
    let mapped = settings.mapped_hosts.iter();
    let mut names: Vec<String> = mapped
        .filter(|(_, mapped)| mapped.tls)
        .map(|(name, _)| name.clone())
        .collect();
    names.sort();
    let has_names = !names.is_empty();
    has_names
        .then(|| TestCertificate::for_names(&settings.data_dir, &names))
        .transpose()
}

/// A client that follows nothing by itself, knows no proxy, and resolves names through the guard.
fn guarded_agent(resolver: GuardedResolver, faults: &Arc<Faults>, roots: RootCerts) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .allow_non_standard_methods(true)
        // A connection that is kept may be closed by the server at any moment; one of one's own is
        // checked afresh.
        .max_idle_connections(0)
        .proxy(None)
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        .build();
    ureq::Agent::with_parts(config, faults.connector(), resolver)
}

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal {
    reason: &'static str,
    /// Osaurus itself would have let it pass.
    pub(crate) stricter: bool,
}

impl Refusal {
    /// The URL names no host.
    pub(crate) fn no_host() -> Self {
        Refusal::osaurus("Missing host")
    }

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

/// Four numeric labels; labels that are not numbers are skipped, so `10.0.0.1.nip.io` counts too.
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
        IpAddr::V4(address) => not_public_v4(address),
        IpAddr::V6(address) => blocked_v6(address),
    }
}

/// By IANA's registry of special-purpose addresses, beyond what Osaurus blocks.
fn not_public_v4(address: Ipv4Addr) -> Option<&'static str> {
    let special = match address.octets() {
        [192, 0, 0, _] | [192, 88, 99, _] => "addresses of protocols",
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => "documentation addresses",
        [198, 18 | 19, ..] => "benchmarking addresses",
        [240..=255, ..] => "reserved addresses",
        _ => return blocked_v4(address),
    };
    Some(special)
}

/// As [`not_public_v4`]; the first bits of an address.
fn not_public_v6(segments: [u16; 8]) -> Option<&'static str> {
    match segments {
        [0x64, 0xff9b, 1, ..] => Some("addresses that are translated locally"),
        [0x100, 0, 0, 0 | 1, ..] => Some("addresses that lead nowhere"),
        [0x2001, 0xdb8, ..] => Some("documentation addresses"),
        [0x3fff, second, ..] if second < 0x1000 => Some("documentation addresses"),
        // Teredo, benchmarking, ORCHID and others.
        [0x2001, second, ..] if second < 0x200 => Some("addresses of protocols"),
        [0x5f00, ..] => Some("addresses of segment routing"),
        [first, ..] if first & 0xffc0 == 0xfec0 => Some("site-local addresses"),
        _ => None,
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
        [0, 0, 0, 0, 0, 0 | 0xffff, ..]
        | [0, 0, 0, 0, 0xffff, 0, ..]
        | [0x64, 0xff9b, 0, 0, 0, 0, ..] => {
            not_public_v4(low).map(|_| "IPv6-mapped private addresses")
        }
        [0x2002, high, low, ..] => {
            let inner = Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
            not_public_v4(inner).map(|_| "private addresses in 6to4")
        }
        _ => not_public_v6(segments),
    }
}

/// Resolves names, except that mapped ones go where they were mapped, and checks every address
/// before it is used.
#[derive(Debug)]
struct GuardedResolver {
    mapped: HashMap<String, Mapped>,
    only_mapped: bool,
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
        if let Some(mapped) = self.mapped.get(&host) {
            let mut addresses = self.empty();
            addresses.push(mapped.address);
            return Ok(addresses);
        }
        if self.only_mapped {
            return Err(ureq::Error::HostNotFound);
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
mod tests;
