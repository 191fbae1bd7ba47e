//! The builder's settings of HTTP, out and in: names that lead to local servers, and what the web
//! server accepts.

use super::HostBuilder;
use std::time::Duration;

impl HostBuilder {
    /// Sends `http_request` calls for this host name to a local server instead: `127.0.0.1:8080`,
    /// to which requests by https go in clear, or `https://127.0.0.1:8443`, which has the
    /// [`crate::Host::test_certificate`]. Marked on every call that uses it.
    pub fn map_host(mut self, name: &str, address: &str) -> Self {
        match address.parse() {
            Ok(address) => drop(
                self.settings
                    .mapped_hosts
                    .insert(name.to_ascii_lowercase(), address),
            ),
            Err(_) => self.bad_mapping = Some(address.to_string()),
        }
        self
    }

    /// Lets `http_request` reach mapped names only: any other is `dns_failure`, so that nothing
    /// leaves this machine.
    pub fn only_mapped_hosts(mut self) -> Self {
        self.settings.only_mapped = true;
        self
    }

    /// How long a client of the web server may take over its request, and over each 64 KiB of its
    /// answer (default 30 s).
    pub fn client_limit(mut self, limit: Duration) -> Self {
        self.settings.budgets.client = limit;
        self
    }

    /// How many connections the web server has at once (default: a quarter of the process'
    /// descriptors, 256 at most).
    pub fn max_connections(mut self, most: usize) -> Self {
        self.settings.connections = Some(most.max(1));
        self
    }

    /// Origins whose pages may call the web server (CORS); `*` allows all. Default: none, as in
    /// Osaurus.
    pub fn allow_origins<O: Into<String>>(mut self, origins: impl IntoIterator<Item = O>) -> Self {
        self.settings.origins = origins.into_iter().map(Into::into).collect();
        self
    }
}
