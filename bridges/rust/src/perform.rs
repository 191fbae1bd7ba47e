//! The only place where host functions are called. Used by `frame` and `unscoped`, which decide on
//! which thread. The functions come from the ABI's list of slots; knows nothing of frames' queues
//! or JSON.

use crate::call::{Answer, CallArg, RawCall};
use crate::error::HostError;
use crate::stream::{self, StreamScope};
use crate::table::{HostTable, read_slot};
use crate::text::{HostString, TextBuffer};
use osaurus_abi::{HostSlot, ParamKind};
use std::ffi::c_char;

/// Calls the host on the current thread. The caller has made sure that this is the right one, and
/// says whose stream the call is if it may be one.
pub(crate) fn perform(
    table: Option<HostTable>,
    call: &RawCall<'_>,
    scope: Option<StreamScope>,
) -> Answer {
    let slot = call.slot;
    let table = table.ok_or(HostError::NoHost { slot })?;
    let mut args = Arguments::new(call);
    // What "the call" below relies on: the function pointer was read from the host's table after
    // its version promised it, so it has the ABI's signature for that slot; `args` holds the copies
    // of the strings until it returns.
    macro_rules! result {
        (string, $answer:expr) => {{
            let answer = $answer;
            // SAFETY: the ABI: a string that a slot returns is NULL or NUL-terminated and belongs
            // to the plugin.
            unsafe { HostString::take(table, slot, answer) }
        }};
        (void, $answer:expr) => {{
            $answer;
            Ok(None)
        }};
    }
    macro_rules! call_slot {
        ($name:ident $slot:ident($param:ident: consumed_string) -> $result:ident) => {
            Err(call.misfit("no call at all: a HostString frees itself when it is dropped"))
        };
        ($name:ident $slot:ident($request:ident: string, $callback:ident: chunk_callback, $data:ident: opaque) -> $result:ident) => {{
            let function = read_slot!(table, $slot, $name)?;
            let $request = args.string()?;
            args.end()?;
            let answer = match (call.on_chunk, call.args, scope) {
                (Some(on_chunk), [CallArg::Text(request)], Some(scope)) => {
                    let open = stream::open(table, on_chunk, request, scope);
                    // SAFETY: the call; `open` keeps the callback's state until the guard is
                    // dropped, after the call.
                    unsafe { function($request, Some(stream::on_chunk), open.user_data()) }
                }
                // SAFETY: the call; the ABI allows a NULL callback.
                _ => unsafe { function($request, None, std::ptr::null_mut()) },
            };
            result!($result, answer)
        }};
        ($name:ident $slot:ident($($param:ident: $kind:ident),*) -> $result:ident) => {{
            let function = read_slot!(table, $slot, $name)?;
            $(let $param = argument!(args, $kind)?;)*
            args.end()?;
            // SAFETY: the call.
            result!($result, unsafe { function($($param),*) })
        }};
    }
    macro_rules! call_any_slot {
        ($($name:ident $slot:ident $params:tt -> $result:ident;)*) => {
            match slot {
                $(HostSlot::$slot => call_slot!($name $slot $params -> $result),)*
            }
        };
    }
    osaurus_abi::for_each_host_slot!(call_any_slot)
}

/// The next argument, by its kind.
macro_rules! argument {
    ($args:ident, int) => {
        $args.int()
    };
    ($args:ident, $kind:ident) => {
        $args.string()
    };
}
use argument;

/// The most strings that a function takes.
const STRINGS: usize = {
    let (mut most, mut index) = (0, 0);
    while index < HostSlot::ALL.len() {
        let params = HostSlot::ALL[index].params();
        let (mut strings, mut param) = (0, 0);
        while param < params.len() {
            strings += is_string(params[param].kind) as usize;
            param += 1;
        }
        most = if strings > most { strings } else { most };
        index += 1;
    }
    most
};

const fn is_string(kind: ParamKind) -> bool {
    matches!(kind, ParamKind::String | ParamKind::NullableString)
}

/// Takes the arguments of a call one by one, and keeps the copies of its strings.
struct Arguments<'a> {
    call: &'a RawCall<'a>,
    next: usize,
    strings: [TextBuffer; STRINGS],
    filled: usize,
}

impl<'a> Arguments<'a> {
    #[inline]
    fn new(call: &'a RawCall<'a>) -> Self {
        Arguments {
            call,
            next: 0,
            strings: [const { TextBuffer::new() }; STRINGS],
            filled: 0,
        }
    }

    fn next(&mut self) -> Result<CallArg<'a>, HostError> {
        let arg = self.call.args.get(self.next).copied();
        self.next += 1;
        arg.ok_or_else(|| self.call.wrong_arguments())
    }

    /// The NUL-terminated copy of the next argument, or NULL; valid while `self` is.
    #[inline]
    fn string(&mut self) -> Result<*const c_char, HostError> {
        let (text, buffer) = match (self.next()?, self.strings.get_mut(self.filled)) {
            (CallArg::Null, _) => return Ok(std::ptr::null()),
            (CallArg::Text(text), Some(buffer)) => (text, buffer),
            _ => return Err(self.call.wrong_arguments()),
        };
        self.filled += 1;
        buffer.fill(text).map_err(|at| HostError::NulInString {
            what: format!("argument {} of `{}`", self.next, self.call.slot.name()),
            at,
        })
    }

    fn int(&mut self) -> Result<i32, HostError> {
        match self.next()? {
            CallArg::Int(number) => Ok(number),
            _ => Err(self.call.wrong_arguments()),
        }
    }

    fn end(&self) -> Result<(), HostError> {
        match self.next == self.call.args.len() {
            true => Ok(()),
            false => Err(self.call.wrong_arguments()),
        }
    }
}

impl RawCall<'_> {
    #[cold]
    fn wrong_arguments(&self) -> HostError {
        let params = self.slot.params().iter();
        let kinds: Vec<&str> = params
            .filter_map(|param| match param.kind {
                ParamKind::Int => Some("int"),
                kind => is_string(kind).then_some("string"),
            })
            .collect();
        if kinds.is_empty() {
            return self.misfit("no arguments");
        }
        self.misfit(&format!("({})", kinds.join(", ")))
    }

    #[cold]
    fn misfit(&self, expected: &str) -> HostError {
        let kinds: Vec<&str> = self
            .args
            .iter()
            .map(|arg| match arg {
                CallArg::Text(_) => "string",
                CallArg::Int(_) => "int",
                CallArg::Null => "null",
            })
            .collect();
        HostError::BadArguments {
            slot: self.slot,
            expected: expected.to_owned(),
            found: format!("({})", kinds.join(", ")),
        }
    }
}
