//! How copies of this library find the Node that one of them has started: the starter makes its
//! symbols visible to the process, and the others call its function. Used by `embedded` and
//! `launch`.
use super::process::{self, Running, START};
use crate::loader::Library;
use std::ffi::c_void;

/// Changes when what the function means changes.
const SYMBOL: &std::ffi::CStr = c"osaurus_bridge_node_v1";
/// More than a description is long.
const ROOM: usize = 16 << 10;

type Function = unsafe extern "C" fn(*const u8, usize, *mut u8, usize) -> isize;

/// With a message: passes it to the bootstrap, and returns 0 or -1. Without one: writes a
/// description of the running Node and returns its length, or 0 when this copy has started none, or
/// minus the length of why its start failed.
///
/// # Safety
/// Both places hold as many bytes as their lengths say.
// SAFETY: a name of this project's own; copies of this library that are not visible to the process
// keep theirs apart.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn osaurus_bridge_node_v1(
    message: *const u8,
    len: usize,
    answer: *mut u8,
    room: usize,
) -> isize {
    if len > 0 {
        // SAFETY: the caller's promise.
        let bytes = unsafe { std::slice::from_raw_parts(message, len) };
        let reply = std::str::from_utf8(bytes).map(process::tell);
        return if matches!(reply, Ok(Ok(()))) { 0 } else { -1 };
    }
    let (text, sign) = match process::started() {
        None => return 0,
        Some(Ok(running)) => (serde_json::to_string(&running).unwrap_or_default(), 1),
        Some(Err(why)) => (why, -1),
    };
    let len = text.len().min(room);
    // SAFETY: the caller's promise; the text is as long, and apart from the caller's memory.
    unsafe { std::ptr::copy_nonoverlapping(text.as_ptr(), answer, len) };
    sign * len as isize
}

fn function() -> Option<Function> {
    let symbol = Library::PROCESS.symbol(SYMBOL)?;
    // SAFETY: the name, with its version, belongs to a function of this type alone.
    Some(unsafe { std::mem::transmute::<*mut c_void, Function>(symbol) })
}

/// The Node in this process, whichever copy of this library has started it.
///
/// # Errors
/// A sentence: its start has failed, or it is not ours.
pub fn running() -> Result<Option<Running>, String> {
    if let Some(function) = function() {
        let mut answer = vec![0; ROOM];
        // SAFETY: the answer has the room that is given.
        let len = unsafe { function(std::ptr::null(), 0, answer.as_mut_ptr(), ROOM) };
        answer.truncate(len.unsigned_abs());
        let text = String::from_utf8_lossy(&answer);
        match len {
            1.. => {
                return serde_json::from_str(&text)
                    .map(Some)
                    .map_err(|error| error.to_string());
            }
            ..0 => return Err(format!("Node was tried in this process before: {text}")),
            0 => {}
        }
    }
    match Library::PROCESS.symbol(START) {
        Some(_) => Err("this process has a Node of its own, and can hold only one".into()),
        None => Ok(None),
    }
}

/// Tells the bootstrap something.
pub fn tell(message: &str) -> std::io::Result<()> {
    let lost = || std::io::Error::other("the Node in this process does not listen");
    let function = function().ok_or_else(lost)?;
    // SAFETY: the message has the length that is given; no answer is written for one.
    let length = unsafe { function(message.as_ptr(), message.len(), std::ptr::null_mut(), 0) };
    (length == 0).then_some(()).ok_or_else(lost)
}
