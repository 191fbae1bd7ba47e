//! The web side of the host: an HTTP server on this machine for `/plugins/<id>/…`, pages, access
//! keys. Only `server/` knows HTTP connections; what a request leads to is
//! decided in `admission.rs`.

pub(crate) mod address;
pub(crate) mod admission;
pub(crate) mod client;
pub(crate) mod keys;
pub(crate) mod pages;
pub(crate) mod request_record;
pub(crate) mod routes;
pub(crate) mod server;
pub(crate) mod state;
