//! One host call as data: the slot, its arguments, who makes it. Used by everything that calls the
//! host. Knows nothing of frames' queues or JSON; `perform` makes the call.

use crate::error::HostError;
use crate::text::HostString;
use osaurus_abi::HostSlot;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Receives the chunks of a stream, one after the other, on a thread of the host's; `Break` cancels
/// the stream.
pub type ChunkFn<'a> = dyn Fn(&str) -> ControlFlow<()> + Sync + 'a;
/// As [`ChunkFn`], for calls that outlive their caller.
pub type SharedChunkFn = Arc<dyn Fn(&str) -> ControlFlow<()> + Send + Sync>;

/// A host call with borrowed arguments: `slot` of the host's table, and its arguments in the order
/// of the ABI. Callback and `user_data` parameters are not arguments: `on_chunk` stands for them.
///
/// ```
/// use osaurus_plugin::{CallArg, HostSlot, RawCall};
/// let call = RawCall {
///     slot: HostSlot::ConfigSet,
///     args: &[CallArg::Text("colour"), CallArg::Text("blue")],
///     on_chunk: None,
/// };
/// ```
#[derive(Clone, Copy)]
pub struct RawCall<'a> {
    /// Which function.
    pub slot: HostSlot,
    /// Its arguments, without callback parameters.
    pub args: &'a [CallArg<'a>],
    /// For `complete_stream` only. `Break` cancels if the request has a `stream_id` and the host is
    /// version 3 or later.
    pub on_chunk: Option<&'a ChunkFn<'a>>,
}

/// An argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallArg<'a> {
    /// A string; passed as a NUL-terminated copy.
    Text(&'a str),
    /// A number, such as a log level.
    Int(i32),
    /// NULL in place of a string.
    Null,
}

/// A host call that owns its arguments, for [`crate::FrameHandle::post`].
///
/// ```
/// use osaurus_plugin::{HostSlot, OwnedArg, OwnedCall};
/// let args = vec![OwnedArg::Int(2), OwnedArg::Text("done".to_owned())];
/// let call = OwnedCall::new(HostSlot::Log, args);
/// ```
#[derive(Clone)]
pub struct OwnedCall {
    /// Which function.
    pub slot: HostSlot,
    /// Its arguments, without callback parameters.
    pub args: Vec<OwnedArg>,
    /// As in [`RawCall`].
    pub on_chunk: Option<SharedChunkFn>,
}

/// An argument that owns its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnedArg {
    /// A string; passed as a NUL-terminated copy.
    Text(String),
    /// A number, such as a log level.
    Int(i32),
    /// NULL in place of a string.
    Null,
}

impl OwnedArg {
    fn as_arg(&self) -> CallArg<'_> {
        match self {
            OwnedArg::Text(text) => CallArg::Text(text),
            OwnedArg::Int(number) => CallArg::Int(*number),
            OwnedArg::Null => CallArg::Null,
        }
    }
}

impl From<CallArg<'_>> for OwnedArg {
    fn from(arg: CallArg<'_>) -> Self {
        match arg {
            CallArg::Text(text) => OwnedArg::Text(text.to_owned()),
            CallArg::Int(number) => OwnedArg::Int(number),
            CallArg::Null => OwnedArg::Null,
        }
    }
}

impl OwnedCall {
    /// A call without a chunk callback.
    pub fn new(slot: HostSlot, args: Vec<OwnedArg>) -> Self {
        OwnedCall {
            slot,
            args,
            on_chunk: None,
        }
    }

    pub(crate) fn with_raw<R>(&self, run: impl FnOnce(&RawCall<'_>) -> R) -> R {
        let args: Vec<CallArg<'_>> = self.args.iter().map(OwnedArg::as_arg).collect();
        let on_chunk = self.on_chunk.as_ref();
        run(&RawCall {
            slot: self.slot,
            args: &args,
            on_chunk: on_chunk.map(|chunk| &**chunk as &ChunkFn<'_>),
        })
    }
}

/// What a host call gave.
pub(crate) type Answer = Result<Option<HostString>, HostError>;

/// What makes host calls: a frame, or [`crate::Unscoped`].
pub(crate) trait MakeCall: Sync {
    fn make(&self, call: &RawCall<'_>) -> Answer;
}
