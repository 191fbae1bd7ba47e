//! The host table inside a helper: settings, database, HTTP and the log go to the host over the
//! link; everything else that returns text answers that it is not there, in an envelope with
//! another shape than the host's own, and what returns nothing does nothing.

use super::link::Link;
use super::protocol;
use crate::common::json::{give, text};
use crate::slots::free_string;
use osaurus_abi::{HostApi, c_type};
use serde_json::{Value, json};
use std::ffi::{c_char, c_int};
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

/// Params with those strings that are not NULL. None when a required one, which come first, is.
///
/// # Safety
/// Each pointer is NULL or a NUL-terminated string that stays readable during the call.
unsafe fn params<const N: usize>(
    required: usize,
    strings: [(&str, *const c_char); N],
) -> Option<Value> {
    let mut params = json!({});
    for (at, (key, pointer)) in strings.into_iter().enumerate() {
        // SAFETY: this function's contract.
        match unsafe { text(pointer) } {
            Some(text) => params[key.strip_suffix("_json").unwrap_or(key)] = text.into(),
            None if at < required => return None,
            None => {}
        }
    }
    Some(params)
}

macro_rules! is_required {
    (string) => {
        1
    };
    (nullable_string) => {
        0
    };
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

/// A function that the host answers.
macro_rules! forwarded {
    ($name:ident($($param:ident: $kind:ident),*) -> $result:ident) => {
        unsafe extern "C" fn $name($($param: c_type!($kind)),*) -> c_type!($result) {
            let required = 0 $(+ is_required!($kind))*;
            // SAFETY: the ABI promises NULL or a string for every string argument.
            let params = unsafe { params(required, [$((stringify!($param), $param)),*]) };
            let method = concat!("host.", stringify!($name));
            result!($result, params.map_or(null(), |params| ask(method, params)))
        }
    };
}

/// A function that has no counterpart here.
macro_rules! unsupported {
    ($name:ident() -> string) => {
        unsafe extern "C" fn $name() -> *const c_char {
            not_supported(stringify!($name))
        }
    };
    ($name:ident($first:ident: string $(, $param:ident: $kind:ident)*) -> string) => {
        unsafe extern "C" fn $name($first: *const c_char $(, _: c_type!($kind))*) -> *const c_char {
            if $first.is_null() {
                return null();
            }
            not_supported(stringify!($name))
        }
    };
    ($name:ident($($param:ident: $kind:ident),*) -> void) => {
        unsafe extern "C" fn $name($(_: c_type!($kind)),*) {}
    };
}

macro_rules! function {
    (log $($rest:tt)*) => {};
    (log_structured $($rest:tt)*) => {};
    (get_active_agent_id $($rest:tt)*) => {};
    (free_string $($rest:tt)*) => {};
    (config_get $($rest:tt)*) => {
        forwarded!(config_get $($rest)*);
    };
    (config_set $($rest:tt)*) => {
        forwarded!(config_set $($rest)*);
    };
    (config_delete $($rest:tt)*) => {
        forwarded!(config_delete $($rest)*);
    };
    (db_exec $($rest:tt)*) => {
        forwarded!(db_exec $($rest)*);
    };
    (db_query $($rest:tt)*) => {
        forwarded!(db_query $($rest)*);
    };
    (http_request $($rest:tt)*) => {
        forwarded!(http_request $($rest)*);
    };
    ($($other:tt)*) => {
        unsupported!($($other)*);
    };
}

macro_rules! functions_and_table {
    ($($name:ident $slot:ident $params:tt -> $result:ident;)*) => {
        $(function!($name $params -> $result);)*

        /// The whole table; older versions have the first part of it.
        pub(super) fn table(version: u32) -> HostApi {
            HostApi {
                version,
                $($name: Some($name),)*
            }
        }
    };
}
osaurus_abi::for_each_host_slot!(functions_and_table);

unsafe extern "C" fn log(level: c_int, message: *const c_char) {
    // SAFETY: the ABI promises NULL or a string for every string argument.
    if let Some(mut params) = unsafe { params(1, [("message", message)]) } {
        params["level"] = level.into();
        tell("host.log", params);
    }
}

unsafe extern "C" fn log_structured(level: c_int, message: *const c_char, payload: *const c_char) {
    // SAFETY: as in log.
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
