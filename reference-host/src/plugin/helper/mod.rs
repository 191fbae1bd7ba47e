//! The helper process: a second copy of a plugin in a process of its own, so that a call which
//! hangs or crashes can be ended. Both ends are here: [`serve`] is the helper, `client` the host's
//! side; they speak JSON, one object a line, over the helper's standard input and output (`docs` of
//! the protocol: [`protocol`]).

mod call_slots;
pub(crate) mod client;
mod copy;
mod link;
pub(crate) mod process;
pub(crate) mod program;
mod protocol;
mod proxy;
mod serve;
mod slots;
mod writer;

pub(crate) use proxy::serve as serve_host_call;
pub use serve::{serve, serve_as, serve_with};
