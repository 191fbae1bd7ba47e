//! The host's functions as a tracked plugin sees them: each records the call, asks the reference host, and hands out
//! strings that are followed.

use super::answers::{Answer, Asked};
use super::frames::Frame;
use super::record::{Argument, Side};
use super::{Tracker, current};
use osaurus_abi::{HostApi, HostSlot, OnChunk};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::null;

/// A function that takes strings and returns one.
macro_rules! asking {
    ($name:ident, $slot:ident, $($argument:ident),*) => {
        unsafe extern "C" fn $name($($argument: *const c_char),*) -> *const c_char {
            // SAFETY: the arguments are the plugin's, as the ABI describes them.
            unsafe {
                ask(HostSlot::$slot, [$($argument),*], |real, [$($argument),*]| {
                    real.$name.map_or(null(), |function| function($($argument),*))
                })
            }
        }
    };
}

/// A function that takes strings and returns nothing.
macro_rules! telling {
    ($name:ident, $slot:ident, $($argument:ident),*) => {
        unsafe extern "C" fn $name($($argument: *const c_char),*) {
            // SAFETY: as above.
            unsafe {
                tell(HostSlot::$slot, None, [$($argument),*], |real, [$($argument),*]| {
                    if let Some(function) = real.$name {
                        function($($argument),*);
                    }
                });
            }
        }
    };
}

asking!(config_get, ConfigGet, key);
telling!(config_set, ConfigSet, key, value);
telling!(config_delete, ConfigDelete, key);
asking!(db_exec, DbExec, sql, parameters);
asking!(db_query, DbQuery, sql, parameters);
asking!(dispatch, Dispatch, request);
asking!(task_status, TaskStatus, id);
telling!(dispatch_cancel, DispatchCancel, id);
telling!(dispatch_clarify, DispatchClarify, id, response);
asking!(complete, Complete, request);
asking!(embed, Embed, request);
asking!(list_models, ListModels,);
asking!(http_request, HttpRequest, request);
asking!(file_read, FileRead, request);
asking!(list_active_tasks, ListActiveTasks,);
telling!(send_draft, SendDraft, id, draft);
telling!(dispatch_interrupt, DispatchInterrupt, id, message);
asking!(dispatch_add_issue, DispatchAddIssue, id, issue);
telling!(complete_cancel, CompleteCancel, stream);
asking!(get_active_agent_id, GetActiveAgentId,);

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
    let given = [message, payload];
    // SAFETY: as above.
    unsafe {
        tell(
            HostSlot::LogStructured,
            Some(level),
            given,
            |real, [message, payload]| {
                if let Some(function) = real.log_structured {
                    function(level, message, payload);
                }
            },
        );
    }
}

/// The plugin's own way to receive chunks, behind one that gives it a frame.
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
    // SAFETY: `chunks` lives until the call returns, and the reference host makes no chunk call after that.
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
    let begun = tracker
        .records
        .begin(Side::Plugin, ("on_chunk", None), arguments);
    let frame = Frame::enter(begun.number, "on_chunk");
    // SAFETY: the plugin's own function with its own data, as it asked for.
    unsafe { (chunks.receive)(chunk, chunks.user_data) };
    drop(frame);
    tracker.records.end(&begun, None, 0);
}

unsafe extern "C" fn free_string(text: *const c_char) {
    let Some(tracker) = current() else { return };
    let slot = HostSlot::FreeString;
    // What it points to may be no string any more: the address says which one it was.
    let arguments = vec![Argument::Number(text as i64)];
    let begun = tracker
        .records
        .begin(Side::Host, (slot.name(), Some(slot)), arguments);
    if let Some(call) = tracker.records.call(&begun) {
        tracker.strings.take_back(text, &call);
    }
    tracker.records.end(&begun, None, 0);
}

/// Records a call, gets the answer and hands it out.
///
/// # Safety
/// Each argument must be NULL or a string, or one that the plugin got from this host and has freed.
unsafe fn ask<const N: usize>(
    slot: HostSlot,
    given: [*const c_char; N],
    call: impl FnOnce(&HostApi, [*const c_char; N]) -> *const c_char,
) -> *const c_char {
    let Some(tracker) = current() else {
        return null();
    };
    let given = tracker.alive(slot, given);
    // SAFETY: by contract, and freed ones were replaced.
    let arguments = unsafe { given.map(|text| argument(text)).to_vec() };
    let begun = tracker
        .records
        .begin(Side::Host, (slot.name(), Some(slot)), arguments);
    let answer = tracker.answer_of(slot, |real| call(real, given));
    let made_by = tracker.records.call(&begun);
    let pointer = match (&answer, made_by) {
        (Some(bytes), Some(call)) => tracker.strings.give(bytes, &call),
        _ => null(),
    };
    tracker
        .records
        .end(&begun, answer.as_deref(), pointer as usize);
    pointer
}

/// Records a call that returns nothing.
///
/// # Safety
/// As for `ask`.
unsafe fn tell<const N: usize>(
    slot: HostSlot,
    level: Option<c_int>,
    given: [*const c_char; N],
    call: impl FnOnce(&HostApi, [*const c_char; N]),
) {
    let Some(tracker) = current() else { return };
    let given = tracker.alive(slot, given);
    let level = level.map(|level| Argument::Number(level.into()));
    // SAFETY: by contract, and freed ones were replaced.
    let texts = unsafe { given.map(|text| argument(text)) };
    let arguments = level.into_iter().chain(texts).collect();
    let begun = tracker
        .records
        .begin(Side::Host, (slot.name(), Some(slot)), arguments);
    call(&tracker.real, given);
    tracker.records.end(&begun, None, 0);
}

impl Tracker {
    /// The arguments, with copies in the place of strings that the plugin has freed.
    fn alive<const N: usize>(
        &self,
        slot: HostSlot,
        given: [*const c_char; N],
    ) -> [*const c_char; N] {
        given.map(|text| self.strings.readable(text, slot))
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

/// The tracked functions as a table of this version.
pub(super) fn all(version: u32) -> HostApi {
    HostApi {
        version,
        config_get: Some(config_get),
        config_set: Some(config_set),
        config_delete: Some(config_delete),
        db_exec: Some(db_exec),
        db_query: Some(db_query),
        log: Some(log),
        dispatch: Some(dispatch),
        task_status: Some(task_status),
        dispatch_cancel: Some(dispatch_cancel),
        dispatch_clarify: Some(dispatch_clarify),
        complete: Some(complete),
        complete_stream: Some(complete_stream),
        embed: Some(embed),
        list_models: Some(list_models),
        http_request: Some(http_request),
        file_read: Some(file_read),
        list_active_tasks: Some(list_active_tasks),
        send_draft: Some(send_draft),
        dispatch_interrupt: Some(dispatch_interrupt),
        dispatch_add_issue: Some(dispatch_add_issue),
        complete_cancel: Some(complete_cancel),
        get_active_agent_id: Some(get_active_agent_id),
        log_structured: Some(log_structured),
        free_string: Some(free_string),
    }
}
