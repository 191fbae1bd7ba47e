//! A host table whose functions all do the same thing with what they get: the tap listens in this
//! way, and a replay answers from a recording. The trampolines are the ABI's; what happens in them
//! is the [`Uniform`]'s.

use super::full_table;
use crate::common::json::{give, text};
use crate::plugin::boundary::tap::Line;
use osaurus_abi::{HostApi, HostSlot, OnChunk, c_type};
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

/// The value that a function returns.
macro_rules! result {
    (string, $answer:expr) => {
        $answer
    };
    (void, $answer:expr) => {{
        let _ = $answer;
    }};
}

/// What the real function answered; NULL where it returns nothing.
macro_rules! answer_of {
    (string, $answer:expr) => {
        $answer
    };
    (void, $answer:expr) => {{
        $answer;
        null()
    }};
}

macro_rules! trampoline {
    (complete_stream $($rest:tt)*) => {};
    (free_string $($rest:tt)*) => {};
    ($name:ident $slot:ident($($param:ident: $kind:ident),*) -> $result:ident) => {
        unsafe extern "C" fn $name<U: Uniform>($($param: c_type!($kind)),*) -> c_type!($result) {
            let function = full_table(0).$name;
            let real = |_: Option<Stream>| {
                // SAFETY: the caller's own arguments, to the function of the same type.
                function.map_or(null(), |real| answer_of!($result, unsafe { real($($param),*) }))
            };
            // SAFETY: the ABI promises NULL or a NUL-terminated string for every string.
            let args = vec![$(unsafe { $param.read_text() }),*];
            result!($result, U::call(HostSlot::$slot, args, None, &real))
        }
    };
}

macro_rules! trampolines_and_table {
    ($($name:ident $slot:ident $params:tt -> $result:ident;)*) => {
        $(trampoline!($name $slot $params -> $result);)*

        /// The table with these functions.
        fn table_of<U: Uniform>(version: u32) -> HostApi {
            HostApi {
                version,
                $($name: Some($name::<U>),)*
            }
        }
    };
}
osaurus_abi::for_each_host_slot!(trampolines_and_table);

/// Not of interest to anyone who listens.
unsafe extern "C" fn free_string<U: Uniform>(text: *const c_char) {
    // SAFETY: the caller's own argument.
    unsafe { super::free_string(text) };
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
        let stream = stream.map(|plugin| TappedStream {
            line: &line,
            host_call,
            plugin,
        });
        let pointer = real(stream.as_ref().map(TappedStream::as_stream));
        // SAFETY: NULL, or the reference host's own string, which is still ours.
        let result = unsafe { text(pointer) };
        line.host_call_ends(host_call, result.as_deref());
        pointer
    }
}

/// A stream that is listened to: lives until the real call has returned, after which no chunk
/// comes.
struct TappedStream<'a> {
    line: &'a Line,
    host_call: u64,
    plugin: Stream,
}

impl TappedStream<'_> {
    fn as_stream(&self) -> Stream {
        let on_chunk: OnChunk = pass_on;
        Stream {
            on_chunk: self.plugin.on_chunk.map(|_| on_chunk),
            data: std::ptr::from_ref(self).cast_mut().cast(),
        }
    }
}

unsafe extern "C" fn pass_on(chunk: *const c_char, data: *mut c_void) {
    // SAFETY: `as_stream` put a TappedStream there, which outlives the stream.
    let stream = unsafe { &*data.cast::<TappedStream<'_>>() };
    // SAFETY: the reference host passes a NUL-terminated string.
    let text = unsafe { CStr::from_ptr(chunk) }.to_string_lossy();
    stream.line.chunk(stream.host_call, &text);
    if let Some(on_chunk) = stream.plugin.on_chunk {
        // SAFETY: the plugin's callback with its own data, during its call.
        unsafe { on_chunk(chunk, stream.plugin.data) };
    }
}

/// Answers every host call in place of the reference host. All calls of a process go to it, from
/// any thread.
pub trait Answers: 'static {
    /// What a function returns; None is NULL, or nothing where it returns nothing. `args` as in
    /// [`crate::Crossing::HostCallBegins`]; `chunk` hands a piece to the plugin if it streams, and
    /// must be called on a thread of the host's own.
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

// SAFETY: the ABI says that chunks arrive on a thread of the host's; the pointer is only passed
// back.
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
