//! The host table: `config_get` answers a short string, `log` writes to stderr, all else is silent. Knows no plugin.

use osaurus_abi::{HostApi, OnChunk};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

/// Lines below this level are dropped. Errors are 4, warnings 3.
static LOG_FROM: AtomicI32 = AtomicI32::new(3);

/// Shows log lines of this level and above (default 3, warnings) on stderr.
pub fn log_from(level: i32) {
    LOG_FROM.store(level, Ordering::Relaxed);
}

/// The table, of version 6. It lives for ever.
pub fn table() -> &'static HostApi {
    &TABLE
}

unsafe extern "C" fn config_get(_key: *const c_char) -> *const c_char {
    // SAFETY: the literal is NUL-terminated; the plugin frees the copy with `free_string`.
    unsafe { libc::strdup(c"twenty bytes of text".as_ptr()) }
}
unsafe extern "C" fn free_string(text: *const c_char) {
    // SAFETY: only strings made by `config_get` come back here.
    unsafe { libc::free(text as *mut c_void) }
}
unsafe extern "C" fn log(level: c_int, message: *const c_char) {
    if level >= LOG_FROM.load(Ordering::Relaxed) {
        // SAFETY: the plugin passes a NUL-terminated string.
        let message = unsafe { CStr::from_ptr(message) };
        eprintln!("[{level}] {}", message.to_string_lossy());
    }
}
unsafe extern "C" fn log_structured(level: c_int, message: *const c_char, _payload: *const c_char) {
    // SAFETY: same contract as `log`.
    unsafe { log(level, message) }
}
unsafe extern "C" fn none0() -> *const c_char {
    ptr::null()
}
unsafe extern "C" fn none1(_: *const c_char) -> *const c_char {
    ptr::null()
}
unsafe extern "C" fn none2(_: *const c_char, _: *const c_char) -> *const c_char {
    ptr::null()
}
unsafe extern "C" fn void1(_: *const c_char) {}
unsafe extern "C" fn void2(_: *const c_char, _: *const c_char) {}
unsafe extern "C" fn stream(_: *const c_char, _: Option<OnChunk>, _: *mut c_void) -> *const c_char {
    ptr::null()
}

static TABLE: HostApi = HostApi {
    version: 6,
    config_get: Some(config_get),
    config_set: Some(void2),
    config_delete: Some(void1),
    db_exec: Some(none2),
    db_query: Some(none2),
    log: Some(log),
    dispatch: Some(none1),
    task_status: Some(none1),
    dispatch_cancel: Some(void1),
    dispatch_clarify: Some(void2),
    complete: Some(none1),
    complete_stream: Some(stream),
    embed: Some(none1),
    list_models: Some(none0),
    http_request: Some(none1),
    file_read: Some(none1),
    list_active_tasks: Some(none0),
    send_draft: Some(void2),
    dispatch_interrupt: Some(void2),
    dispatch_add_issue: Some(none2),
    complete_cancel: Some(void1),
    get_active_agent_id: Some(none0),
    log_structured: Some(log_structured),
    free_string: Some(free_string),
};
