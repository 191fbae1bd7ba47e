//! The embedded Python engine ("stage 2"): opened by the shim once an interpreter runs in the
//! process. Speaks `osaurus-engine-abi` with the shim and Python with the script. Knows nothing of
//! Osaurus' own tables, of how the interpreter was found, or of which thread the host uses for
//! what.
#![deny(clippy::undocumented_unsafe_blocks)]

mod api;
mod asynchronous;
mod buffers;
mod call;
mod dispatch;
mod first_step;
mod frame;
mod helpers;
mod json_in;
mod json_out;
mod pin;
mod pool;
mod room;
mod running;
mod script;
mod shim;

pub use api::osaurus_engine_entry;
