//! The host table inside a helper: settings, database, HTTP and the log go to the host over the link; everything else
//! that returns text answers that it is not there, in an envelope with another shape than the host's own, and what
//! returns nothing does nothing.

use super::link::Link;
use super::protocol;
use crate::common::json::{give, text};
use osaurus_abi::{HostApi, OnChunk};
use serde_json::{Value, json};
use std::ffi::{c_char, c_int, c_void};
use std::ptr::null;

/// Calls the host; the text it answers is the plugin's.
fn ask(method: &str, params: Value) -> *const c_char {
    let answer = Link::get().and_then(|link| link.call(method, params));
    answer.map_or(null(), |text| give(&text))
}

fn tell(method: &str, params: Value) {
    if let Some(link) = Link::get() {
        link.send(&protocol::notice(method, params));
    }
}

/// Params with those texts that are not NULL. None when a required one, which come first, is.
///
/// # Safety
/// Each pointer is NULL or a NUL-terminated string that stays readable during the call.
unsafe fn params<const N: usize>(
    required: usize,
    texts: [(&str, *const c_char); N],
) -> Option<Value> {
    let mut params = json!({});
    for (at, (key, pointer)) in texts.into_iter().enumerate() {
        // SAFETY: this function's contract.
        match unsafe { text(pointer) } {
            Some(text) => params[key] = text.into(),
            None if at < required => return None,
            None => {}
        }
    }
    Some(params)
}

unsafe extern "C" fn config_get(key: *const c_char) -> *const c_char {
    // SAFETY: the ABI promises NULL or a string for every text argument, here and below.
    let params = unsafe { params(1, [("key", key)]) };
    params.map_or(null(), |params| ask("host.config_get", params))
}

unsafe extern "C" fn config_set(key: *const c_char, value: *const c_char) {
    // SAFETY: as in config_get.
    if let Some(params) = unsafe { params(2, [("key", key), ("value", value)]) } {
        ask("host.config_set", params);
    }
}

unsafe extern "C" fn config_delete(key: *const c_char) {
    // SAFETY: as in config_get.
    if let Some(params) = unsafe { params(1, [("key", key)]) } {
        ask("host.config_delete", params);
    }
}

unsafe extern "C" fn db_exec(sql: *const c_char, values: *const c_char) -> *const c_char {
    // SAFETY: as in config_get.
    let params = unsafe { params(1, [("sql", sql), ("params", values)]) };
    params.map_or(null(), |params| ask("host.db_exec", params))
}

unsafe extern "C" fn db_query(sql: *const c_char, values: *const c_char) -> *const c_char {
    // SAFETY: as in config_get.
    let params = unsafe { params(1, [("sql", sql), ("params", values)]) };
    params.map_or(null(), |params| ask("host.db_query", params))
}

unsafe extern "C" fn http_request(request: *const c_char) -> *const c_char {
    // SAFETY: as in config_get.
    let params = unsafe { params(1, [("request", request)]) };
    params.map_or(null(), |params| ask("host.http_request", params))
}

unsafe extern "C" fn log(level: c_int, message: *const c_char) {
    // SAFETY: as in config_get.
    if let Some(mut params) = unsafe { params(1, [("message", message)]) } {
        params["level"] = level.into();
        tell("host.log", params);
    }
}

unsafe extern "C" fn log_structured(level: c_int, message: *const c_char, payload: *const c_char) {
    // SAFETY: as in config_get.
    if let Some(mut params) = unsafe { params(1, [("message", message), ("payload", payload)]) } {
        params["level"] = level.into();
        tell("host.log_structured", params);
    }
}

unsafe extern "C" fn get_active_agent_id() -> *const c_char {
    let agent = Link::get().and_then(Link::agent);
    agent.map_or(null(), |agent| give(&agent))
}

fn not_supported(slot: &str) -> *const c_char {
    let message = format!("{slot} is not available when a plugin runs in a helper process.");
    let error = json!({"code": "not_supported_out_of_process", "message": message});
    give(&json!({"error": error}).to_string())
}

/// Slots with one required text argument that have no counterpart here.
macro_rules! unsupported {
    ($($name:ident($($more:ident: $type:ty),*);)*) => {
        $(unsafe extern "C" fn $name(request: *const c_char $(, $more: $type)*) -> *const c_char {
            $(let _ = $more;)*
            if request.is_null() {
                return null();
            }
            not_supported(stringify!($name))
        })*
    };
}

unsupported! {
    dispatch();
    task_status();
    complete();
    complete_stream(on_chunk: Option<OnChunk>, user_data: *mut c_void);
    embed();
    file_read();
    dispatch_add_issue(issue: *const c_char);
}

unsafe extern "C" fn list_models() -> *const c_char {
    not_supported("list_models")
}

unsafe extern "C" fn list_active_tasks() -> *const c_char {
    not_supported("list_active_tasks")
}

unsafe extern "C" fn nothing(_id: *const c_char) {}

unsafe extern "C" fn nothing_of_two(_id: *const c_char, _text: *const c_char) {}

/// The whole table; older versions have the first part of it.
pub(super) fn table(version: u32) -> HostApi {
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
        dispatch_cancel: Some(nothing),
        dispatch_clarify: Some(nothing_of_two),
        complete: Some(complete),
        complete_stream: Some(complete_stream),
        embed: Some(embed),
        list_models: Some(list_models),
        http_request: Some(http_request),
        file_read: Some(file_read),
        list_active_tasks: Some(list_active_tasks),
        send_draft: Some(nothing_of_two),
        dispatch_interrupt: Some(nothing_of_two),
        dispatch_add_issue: Some(dispatch_add_issue),
        complete_cancel: Some(nothing),
        get_active_agent_id: Some(get_active_agent_id),
        log_structured: Some(log_structured),
        free_string: crate::slots::full_table(version).free_string,
    }
}
