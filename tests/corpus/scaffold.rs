//! A first plugin in Rust as templates have it: a mirror of the table up to version 3, results
//! without an envelope, bare errors, and both entries. `cargo` is not needed: one file, no crates.

#![allow(non_camel_case_types)]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::sync::atomic::{AtomicPtr, Ordering};

type Context = *mut c_void;

#[repr(C)]
pub struct osr_plugin_api {
    free_string: Option<extern "C" fn(*const c_char)>,
    init: Option<extern "C" fn() -> Context>,
    destroy: Option<extern "C" fn(Context)>,
    get_manifest: Option<extern "C" fn(Context) -> *const c_char>,
    invoke: Option<extern "C" fn(Context, *const c_char, *const c_char, *const c_char) -> *const c_char>,
    version: u32,
    handle_route: Option<extern "C" fn(Context, *const c_char) -> *const c_char>,
    on_config_changed: Option<extern "C" fn(Context, *const c_char, *const c_char)>,
    on_task_event: Option<extern "C" fn(Context, *const c_char, c_int, *const c_char)>,
}

static HOST: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());

const MANIFEST: &str = r#"{"plugin_id":"dev.example.scaffold","name":"Scaffold","version":"0.1.0","description":"Says hello.",
"min_osaurus":"0.20.3","capabilities":{"tools":[{"id":"hello_world","description":"Returns a greeting.","permission_policy":"ask",
"requirements":[],"parameters":{"type":"object","required":["name"],"additionalProperties":false,
"properties":{"name":{"type":"string","description":"Who to greet."}}}}],
"routes":[{"id":"health","path":"/health","methods":["GET"],"auth":"owner","description":"Says that it runs."}]}}"#;

fn out(text: &str) -> *const c_char {
    CString::new(text).map_or(std::ptr::null(), |text| text.into_raw().cast_const())
}

/// # Safety
/// A NUL-terminated string, or NULL.
unsafe fn read(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

fn string_at(json: &str, key: &str) -> Option<String> {
    let (_, rest) = json.split_once(&format!("\"{key}\""))?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    Some(rest.split_once('"')?.0.to_owned())
}

extern "C" fn free_string(text: *const c_char) {
    if !text.is_null() {
        // SAFETY: made by `out`.
        drop(unsafe { CString::from_raw(text.cast_mut()) });
    }
}

extern "C" fn init() -> Context {
    Box::into_raw(Box::new(0_u64)).cast()
}

extern "C" fn destroy(ctx: Context) {
    if !ctx.is_null() {
        // SAFETY: made by `init`.
        drop(unsafe { Box::from_raw(ctx.cast::<u64>()) });
    }
}

extern "C" fn get_manifest(_: Context) -> *const c_char {
    out(MANIFEST)
}

extern "C" fn invoke(_: Context, kind: *const c_char, id: *const c_char, payload: *const c_char) -> *const c_char {
    // SAFETY: the host's strings.
    let (kind, id, payload) = unsafe { (read(kind), read(id), read(payload)) };
    if kind != "tool" {
        return out(r#"{"error":"Unknown capability type"}"#);
    }
    if id != "hello_world" {
        return out(r#"{"error":"Unknown tool"}"#);
    }
    match string_at(&payload, "name") {
        Some(name) => out(&format!(r#"{{"message":"Hello, {name}!"}}"#)),
        None => out(r#"{"error":"Invalid arguments"}"#),
    }
}

extern "C" fn handle_route(_: Context, _: *const c_char) -> *const c_char {
    out(r#"{"status":200,"headers":{"Content-Type":"application/json"},"body":"{\"status\":\"ok\"}"}"#)
}

extern "C" fn on_config_changed(_: Context, _: *const c_char, _: *const c_char) {}
extern "C" fn on_task_event(_: Context, _: *const c_char, _: c_int, _: *const c_char) {}

static TABLE: osr_plugin_api = osr_plugin_api {
    free_string: Some(free_string),
    init: Some(init),
    destroy: Some(destroy),
    get_manifest: Some(get_manifest),
    invoke: Some(invoke),
    version: 2,
    handle_route: Some(handle_route),
    on_config_changed: Some(on_config_changed),
    on_task_event: Some(on_task_event),
};

#[unsafe(no_mangle)]
pub extern "C" fn osaurus_plugin_entry_v2(host: *mut c_void) -> *const osr_plugin_api {
    HOST.store(host, Ordering::SeqCst);
    &raw const TABLE
}

#[unsafe(no_mangle)]
pub extern "C" fn osaurus_plugin_entry() -> *const osr_plugin_api {
    osaurus_plugin_entry_v2(std::ptr::null_mut())
}
