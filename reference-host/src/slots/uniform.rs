//! A host table whose functions all do the same thing with what they get: the tap listens in this way, and a replay
//! answers from a recording. The trampolines are the ABI's; what happens in them is the [`Uniform`]'s.

use super::full_table;
use crate::common::json::{give, text};
use crate::plugin::tap::Line;
use osaurus_abi::{HostApi, HostSlot, OnChunk};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null;

/// What all functions of a table do. `real` makes the reference host's own call.
trait Uniform: 'static {
    fn call(
        slot: HostSlot,
        args: Vec<Option<String>>,
        stream: Option<Stream>,
        real: &dyn Fn(Option<Stream>) -> *const c_char,
    ) -> *const c_char;
}

/// The callback of a stream with its data.
#[derive(Debug, Clone, Copy)]
struct Stream {
    on_chunk: Option<OnChunk>,
    data: *mut c_void,
}

/// A C argument as text.
trait Argument {
    /// # Safety
    /// A pointer is NULL or a NUL-terminated string.
    unsafe fn read_text(self) -> Option<String>;
}

impl Argument for *const c_char {
    unsafe fn read_text(self) -> Option<String> {
        // SAFETY: this function's contract.
        unsafe { text(self) }
    }
}

impl Argument for c_int {
    unsafe fn read_text(self) -> Option<String> {
        Some(self.to_string())
    }
}

macro_rules! trampolines {
    ($($name:ident = $slot:ident($($arg:ident: $type:ty),*) -> $result:ident;)*) => {
        $(trampolines!(@$result $name, $slot, ($($arg: $type),*));)*

        /// The table with these functions; `version` and `free_string` are the reference host's.
        fn table_of<U: Uniform>(version: u32) -> HostApi {
            HostApi {
                $($name: Some($name::<U>),)*
                complete_stream: Some(complete_stream::<U>),
                ..full_table(version)
            }
        }
    };
    (@text $name:ident, $slot:ident, ($($arg:ident: $type:ty),*)) => {
        unsafe extern "C" fn $name<U: Uniform>($($arg: $type),*) -> *const c_char {
            let real = full_table(0).$name;
            // SAFETY: the caller's own arguments, to the function of the same type.
            let real = |_: Option<Stream>| real.map_or(null(), |real| unsafe { real($($arg),*) });
            // SAFETY: the ABI promises NULL or a NUL-terminated string for every text.
            U::call(HostSlot::$slot, vec![$(unsafe { $arg.read_text() }),*], None, &real)
        }
    };
    (@nothing $name:ident, $slot:ident, ($($arg:ident: $type:ty),*)) => {
        unsafe extern "C" fn $name<U: Uniform>($($arg: $type),*) {
            let real = full_table(0).$name;
            let real = |_: Option<Stream>| {
                // SAFETY: the caller's own arguments, to the function of the same type.
                real.map(|real| unsafe { real($($arg),*) });
                null()
            };
            // SAFETY: the ABI promises NULL or a NUL-terminated string for every text.
            U::call(HostSlot::$slot, vec![$(unsafe { $arg.read_text() }),*], None, &real);
        }
    };
}

trampolines! {
    config_get = ConfigGet(key: *const c_char) -> text;
    config_set = ConfigSet(key: *const c_char, value: *const c_char) -> nothing;
    config_delete = ConfigDelete(key: *const c_char) -> nothing;
    db_exec = DbExec(sql: *const c_char, params: *const c_char) -> text;
    db_query = DbQuery(sql: *const c_char, params: *const c_char) -> text;
    log = Log(level: c_int, message: *const c_char) -> nothing;
    dispatch = Dispatch(request: *const c_char) -> text;
    task_status = TaskStatus(task: *const c_char) -> text;
    dispatch_cancel = DispatchCancel(task: *const c_char) -> nothing;
    dispatch_clarify = DispatchClarify(task: *const c_char, response: *const c_char) -> nothing;
    complete = Complete(request: *const c_char) -> text;
    embed = Embed(request: *const c_char) -> text;
    list_models = ListModels() -> text;
    http_request = HttpRequest(request: *const c_char) -> text;
    file_read = FileRead(request: *const c_char) -> text;
    list_active_tasks = ListActiveTasks() -> text;
    send_draft = SendDraft(task: *const c_char, draft: *const c_char) -> nothing;
    dispatch_interrupt = DispatchInterrupt(task: *const c_char, message: *const c_char) -> nothing;
    dispatch_add_issue = DispatchAddIssue(task: *const c_char, issue: *const c_char) -> text;
    complete_cancel = CompleteCancel(stream: *const c_char) -> nothing;
    get_active_agent_id = GetActiveAgentId() -> text;
    log_structured = LogStructured(level: c_int, message: *const c_char, payload: *const c_char) -> nothing;
}

unsafe extern "C" fn complete_stream<U: Uniform>(
    request: *const c_char,
    on_chunk: Option<OnChunk>,
    data: *mut c_void,
) -> *const c_char {
    let real = |stream: Option<Stream>| {
        let (on_chunk, data) = stream.map_or((None, data), |s| (s.on_chunk, s.data));
        // SAFETY: the caller's request; the callback is the caller's or one of ours around it.
        unsafe { super::complete_stream(request, on_chunk, data) }
    };
    // SAFETY: as for every text.
    let args = vec![unsafe { text(request) }];
    U::call(
        HostSlot::CompleteStream,
        args,
        Some(Stream { on_chunk, data }),
        &real,
    )
}

/// The reference host's own table with the tap in front.
pub(crate) fn tapped_table(version: u32) -> HostApi {
    table_of::<Listening>(version)
}

struct Listening;

impl Uniform for Listening {
    fn call(
        slot: HostSlot,
        args: Vec<Option<String>>,
        stream: Option<Stream>,
        real: &dyn Fn(Option<Stream>) -> *const c_char,
    ) -> *const c_char {
        let Some(line) = Line::latest() else {
            return real(stream);
        };
        let host_call = line.host_call(slot.name(), &args);
        let heard = stream.map(|plugin| Heard {
            line: &line,
            host_call,
            plugin,
        });
        let given = real(heard.as_ref().map(Heard::as_stream));
        // SAFETY: NULL, or the reference host's own string, which is still ours.
        let result = unsafe { text(given) };
        line.host_call_ends(host_call, result.as_deref());
        given
    }
}

/// A stream that is listened to: lives until the real call has returned, after which no chunk comes.
struct Heard<'a> {
    line: &'a Line,
    host_call: u64,
    plugin: Stream,
}

impl Heard<'_> {
    fn as_stream(&self) -> Stream {
        let on_chunk: OnChunk = pass_on;
        Stream {
            on_chunk: self.plugin.on_chunk.map(|_| on_chunk),
            data: std::ptr::from_ref(self).cast_mut().cast(),
        }
    }
}

unsafe extern "C" fn pass_on(chunk: *const c_char, heard: *mut c_void) {
    // SAFETY: `as_stream` put a Heard there, which outlives the stream.
    let heard = unsafe { &*heard.cast::<Heard<'_>>() };
    // SAFETY: the reference host passes a NUL-terminated string.
    let text = unsafe { CStr::from_ptr(chunk) }.to_string_lossy();
    heard.line.chunk(heard.host_call, &text);
    if let Some(on_chunk) = heard.plugin.on_chunk {
        // SAFETY: the plugin's callback with its own data, during its call.
        unsafe { on_chunk(chunk, heard.plugin.data) };
    }
}

/// Answers every host call in place of the reference host. All calls of a process go to it, from any thread.
pub trait Answers: 'static {
    /// What a function returns; None is NULL, or nothing where it returns nothing. `args` as in
    /// [`crate::Crossing::HostCallBegins`]; `chunk` hands a piece to the plugin if it streams, and must be called on a
    /// thread of the host's own.
    fn answer(
        slot: HostSlot,
        args: Vec<Option<String>>,
        chunk: &(dyn Fn(&str) + Sync),
    ) -> Option<String>;
}

/// A whole table that [`Answers`] serves.
pub(crate) fn answering_table<A: Answers>(version: u32) -> HostApi {
    table_of::<Answering<A>>(version)
}

struct Answering<A>(std::marker::PhantomData<A>);

/// The plugin's callback, for the thread that streams.
struct Sink(Option<Stream>);

// SAFETY: the ABI says that chunks arrive on a thread of the host's; the pointer is only passed back.
unsafe impl Sync for Sink {}

impl Sink {
    fn send(&self, chunk: &str) {
        let stream = self.0.and_then(|s| s.on_chunk.map(|f| (f, s.data)));
        if let (Some((on_chunk, data)), Ok(chunk)) = (stream, CString::new(chunk)) {
            // SAFETY: the plugin's callback with its own data, while its call waits.
            unsafe { on_chunk(chunk.as_ptr(), data) };
        }
    }
}

impl<A: Answers> Uniform for Answering<A> {
    fn call(
        slot: HostSlot,
        args: Vec<Option<String>>,
        stream: Option<Stream>,
        _real: &dyn Fn(Option<Stream>) -> *const c_char,
    ) -> *const c_char {
        let sink = Sink(stream);
        let answer = catch_unwind(AssertUnwindSafe(|| {
            A::answer(slot, args, &|chunk| sink.send(chunk))
        }));
        answer.ok().flatten().map_or(null(), |text| give(&text))
    }
}
