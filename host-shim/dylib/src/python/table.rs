//! The shim's side of the engine tables: what an engine may ask of a call of the host.
//! Used by `embedded`. Translates between C structures and `osaurus_plugin`; knows no Python.
use crate::oldest_host;
use osaurus_engine_abi::{
    Arg, Buffer, DoneFn, ENGINE_ABI_VERSION, HostCall, STATUS_MISSING, STATUS_OK, STATUS_REFUSED,
    ShimApi, Slice,
};
use osaurus_plugin::{
    CallArg, FrameHandle, HostError, HostSlot, HostString, OwnedArg, OwnedCall, RawCall,
};
use std::ffi::c_void;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// What an engine's `frame` pointer points to.
pub enum EngineFrame {
    /// A call of the host.
    Host(FrameHandle),
    /// The unload handler: there is no call of the host, and no host calls may be made.
    Unload(LastFrame),
}

/// Lets the unload handler say that it has ended.
#[derive(Default)]
pub struct LastFrame {
    ended: Mutex<bool>,
    changed: Condvar,
}

impl LastFrame {
    fn complete(&self) {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Waits for an asynchronous unload handler. False when it takes too long.
    pub fn wait(&self, longest: Duration) -> bool {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .changed
            .wait_timeout_while(ended, longest, |ended| !*ended);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// The table given to engines.
pub static SHIM_API: ShimApi = ShimApi {
    version: ENGINE_ABI_VERSION,
    size: size_of::<ShimApi>() as u32,
    frame_retain,
    frame_release,
    host_call,
    host_post,
    complete,
    log,
};

/// # Safety
/// `frame` came from `Arc::into_raw` of an [`EngineFrame`] and holds a count for as long as `'a`.
unsafe fn borrow<'a>(frame: *const c_void) -> &'a EngineFrame {
    // SAFETY: the caller's contract.
    unsafe { &*frame.cast::<EngineFrame>() }
}

unsafe extern "C" fn frame_retain(frame: *const c_void) {
    // SAFETY: contract of `ShimApi`: the engine holds a reference while it calls.
    unsafe { Arc::increment_strong_count(frame.cast::<EngineFrame>()) }
}

unsafe extern "C" fn frame_release(frame: *const c_void) {
    // SAFETY: contract of `ShimApi`: one count is given back.
    unsafe { Arc::decrement_strong_count(frame.cast::<EngineFrame>()) }
}

/// # Safety
/// `slice` is valid for `'a` (contract of [`Slice`]).
unsafe fn text<'a>(slice: Slice) -> Result<&'a str, String> {
    if slice.ptr.is_null() || slice.len == 0 {
        return Ok("");
    }
    // SAFETY: the caller's contract.
    let bytes = unsafe { std::slice::from_raw_parts(slice.ptr, slice.len) };
    std::str::from_utf8(bytes).map_err(|error| {
        format!(
            "the engine sent text that is not UTF-8, at byte {}",
            error.valid_up_to()
        )
    })
}

/// Which parameters of a slot are numbers: `log(level, message)` and `log_structured(level,
/// message, fields)`.
fn is_number(slot: HostSlot, position: usize) -> bool {
    position == 0 && matches!(slot, HostSlot::Log | HostSlot::LogStructured)
}

/// # Safety
/// The argument's slice is valid for `'a`.
unsafe fn argument<'a>(slot: HostSlot, position: usize, arg: &Arg) -> Result<CallArg<'a>, String> {
    if is_number(slot, position) {
        return Ok(CallArg::Int(arg.int));
    }
    if arg.text.ptr.is_null() {
        return Ok(CallArg::Null);
    }
    // SAFETY: the caller's contract.
    Ok(CallArg::Text(unsafe { text(arg.text)? }))
}

/// A call whose strings are still borrowed from the engine.
struct Parsed<'a> {
    slot: HostSlot,
    args: [CallArg<'a>; 3],
    count: usize,
}

/// # Safety
/// `call` and its slices are valid for `'a`.
unsafe fn parse<'a>(call: *const HostCall) -> Result<(Parsed<'a>, &'a HostCall), String> {
    // SAFETY: the caller's contract.
    let call =
        unsafe { call.as_ref() }.ok_or("the engine made a host call without a description")?;
    let slot = HostSlot::from_index(call.slot)
        .filter(|slot| *slot != HostSlot::FreeString)
        .ok_or_else(|| {
            format!(
                "there is no host call {}; they are numbered 1 to 23",
                call.slot
            )
        })?;
    let count = (call.argc as usize).min(call.args.len());
    let mut args = [CallArg::Null; 3];
    for (position, place) in args.iter_mut().enumerate().take(count) {
        // SAFETY: the caller's contract.
        *place = unsafe { argument(slot, position, &call.args[position])? };
    }
    Ok((Parsed { slot, args, count }, call))
}

/// The engine's chunk receiver. The engine keeps `user` alive until the call is over and takes
/// chunks on any thread.
#[derive(Clone, Copy)]
struct ChunkSink {
    receive: osaurus_engine_abi::ChunkFn,
    user: *mut c_void,
}

// SAFETY: contract of `HostCall::on_chunk`: called on threads of the host's own.
unsafe impl Send for ChunkSink {}
// SAFETY: as above; chunks of one stream come one after the other.
unsafe impl Sync for ChunkSink {}

impl ChunkSink {
    fn of(call: &HostCall) -> Option<ChunkSink> {
        let receive = call.on_chunk?;
        Some(ChunkSink {
            receive,
            user: call.chunk_user,
        })
    }

    fn take(&self, chunk: &str) -> ControlFlow<()> {
        let slice = Slice {
            ptr: chunk.as_ptr(),
            len: chunk.len(),
        };
        // SAFETY: `user` is alive until the call is over; the slice during this call.
        match unsafe { (self.receive)(self.user, slice) } {
            0 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }
}

const NO_FRAME: &str =
    "host calls are not possible in the unload handler: the host is taking the plugin away";

unsafe extern "C" fn host_call(
    frame: *const c_void,
    call: *const HostCall,
    value: *mut Buffer,
) -> i32 {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: frame and call are valid during this call (contract of `ShimApi::host_call`).
        unsafe { host_call_checked(frame, call) }
    }));
    let (status, buffer) =
        answer(outcome.unwrap_or_else(|_| Err(Refusal::of("the host call panicked in the shim"))));
    // SAFETY: `value` is a place for one buffer, by contract.
    unsafe { value.write(buffer) };
    status
}

/// # Safety
/// As for `ShimApi::host_call`.
unsafe fn host_call_checked(
    frame: *const c_void,
    call: *const HostCall,
) -> Result<Option<HostString>, Refusal> {
    // SAFETY: the caller's contract, for both.
    let (frame, (parsed, call)) = unsafe { (borrow(frame), parse(call).map_err(Refusal::of)?) };
    let EngineFrame::Host(frame) = frame else {
        return Err(Refusal::of(NO_FRAME));
    };
    let sink = ChunkSink::of(call);
    let on_chunk = sink.map(|sink| move |chunk: &str| sink.take(chunk));
    let raw = RawCall {
        slot: parsed.slot,
        args: &parsed.args[..parsed.count],
        on_chunk: on_chunk
            .as_ref()
            .map(|f| f as &(dyn Fn(&str) -> ControlFlow<()> + Sync)),
    };
    frame.call(raw).map_err(|error| Refusal::from(&error))
}

/// Why a host call was not made.
struct Refusal {
    status: i32,
    text: String,
}

impl Refusal {
    fn of(text: impl Into<String>) -> Refusal {
        Refusal {
            status: STATUS_REFUSED,
            text: text.into(),
        }
    }
}

impl From<&HostError> for Refusal {
    fn from(error: &HostError) -> Self {
        let status = if error.is_missing() {
            STATUS_MISSING
        } else {
            STATUS_REFUSED
        };
        Refusal {
            status,
            text: for_author(error),
        }
    }
}

/// An error in the words of a Python author.
fn for_author(error: &HostError) -> String {
    match error {
        HostError::WrongThread { slot } => format!(
            "`{}` was called on a thread that the script started, while the handler itself occupies the host's thread; \
             call it in the handler, or declare the handler with `threads=True` or as `async def`",
            slot.name()
        ),
        other => oldest_host::for_author(other),
    }
}

fn answer(outcome: Result<Option<HostString>, Refusal>) -> (i32, Buffer) {
    match outcome {
        Ok(Some(text)) => (STATUS_OK, host_buffer(text)),
        Ok(None) => (STATUS_OK, EMPTY),
        Err(refusal) => (refusal.status, text_buffer(refusal.text)),
    }
}

/// A buffer that holds nothing.
pub const EMPTY: Buffer = Buffer {
    ptr: ptr::null_mut(),
    len: 0,
    cap: 0,
    free: None,
};

/// The host's string itself, not a copy: answers may have tens of megabytes.
fn host_buffer(text: HostString) -> Buffer {
    let (ptr, len) = (text.as_ptr().cast_mut(), text.len());
    Buffer {
        ptr,
        len,
        cap: Box::into_raw(Box::new(text)) as usize,
        free: Some(free_host_string),
    }
}

unsafe extern "C" fn free_host_string(_ptr: *mut u8, _len: usize, cap: usize) {
    // SAFETY: `cap` is the box that `host_buffer` made; the engine hands a buffer back exactly
    // once.
    drop(unsafe { Box::from_raw(cap as *mut HostString) });
}

fn text_buffer(text: String) -> Buffer {
    let bytes = text.into_bytes().into_boxed_slice();
    let len = bytes.len();
    Buffer {
        ptr: Box::into_raw(bytes).cast(),
        len,
        cap: len,
        free: Some(free_text),
    }
}

unsafe extern "C" fn free_text(ptr: *mut u8, len: usize, _cap: usize) {
    // SAFETY: the boxed slice that `text_buffer` took apart, handed back exactly once.
    drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(ptr, len)) });
}

/// The engine's receiver of a posted call's outcome.
struct Done {
    call: DoneFn,
    user: *mut c_void,
}

// SAFETY: contract of `DoneFn`: called on the frame's thread, wherever it was posted from.
unsafe impl Send for Done {}

impl Done {
    fn finish(self, outcome: Result<Option<HostString>, Refusal>) {
        let (status, mut buffer) = answer(outcome);
        // SAFETY: called exactly once; the engine takes the buffer over.
        unsafe { (self.call)(self.user, status, &raw mut buffer) }
    }
}

unsafe extern "C" fn host_post(
    frame: *const c_void,
    call: *const HostCall,
    done: DoneFn,
    user: *mut c_void,
) {
    let receiver = Done { call: done, user };
    let _ = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: frame and call are valid during this call (contract of `ShimApi::host_post`).
        match unsafe { (borrow(frame), owned(call)) } {
            (EngineFrame::Host(frame), Ok(call)) => {
                let finish = move |outcome: Result<Option<HostString>, HostError>| {
                    receiver.finish(outcome.map_err(|error| Refusal::from(&error)));
                };
                frame.post(call, Box::new(finish));
            }
            (EngineFrame::Unload(_), Ok(_)) => receiver.finish(Err(Refusal::of(NO_FRAME))),
            (_, Err(text)) => receiver.finish(Err(Refusal::of(text))),
        }
    }));
}

/// # Safety
/// `call` and its slices are valid during this call.
unsafe fn owned(call: *const HostCall) -> Result<OwnedCall, String> {
    // SAFETY: the caller's contract.
    let (parsed, call) = unsafe { parse(call)? };
    let args = parsed.args[..parsed.count]
        .iter()
        .map(|arg| OwnedArg::from(*arg))
        .collect();
    let mut owned = OwnedCall::new(parsed.slot, args);
    owned.on_chunk = ChunkSink::of(call)
        .map(|sink| Arc::new(move |chunk: &str| sink.take(chunk)) as osaurus_plugin::SharedChunkFn);
    Ok(owned)
}

unsafe extern "C" fn complete(frame: *const c_void, status: i32, result: Slice) {
    let _ = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the engine holds a reference while it calls, and the bytes are valid during the
        // call.
        match unsafe { (borrow(frame), text(result)) } {
            (EngineFrame::Host(frame), Ok(text)) => frame.complete(status, text.to_owned()),
            (EngineFrame::Host(frame), Err(error)) => {
                frame.complete(osaurus_engine_abi::STATUS_FAILED, error);
            }
            (EngineFrame::Unload(farewell), _) => farewell.complete(),
        }
    }));
}

unsafe extern "C" fn log(_owner: *const c_void, level: i32, message: Slice) {
    let _ = catch_unwind(|| {
        // SAFETY: the message is valid during the call (contract of `ShimApi::log`).
        if let Ok(text) = unsafe { text(message) } {
            osaurus_plugin::log(level, text);
        }
    });
}
