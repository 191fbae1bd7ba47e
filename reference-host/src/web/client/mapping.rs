//! Names that `http_request` reaches on a local server: where that is, and whether it speaks TLS.
//! The builder reads them from text, the client asks.

use std::net::SocketAddr;
use std::str::FromStr;

/// A local server in the place of a host name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapped {
    /// Where it listens.
    pub address: SocketAddr,
    /// Requests by https are sent with TLS, and the host's test certificate is expected. Otherwise
    /// they go in clear.
    pub tls: bool,
}

/// A string that names no local server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected an address and port such as 127.0.0.1:8080, or https://127.0.0.1:8443 for a server \
     with the test certificate"
)]
pub struct MappingError;

impl FromStr for Mapped {
    type Err = MappingError;

    /// `127.0.0.1:8080`, `localhost:8080`, with `http://` in front or nothing; `https://` means
    /// TLS.
    fn from_str(text: &str) -> Result<Mapped, MappingError> {
        let (tls, rest) = match text.split_once("://") {
            None => (false, text),
            Some(("http", rest)) => (false, rest),
            Some(("https", rest)) => (true, rest),
            Some(_) => return Err(MappingError),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let address = match rest.strip_prefix("localhost:") {
            Some(port) => format!("127.0.0.1:{port}"),
            None => rest.to_owned(),
        };
        let address = address.parse().map_err(|_| MappingError)?;
        Ok(Mapped { address, tls })
    }
}

#[cfg(test)]
mod tests {
    use super::Mapped;

    #[test]
    fn a_server_is_plain_unless_it_is_written_with_https() {
        let parse = |text: &str| {
            let mapped = text.parse::<Mapped>().ok()?;
            Some((mapped.address.to_string(), mapped.tls))
        };
        let local = |tls| Some(("127.0.0.1:8080".to_string(), tls));
        for plain in ["127.0.0.1:8080", "localhost:8080", "http://localhost:8080/"] {
            assert_eq!(parse(plain), local(false), "{plain}");
        }
        assert_eq!(parse("https://127.0.0.1:8080"), local(true));
        for wrong in [
            "example.com:80",
            "127.0.0.1",
            "ftp://127.0.0.1:1",
            "http://127.0.0.1:1/x",
            "",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
