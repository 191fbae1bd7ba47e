//! The 24 host callbacks as the table has them: C functions that check pointers, find out who calls, contain
//! panics, record the call and hand strings over. What a callback does lies in the modules beneath.

mod chunks;
mod completion;
mod config;
mod db;
mod files;
mod http;
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
use crate::plugin::callers;
use crate::plugin::scope;
use crate::plugin::tap;
use osaurus_abi::{HostApi, HostSlot, OnChunk};
use serde_json::json;
use serve::{HostCall, Reply, serve};
use std::ffi::{c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null;
use std::sync::atomic::{AtomicU64, Ordering};

/// Decodes arguments; a required NULL ends the call with NULL before anything else happens.
macro_rules! text_or_return {
    ($pointer:expr) => {
        // SAFETY: as below.
        match unsafe { json::text($pointer) } {
            Some(text) => text,
            None => return,
        }
    };
    ($pointer:expr, $otherwise:expr) => {
        // SAFETY: the ABI promises NULL or a NUL-terminated string that stays readable during the call.
        match unsafe { json::text($pointer) } {
            Some(text) => text,
            None => return $otherwise,
        }
    };
}

unsafe extern "C" fn config_get(key: *const c_char) -> *const c_char {
    let key = text_or_return!(key, null());
    serve(
        HostSlot::ConfigGet,
        || key.clone(),
        |call| config::get(call, &key),
    )
}

unsafe extern "C" fn config_set(key: *const c_char, value: *const c_char) {
    let key = text_or_return!(key);
    let value = text_or_return!(value);
    let request = || json!({"key": key, "value": value}).to_string();
    serve(HostSlot::ConfigSet, request, |call| {
        config::set(call, &key, &value)
    });
}

unsafe extern "C" fn config_delete(key: *const c_char) {
    let key = text_or_return!(key);
    serve(
        HostSlot::ConfigDelete,
        || key.clone(),
        |call| config::delete(call, &key),
    );
}

unsafe extern "C" fn db_exec(sql: *const c_char, params: *const c_char) -> *const c_char {
    let sql = text_or_return!(sql, null());
    // SAFETY: as for every text argument; NULL means no parameters.
    let params = unsafe { json::text(params) };
    let request = || json!({"sql": sql, "params": params}).to_string();
    serve(HostSlot::DbExec, request, |call| {
        db::exec(call, &sql, params.as_deref())
    })
}

unsafe extern "C" fn db_query(sql: *const c_char, params: *const c_char) -> *const c_char {
    let sql = text_or_return!(sql, null());
    // SAFETY: as for every text argument; NULL means no parameters.
    let params = unsafe { json::text(params) };
    let request = || json!({"sql": sql, "params": params}).to_string();
    serve(HostSlot::DbQuery, request, |call| {
        db::query(call, &sql, params.as_deref())
    })
}

unsafe extern "C" fn log_plain(level: c_int, message: *const c_char) {
    let message = text_or_return!(message);
    let request = || log::request(&message, None);
    serve(HostSlot::Log, request, |call| {
        log::write(call, level, &message, None)
    });
}

unsafe extern "C" fn log_structured(level: c_int, message: *const c_char, payload: *const c_char) {
    let message = text_or_return!(message);
    // SAFETY: as for every text argument; NULL means no payload.
    let payload = unsafe { json::text(payload) };
    let payload = payload.as_deref();
    let request = || log::request(&message, payload);
    serve(HostSlot::LogStructured, request, |call| {
        log::write(call, level, &message, payload)
    });
}

unsafe extern "C" fn dispatch(request: *const c_char) -> *const c_char {
    let request = text_or_return!(request, null());
    let mut started = None;
    let reply = serve(
        HostSlot::Dispatch,
        || request.clone(),
        |call| tasks::dispatch(call, &request, &mut started),
    );
    // Events are held until the id is about to be in the plugin's hands.
    if let Some(task) = started {
        // SAFETY: `serve` gave this string, which nobody else has yet.
        unsafe { tap::host_call_ends_already(reply) };
        task.release_events();
    }
    reply
}

unsafe extern "C" fn task_status(id: *const c_char) -> *const c_char {
    let id = text_or_return!(id, null());
    serve(
        HostSlot::TaskStatus,
        || id.clone(),
        |call| tasks::status(call, &id),
    )
}

unsafe extern "C" fn dispatch_cancel(id: *const c_char) {
    let id = text_or_return!(id);
    serve(
        HostSlot::DispatchCancel,
        || id.clone(),
        |call| tasks::cancel(call, &id),
    );
}

unsafe extern "C" fn dispatch_clarify(id: *const c_char, response: *const c_char) {
    let id = text_or_return!(id);
    let response = text_or_return!(response);
    let request = || json!({"task_id": id, "response": response}).to_string();
    serve(HostSlot::DispatchClarify, request, |call| {
        tasks::clarify(call, &id, &response)
    });
}

unsafe extern "C" fn complete(request: *const c_char) -> *const c_char {
    let request = text_or_return!(request, null());
    serve(
        HostSlot::Complete,
        || request.clone(),
        |call| completion::complete(call, &request),
    )
}

unsafe extern "C" fn complete_stream(
    request: *const c_char,
    on_chunk: Option<OnChunk>,
    user_data: *mut c_void,
) -> *const c_char {
    let request = text_or_return!(request, null());
    let sink = chunks::ChunkSink::new(on_chunk, user_data);
    serve(
        HostSlot::CompleteStream,
        || request.clone(),
        |call| stream::stream(call, &request, sink),
    )
}

unsafe extern "C" fn embed(request: *const c_char) -> *const c_char {
    let request = text_or_return!(request, null());
    serve(
        HostSlot::Embed,
        || request.clone(),
        |call| inference::embed(call, &request),
    )
}

unsafe extern "C" fn list_models() -> *const c_char {
    serve(HostSlot::ListModels, String::new, inference::list_models)
}

unsafe extern "C" fn http_request(request: *const c_char) -> *const c_char {
    let request = text_or_return!(request, null());
    serve(
        HostSlot::HttpRequest,
        || request.clone(),
        |call| http::request(call, &request),
    )
}

unsafe extern "C" fn file_read(request: *const c_char) -> *const c_char {
    let request = text_or_return!(request, null());
    serve(
        HostSlot::FileRead,
        || request.clone(),
        |call| files::read(call, &request),
    )
}

unsafe extern "C" fn list_active_tasks() -> *const c_char {
    serve(HostSlot::ListActiveTasks, String::new, tasks::list_active)
}

unsafe extern "C" fn send_draft(id: *const c_char, draft: *const c_char) {
    let id = text_or_return!(id);
    let draft = text_or_return!(draft);
    let request = || json!({"task_id": id, "draft": draft}).to_string();
    serve(HostSlot::SendDraft, request, |call| {
        tasks::send_draft(call, &id, &draft)
    });
}

unsafe extern "C" fn dispatch_interrupt(id: *const c_char, message: *const c_char) {
    let id = text_or_return!(id);
    // SAFETY: as for every text argument; NULL means no message.
    let message = unsafe { json::text(message) };
    let request = || json!({"task_id": id, "message": message}).to_string();
    serve(HostSlot::DispatchInterrupt, request, |call| {
        tasks::interrupt(call, &id, message.as_deref())
    });
}

unsafe extern "C" fn dispatch_add_issue(id: *const c_char, issue: *const c_char) -> *const c_char {
    let id = text_or_return!(id, null());
    // SAFETY: as for every text argument; the issue is only recorded.
    let issue = unsafe { json::text(issue) };
    let request = || json!({"task_id": id, "issue": issue}).to_string();
    serve(HostSlot::DispatchAddIssue, request, tasks::add_issue)
}

unsafe extern "C" fn complete_cancel(stream: *const c_char) {
    let stream = text_or_return!(stream);
    serve(
        HostSlot::CompleteCancel,
        || stream.clone(),
        |call| stream::cancel(call, &stream),
    );
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

unsafe extern "C" fn free_string(text: *const c_char) {
    FREED.fetch_add(1, Ordering::Relaxed);
    // SAFETY: the plugin gives back a string it got from this host (malloc) and owns, or NULL.
    unsafe { libc::free(text.cast_mut().cast()) };
}

/// Stands in the slots that a drafted version adds. Called with whatever the draft says, it looks at nothing of it.
pub(crate) unsafe extern "C" fn not_implemented() -> *const c_char {
    let message = "a function of a drafted ABI version was called; this host does not have it and answers NULL";
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

/// The whole table; older versions have the first part of it.
pub(crate) fn full_table(version: u32) -> HostApi {
    HostApi {
        version,
        config_get: Some(config_get),
        config_set: Some(config_set),
        config_delete: Some(config_delete),
        db_exec: Some(db_exec),
        db_query: Some(db_query),
        log: Some(log_plain),
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
