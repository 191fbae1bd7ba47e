//! The host's functions as a tracked plugin sees them: each records the call, asks the reference
//! host, and hands out strings that are followed.

use super::answers::{Answer, Asked};
use super::frames::Frame;
use super::record::{Argument, Side};
use super::{Tracker, current};
use osaurus_abi::{HostApi, HostSlot, OnChunk, c_type};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::null;

/// The function of a slot, unless it is one of those below.
macro_rules! function {
    (log $($rest:tt)*) => {};
    (log_structured $($rest:tt)*) => {};
    (complete_stream $($rest:tt)*) => {};
    (free_string $($rest:tt)*) => {};
    ($name:ident $slot:ident($($param:ident: $kind:ident),*) -> string) => {
        unsafe extern "C" fn $name($($param: c_type!($kind)),*) -> *const c_char {
            // SAFETY: the arguments are the plugin's, as the ABI describes them.
            unsafe {
                ask(HostSlot::$slot, [$($param),*], |real, [$($param),*]| {
                    real.$name.map_or(null(), |function| function($($param),*))
                })
            }
        }
    };
    ($name:ident $slot:ident($($param:ident: $kind:ident),*) -> void) => {
        unsafe extern "C" fn $name($($param: c_type!($kind)),*) {
            // SAFETY: as above.
            unsafe {
                tell(HostSlot::$slot, None, [$($param),*], |real, [$($param),*]| {
                    if let Some(function) = real.$name {
                        function($($param),*);
                    }
                });
            }
        }
    };
}

macro_rules! functions_and_table {
    ($($name:ident $slot:ident $params:tt -> $result:ident;)*) => {
        $(function!($name $slot $params -> $result);)*

        /// The tracked functions as a table of this version.
        pub(super) fn all(version: u32) -> HostApi {
            HostApi {
                version,
                $($name: Some($name),)*
            }
        }
    };
}
osaurus_abi::for_each_host_slot!(functions_and_table);

unsafe extern "C" fn log(level: c_int, message: *const c_char) {
    // SAFETY: the argument is the plugin's, as the ABI describes it.
    unsafe {
        tell(HostSlot::Log, Some(level), [message], |real, [message]| {
            if let Some(function) = real.log {
                function(level, message);
            }
        });
    }
}

unsafe extern "C" fn log_structured(level: c_int, message: *const c_char, payload: *const c_char) {
    let strings = [message, payload];
    // SAFETY: as above.
    unsafe {
        tell(
            HostSlot::LogStructured,
            Some(level),
            strings,
            |real, [message, payload]| {
                if let Some(function) = real.log_structured {
                    function(level, message, payload);
                }
            },
        );
    }
}

/// The plugin's own chunk callback, which ours calls in a frame.
struct Chunks {
    receive: OnChunk,
    user_data: *mut c_void,
}

unsafe extern "C" fn complete_stream(
    request: *const c_char,
    on_chunk: Option<OnChunk>,
    user_data: *mut c_void,
) -> *const c_char {
    let chunks = on_chunk.map(|receive| Chunks { receive, user_data });
    // SAFETY: `chunks` lives until the call returns, and the reference host makes no chunk call
    // after that.
    unsafe {
        ask(HostSlot::CompleteStream, [request], |real, [request]| {
            let Some(function) = real.complete_stream else {
                return null();
            };
            let data = chunks.as_ref().map_or(null(), std::ptr::from_ref);
            let receive: Option<OnChunk> = chunks.is_some().then_some(receive_chunk);
            function(request, receive, data.cast_mut().cast())
        })
    }
}

unsafe extern "C" fn receive_chunk(chunk: *const c_char, data: *mut c_void) {
    // SAFETY: `data` is what complete_stream gave the host.
    let chunks = unsafe { &*data.cast::<Chunks>() };
    let Some(tracker) = current() else { return };
    // SAFETY: the host's chunk is a string.
    let arguments = unsafe { vec![argument(chunk)] };
    let record = tracker
        .records
        .begin(Side::Plugin, ("on_chunk", None), arguments);
    let frame = Frame::enter(record.number, "on_chunk");
    // SAFETY: the plugin's own function with its own data, as it asked for.
    unsafe { (chunks.receive)(chunk, chunks.user_data) };
    drop(frame);
    tracker.records.end(&record, None, 0);
}

unsafe extern "C" fn free_string(text: *const c_char) {
    let Some(tracker) = current() else { return };
    let slot = HostSlot::FreeString;
    // What it points to may be no string any more: the address says which one it was.
    let arguments = vec![Argument::Number(text as i64)];
    let record = tracker
        .records
        .begin(Side::Host, (slot.name(), Some(slot)), arguments);
    if let Some(call) = tracker.records.call(&record) {
        tracker.strings.take_back(text, &call);
    }
    tracker.records.end(&record, None, 0);
}

/// Records a call, gets the answer and hands it out.
///
/// # Safety
/// Each argument must be NULL or a string, or one that the plugin got from this host and has freed.
unsafe fn ask<const N: usize>(
    slot: HostSlot,
    pointers: [*const c_char; N],
    call: impl FnOnce(&HostApi, [*const c_char; N]) -> *const c_char,
) -> *const c_char {
    let Some(tracker) = current() else {
        return null();
    };
    let pointers = tracker.alive(slot, pointers);
    // SAFETY: by contract, and freed ones were replaced.
    let arguments = unsafe { pointers.map(|text| argument(text)).to_vec() };
    let record = tracker
        .records
        .begin(Side::Host, (slot.name(), Some(slot)), arguments);
    let answer = tracker.answer_of(slot, |real| call(real, pointers));
    let made_by = tracker.records.call(&record);
    let pointer = match (&answer, made_by) {
        (Some(bytes), Some(call)) => tracker.strings.give(bytes, &call),
        _ => null(),
    };
    tracker
        .records
        .end(&record, answer.as_deref(), pointer as usize);
    pointer
}

/// Records a call that returns nothing.
///
/// # Safety
/// As for `ask`.
unsafe fn tell<const N: usize>(
    slot: HostSlot,
    level: Option<c_int>,
    pointers: [*const c_char; N],
    call: impl FnOnce(&HostApi, [*const c_char; N]),
) {
    let Some(tracker) = current() else { return };
    let pointers = tracker.alive(slot, pointers);
    let level = level.map(|level| Argument::Number(level.into()));
    // SAFETY: by contract, and freed ones were replaced.
    let strings = unsafe { pointers.map(|text| argument(text)) };
    let arguments = level.into_iter().chain(strings).collect();
    let record = tracker
        .records
        .begin(Side::Host, (slot.name(), Some(slot)), arguments);
    call(&tracker.real, pointers);
    tracker.records.end(&record, None, 0);
}

impl Tracker {
    /// The arguments, with copies in the place of strings that the plugin has freed.
    fn alive<const N: usize>(
        &self,
        slot: HostSlot,
        pointers: [*const c_char; N],
    ) -> [*const c_char; N] {
        pointers.map(|text| self.strings.readable(text, slot))
    }

    fn answer_of(
        &self,
        slot: HostSlot,
        call: impl FnOnce(&HostApi) -> *const c_char,
    ) -> Option<Vec<u8>> {
        let decision = self.decide(slot);
        match decision {
            Answer::Null => return None,
            Answer::Text(text) => return Some(text.into_bytes()),
            Answer::After(time) => std::thread::sleep(time),
            Answer::Host => {}
        }
        let text = call(&self.real);
        if text.is_null() {
            return None;
        }
        // SAFETY: the reference host returns malloc'ed strings that are the caller's.
        let bytes = unsafe { CStr::from_ptr(text) }.to_bytes().to_vec();
        // SAFETY: as above, and it is freed this once.
        unsafe { libc::free(text.cast_mut().cast()) };
        Some(bytes)
    }

    fn decide(&self, slot: HostSlot) -> Answer {
        let answers = self.answers.read();
        let answers = answers.unwrap_or_else(std::sync::PoisonError::into_inner);
        let before = self.strings.count_asked();
        answers.as_ref().map_or(Answer::Host, |answers| {
            answers.decide(Asked { slot, before })
        })
    }
}

/// # Safety
/// `text` must be NULL or a string.
pub(super) unsafe fn argument(text: *const c_char) -> Argument {
    if text.is_null() {
        return Argument::Null;
    }
    // SAFETY: by contract.
    Argument::Text(unsafe { CStr::from_ptr(text) }.to_bytes().to_vec())
}
