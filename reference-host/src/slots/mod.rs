//! The host's callbacks as the table has them: C functions that check pointers, find out who calls,
//! contain panics, record the call and hand strings over. What a callback does is in the modules
//! beneath.

mod chunks;
mod completion;
mod config;
mod db;
mod files;
mod http;
mod http_request;
mod inference;
mod log;
mod requirements;
mod serve;
mod stream;
mod tasks;
mod uniform;

pub use uniform::Answers;
pub(crate) use uniform::{answering_table, tapped_table};

use crate::common::json;
use crate::plugin::boundary::tap;
use crate::plugin::calls::callers;
use crate::plugin::calls::scope;
use osaurus_abi::{HostApi, HostSlot, OnChunk, c_type};
use serde_json::{Map, Value, json};
use serve::{HostCall, Reply, serve};
use std::ffi::{c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null;
use std::sync::atomic::{AtomicU64, Ordering};

/// What the host's functions do, each under its slot's name, except for those below with a callback
/// of their own.
mod calls {
    pub(super) use super::{
        completion::*, config::*, db::*, files::*, http::*, inference::*, stream::*, tasks::*,
    };
}

/// The value that a callback returns.
macro_rules! result {
    (string, $answer:expr) => {
        $answer
    };
    (void, $answer:expr) => {{
        let _ = $answer;
    }};
}

/// Decodes an argument; a required string that is NULL ends the call before anything else happens.
macro_rules! argument {
    ($param:ident: nullable_string, $result:ident) => {
        // SAFETY: as below.
        unsafe { json::text($param) }
    };
    ($param:ident: string, $result:ident) => {
        // SAFETY: the ABI promises NULL or a NUL-terminated string that stays readable during the
        // call.
        match unsafe { json::text($param) } {
            Some(text) => text,
            None => return result!($result, null::<c_char>()),
        }
    };
}

macro_rules! borrowed {
    ($param:ident: nullable_string) => {
        $param.as_deref()
    };
    ($param:ident: string) => {
        $param.as_str()
    };
}

/// The request as the record has it: the only argument as it is, or an object of all.
macro_rules! request {
    () => {
        String::new()
    };
    ($param:ident) => {
        $param.clone()
    };
    ($($param:ident),+) => {{
        let mut request = Map::new();
        $(request.insert(parameter_name(stringify!($param)), json!($param));)+
        Value::Object(request).to_string()
    }};
}

/// `params_json` to `params`.
fn parameter_name(name: &str) -> String {
    name.strip_suffix("_json").unwrap_or(name).to_owned()
}

/// The callback of a slot, unless it is one of those below.
macro_rules! callback {
    (log $($rest:tt)*) => {};
    (log_structured $($rest:tt)*) => {};
    (dispatch $($rest:tt)*) => {};
    (complete_stream $($rest:tt)*) => {};
    (get_active_agent_id $($rest:tt)*) => {};
    (free_string $($rest:tt)*) => {};
    ($name:ident $slot:ident($($param:ident: $kind:ident),*) -> $result:ident) => {
        unsafe extern "C" fn $name($($param: c_type!($kind)),*) -> c_type!($result) {
            $(let $param = argument!($param: $kind, $result);)*
            let answer = serve(
                HostSlot::$slot,
                || request!($($param),*),
                |call| calls::$name(call, $(borrowed!($param: $kind)),*),
            );
            result!($result, answer)
        }
    };
}

macro_rules! callbacks_and_table {
    ($($name:ident $slot:ident $params:tt -> $result:ident;)*) => {
        $(callback!($name $slot $params -> $result);)*

        /// The whole table; older versions have the first part of it.
        pub(crate) fn full_table(version: u32) -> HostApi {
            HostApi {
                version,
                $($name: Some($name),)*
            }
        }
    };
}
osaurus_abi::for_each_host_slot!(callbacks_and_table);

unsafe extern "C" fn log(level: c_int, message: *const c_char) {
    let message = argument!(message: string, void);
    let request = || log::request(&message, None);
    serve(HostSlot::Log, request, |call| {
        log::write(call, level, &message, None)
    });
}

unsafe extern "C" fn log_structured(level: c_int, message: *const c_char, payload: *const c_char) {
    let message = argument!(message: string, void);
    let payload = argument!(payload: nullable_string, void);
    let payload = payload.as_deref();
    let request = || log::request(&message, payload);
    serve(HostSlot::LogStructured, request, |call| {
        log::write(call, level, &message, payload)
    });
}

unsafe extern "C" fn dispatch(request: *const c_char) -> *const c_char {
    let request = argument!(request: string, string);
    let mut started = None;
    let reply = serve(
        HostSlot::Dispatch,
        || request.clone(),
        |call| calls::dispatch(call, &request, &mut started),
    );
    // Events are held until the id is about to be in the plugin's hands.
    if let Some(task) = started {
        // SAFETY: `serve` gave this string, which nothing else has yet.
        unsafe { tap::host_call_ends_already(reply) };
        task.release_events();
    }
    reply
}

unsafe extern "C" fn complete_stream(
    request: *const c_char,
    on_chunk: Option<OnChunk>,
    user_data: *mut c_void,
) -> *const c_char {
    let request = argument!(request: string, string);
    let sink = chunks::ChunkSink::new(on_chunk, user_data);
    serve(
        HostSlot::CompleteStream,
        || request.clone(),
        |call| stream::stream(call, &request, sink),
    )
}

/// Needs no plugin context: the thread's agent is all it looks at.
unsafe extern "C" fn get_active_agent_id() -> *const c_char {
    let agent = catch_unwind(scope::current_agent).unwrap_or_default();
    let answer = |_: &HostCall| agent.map_or(Reply::Null, |agent| Reply::Text(agent.to_string()));
    match (callers::resolve().caller, agent) {
        (Some(_), _) => serve(HostSlot::GetActiveAgentId, String::new, answer),
        (None, Some(agent)) => json::give(&agent.to_string()),
        (None, None) => null(),
    }
}

static FREED: AtomicU64 = AtomicU64::new(0);

/// How many strings plugins of this process have given back through the host table's `free_string`.
pub fn strings_freed() -> u64 {
    FREED.load(Ordering::Relaxed)
}

pub(crate) unsafe extern "C" fn free_string(text: *const c_char) {
    FREED.fetch_add(1, Ordering::Relaxed);
    // SAFETY: the plugin gives back a string it got from this host (malloc) and owns, or NULL.
    unsafe { libc::free(text.cast_mut().cast()) };
}

/// Fills the slots that a drafted version adds. Called with whatever the draft says, it looks at
/// nothing of it.
pub(crate) unsafe extern "C" fn not_implemented() -> *const c_char {
    let message = "a function of a drafted ABI version was called; this host does not have it and \
                   answers NULL";
    let warn = || {
        if let Some(caller) = callers::resolve().caller {
            caller
                .context
                .warn_once("drafted_slot", scope::current_agent(), message);
        }
    };
    let _ = catch_unwind(AssertUnwindSafe(warn));
    null()
}
