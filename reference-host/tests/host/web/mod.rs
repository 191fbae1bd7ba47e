//! The web side over real TCP: a small hand-written client against the host's server and a plugin
//! made in C.

mod access;
mod activity;
mod answers;
mod arrivals;
mod client;
mod dev_proxy;
mod limits;
mod page_script;
mod pages;
mod refusals;
mod requests;
mod running;
mod site;
mod stalls;
mod vite;
