//! The web side of the host: an HTTP server on this machine for `/plugins/<id>/…`, pages, access
//! keys. Only `server.rs` and `exchange.rs` know HTTP connections; what a request leads to is
//! decided in `admission.rs`.

mod active_side;
pub(crate) mod address;
pub(crate) mod admission;
mod arrival;
pub(crate) mod client;
mod connection;
mod connections;
mod cors;
pub(crate) mod dev_proxy;
mod exchange;
pub(crate) mod inject;
pub(crate) mod keys;
pub(crate) mod pages;
pub(crate) mod request_record;
pub(crate) mod route_match;
pub(crate) mod route_request;
pub(crate) mod routes;
pub(crate) mod server;
pub(crate) mod state;
