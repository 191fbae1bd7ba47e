//! The plugin side of the Osaurus ABI: a safe SDK for plugins written in Rust, and the boundary
//! layer of the shim. Implement [`Plugin`], call [`export!`], build a `cdylib`. Everything `unsafe`
//! about the boundary lives here. Knows nothing of scripts, engines or payloads.
//!
//! The rules that it keeps for the plugin:
//! - The host's table is never copied and never read beyond what its `version` promises; nothing of
//!   it is read
//!   while the plugin is entered, initialised, asked for its manifest or destroyed.
//! - A host call runs on the thread that the host called in on, because the host finds plugin and
//!   agent there.
//!   A call of the host is a [`Frame`]; other threads reach it through a [`FrameHandle`].
//! - No panic and no bad string crosses the boundary.

mod call;
pub mod envelope;
mod error;
pub mod export;
mod frame;
mod host;
mod lifecycle;
mod log_queue;
mod panics;
mod perform;
mod plugin;
mod stream;
mod table;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod unscoped;

pub use call::{CallArg, ChunkFn, OwnedArg, OwnedCall, RawCall, SharedChunkFn};
pub use error::{HostEnvelope, HostError};
pub use frame::{Frame, FrameHandle, FrameRef, Served, budget, log};
pub use host::{
    DbChanges, DispatchRequest, FileContent, Host, HttpRequest, HttpResponse, Model, Rows, TaskId,
    TaskState, TaskStatus,
};
pub use osaurus_abi as abi;
pub use osaurus_abi::V2Revision;
pub use osaurus_abi::{HostSlot, log_level, task_event};
pub use plugin::{Handlers, Plugin};
pub use text::HostString;
pub use unscoped::Unscoped;
