//! One host call as data, and the only place where host functions are called.
//! Used by `frame` and `unscoped`, which decide on which thread. Knows nothing of frames' queues or JSON.

use crate::error::HostError;
use crate::stream::{self, StreamScope};
use crate::table::{HostTable, read_slot};
use crate::text::{HostString, TextBuffer};
use osaurus_abi::HostSlot;
use std::ffi::c_char;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Receives the chunks of a stream, one after the other, on a thread of the host's; `Break` cancels the stream.
pub type ChunkFn<'a> = dyn Fn(&str) -> ControlFlow<()> + Sync + 'a;
/// As [`ChunkFn`], for calls that outlive their caller.
pub type SharedChunkFn = Arc<dyn Fn(&str) -> ControlFlow<()> + Send + Sync>;

/// A host call with borrowed arguments: `slot` of the host's table, and its arguments in the order of the ABI.
/// Callback and `user_data` parameters are not arguments: `on_chunk` stands for them.
#[derive(Clone, Copy)]
pub struct RawCall<'a> {
    /// Which function.
    pub slot: HostSlot,
    /// Its arguments, without callback parameters.
    pub args: &'a [CallArg<'a>],
    /// For `complete_stream` only. `Break` cancels if the request has a `stream_id` and the host is version 3 or later.
    pub on_chunk: Option<&'a ChunkFn<'a>>,
}

/// An argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallArg<'a> {
    /// A text; passed as a NUL-terminated copy.
    Text(&'a str),
    /// A number, such as a log level.
    Int(i32),
    /// NULL in place of a text.
    Null,
}

/// A host call that owns its arguments, for [`crate::FrameHandle::post`].
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
    /// A text; passed as a NUL-terminated copy.
    Text(String),
    /// A number, such as a log level.
    Int(i32),
    /// NULL in place of a text.
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

type Answer = Result<Option<HostString>, HostError>;

/// Calls the host on the current thread. The caller has made sure that this is the right one.
pub(crate) fn perform(
    table: Option<HostTable>,
    call: &RawCall<'_>,
    scope: &StreamScope<'_>,
) -> Answer {
    let slot = call.slot;
    let table = table.ok_or(HostError::NoHost { slot })?;
    let (mut first, mut second) = (TextBuffer::new(), TextBuffer::new());
    // What "the call" below relies on: the function pointer was read from the host's table after its version promised
    // it, so it has the ABI's signature for that slot; `first` and `second` hold the argument copies until it returns.
    macro_rules! text_of {
        ($answer:expr) => {{
            let answer = $answer;
            // SAFETY: the ABI: a string that a slot returns is NULL or NUL-terminated and belongs to the plugin.
            unsafe { HostString::take(table, slot, answer) }
        }};
    }
    macro_rules! one_text {
        ($name:ident, $field:ident) => {{
            let function = read_slot!(table, $name, $field)?;
            let a = call.one(&mut first)?;
            // SAFETY: the call.
            text_of!(unsafe { function(a) })
        }};
    }
    macro_rules! two_texts {
        ($name:ident, $field:ident) => {{
            let function = read_slot!(table, $name, $field)?;
            let (a, b) = call.two(&mut first, &mut second)?;
            // SAFETY: the call.
            text_of!(unsafe { function(a, b) })
        }};
    }
    macro_rules! no_text {
        ($name:ident, $field:ident) => {{
            let function = read_slot!(table, $name, $field)?;
            call.none()?;
            // SAFETY: the call.
            text_of!(unsafe { function() })
        }};
    }
    macro_rules! void_one {
        ($name:ident, $field:ident) => {{
            let function = read_slot!(table, $name, $field)?;
            let a = call.one(&mut first)?;
            // SAFETY: the call.
            unsafe { function(a) };
            Ok(None)
        }};
    }
    macro_rules! void_two {
        ($name:ident, $field:ident) => {{
            let function = read_slot!(table, $name, $field)?;
            let (a, b) = call.two(&mut first, &mut second)?;
            // SAFETY: the call.
            unsafe { function(a, b) };
            Ok(None)
        }};
    }
    match slot {
        HostSlot::ConfigGet => one_text!(ConfigGet, config_get),
        HostSlot::ConfigSet => void_two!(ConfigSet, config_set),
        HostSlot::ConfigDelete => void_one!(ConfigDelete, config_delete),
        HostSlot::DbExec => two_texts!(DbExec, db_exec),
        HostSlot::DbQuery => two_texts!(DbQuery, db_query),
        HostSlot::Log => {
            let function = read_slot!(table, Log, log)?;
            let (level, a) = call.level_and_one(&mut first)?;
            // SAFETY: the call.
            unsafe { function(level, a) };
            Ok(None)
        }
        HostSlot::Dispatch => one_text!(Dispatch, dispatch),
        HostSlot::TaskStatus => one_text!(TaskStatus, task_status),
        HostSlot::DispatchCancel => void_one!(DispatchCancel, dispatch_cancel),
        HostSlot::DispatchClarify => void_two!(DispatchClarify, dispatch_clarify),
        HostSlot::Complete => one_text!(Complete, complete),
        HostSlot::CompleteStream => {
            let function = read_slot!(table, CompleteStream, complete_stream)?;
            let a = call.one(&mut first)?;
            let answer = match (call.on_chunk, call.args) {
                (Some(on_chunk), [CallArg::Text(request)]) => {
                    let open = stream::open(table, on_chunk, request, scope);
                    // SAFETY: the call; `open` keeps the callback's state until the guard is dropped, after the call.
                    unsafe { function(a, Some(stream::on_chunk), open.user_data()) }
                }
                // SAFETY: the call; the ABI allows a NULL callback.
                _ => unsafe { function(a, None, std::ptr::null_mut()) },
            };
            text_of!(answer)
        }
        HostSlot::Embed => one_text!(Embed, embed),
        HostSlot::ListModels => no_text!(ListModels, list_models),
        HostSlot::HttpRequest => one_text!(HttpRequest, http_request),
        HostSlot::FileRead => one_text!(FileRead, file_read),
        HostSlot::ListActiveTasks => no_text!(ListActiveTasks, list_active_tasks),
        HostSlot::SendDraft => void_two!(SendDraft, send_draft),
        HostSlot::DispatchInterrupt => void_two!(DispatchInterrupt, dispatch_interrupt),
        HostSlot::DispatchAddIssue => two_texts!(DispatchAddIssue, dispatch_add_issue),
        HostSlot::CompleteCancel => void_one!(CompleteCancel, complete_cancel),
        HostSlot::GetActiveAgentId => no_text!(GetActiveAgentId, get_active_agent_id),
        HostSlot::LogStructured => {
            let function = read_slot!(table, LogStructured, log_structured)?;
            let (level, a, b) = call.level_and_two(&mut first, &mut second)?;
            // SAFETY: the call.
            unsafe { function(level, a, b) };
            Ok(None)
        }
        HostSlot::FreeString => {
            Err(call.misfit("no call at all: a HostString frees itself when it is dropped"))
        }
    }
}

impl RawCall<'_> {
    #[cold]
    fn misfit(&self, expected: &'static str) -> HostError {
        let kinds: Vec<&str> = self
            .args
            .iter()
            .map(|arg| match arg {
                CallArg::Text(_) => "text",
                CallArg::Int(_) => "int",
                CallArg::Null => "null",
            })
            .collect();
        HostError::BadArguments {
            slot: self.slot,
            expected,
            found: format!("({})", kinds.join(", ")),
        }
    }

    /// The NUL-terminated copy of text argument `index`; `None` for a number.
    #[inline]
    fn text(
        &self,
        index: usize,
        room: &mut TextBuffer,
    ) -> Result<Option<*const c_char>, HostError> {
        match self.args[index] {
            CallArg::Null => Ok(Some(std::ptr::null())),
            CallArg::Int(_) => Ok(None),
            CallArg::Text(text) => match room.fill(text) {
                Ok(text) => Ok(Some(text)),
                Err(at) => Err(HostError::NulInString {
                    what: format!("argument {} of `{}`", index + 1, self.slot.name()),
                    at,
                }),
            },
        }
    }

    fn none(&self) -> Result<(), HostError> {
        match self.args {
            [] => Ok(()),
            _ => Err(self.misfit("no arguments")),
        }
    }

    #[inline]
    fn one(&self, room: &mut TextBuffer) -> Result<*const c_char, HostError> {
        if self.args.len() == 1
            && let Some(a) = self.text(0, room)?
        {
            return Ok(a);
        }
        Err(self.misfit("(text)"))
    }

    #[inline]
    fn two(
        &self,
        first: &mut TextBuffer,
        second: &mut TextBuffer,
    ) -> Result<(*const c_char, *const c_char), HostError> {
        if self.args.len() == 2
            && let (Some(a), Some(b)) = (self.text(0, first)?, self.text(1, second)?)
        {
            return Ok((a, b));
        }
        Err(self.misfit("(text, text)"))
    }

    fn level_and_one(&self, room: &mut TextBuffer) -> Result<(i32, *const c_char), HostError> {
        if let [CallArg::Int(level), _] = self.args
            && let Some(a) = self.text(1, room)?
        {
            return Ok((*level, a));
        }
        Err(self.misfit("(int, text)"))
    }

    fn level_and_two(
        &self,
        first: &mut TextBuffer,
        second: &mut TextBuffer,
    ) -> Result<(i32, *const c_char, *const c_char), HostError> {
        if let [CallArg::Int(level), _, _] = self.args
            && let (Some(a), Some(b)) = (self.text(1, first)?, self.text(2, second)?)
        {
            return Ok((*level, a, b));
        }
        Err(self.misfit("(int, text, text)"))
    }
}
