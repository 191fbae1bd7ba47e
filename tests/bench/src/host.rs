//! The leanest host there can be: `config_get` answers a short string, `log` writes to stderr, all else is silent.
//! The bench calls plugins straight through their tables, so that only the plugin's side is measured.

use osaurus_abi::{HostApi, OnChunk, PluginApi, PluginCtx};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr;

unsafe extern "C" fn config_get(_key: *const c_char) -> *const c_char {
    // SAFETY: the literal is NUL-terminated; the plugin frees the copy with `free_string`.
    unsafe { libc::strdup(c"twenty bytes of text".as_ptr()) }
}
unsafe extern "C" fn free_string(text: *const c_char) {
    // SAFETY: only strings made by `config_get` come back here.
    unsafe { libc::free(text as *mut c_void) }
}
unsafe extern "C" fn log(level: c_int, message: *const c_char) {
    if level >= 3 || std::env::var_os("BENCH_LOG").is_some() {
        // SAFETY: the plugin passes a NUL-terminated string.
        eprintln!(
            "[{level}] {}",
            unsafe { CStr::from_ptr(message) }.to_string_lossy()
        );
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

static HOST: HostApi = HostApi {
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

/// A loaded plugin, called without anything in between.
pub struct Plugin {
    api: PluginApi,
    ctx: PluginCtx,
}

impl Plugin {
    /// Opens a library, calls entry, `init` and `get_manifest`, as a host does at start.
    pub fn load(path: &Path) -> Result<Self, String> {
        // SAFETY: the library is a plugin built for this bench; its initialisers do nothing.
        let library = unsafe { libloading::Library::new(path) }.map_err(|e| e.to_string())?;
        type Entry = unsafe extern "C" fn(*const HostApi) -> *const PluginApi;
        // SAFETY: the symbol has this type by the ABI.
        let entry =
            unsafe { library.get::<Entry>(osaurus_abi::ENTRY_V2) }.map_err(|e| e.to_string())?;
        // SAFETY: HOST lives for ever and says version 6; a version 2 plugin table is 72 bytes.
        let api = unsafe { entry(&HOST).as_ref().copied() }.ok_or("entry returned NULL")?;
        let init = api.init.ok_or("no init")?;
        // SAFETY: called once, before anything else.
        let ctx = unsafe { init() };
        std::mem::forget(library);
        let plugin = Self { api, ctx };
        plugin.manifest().map(|_| plugin)
    }

    fn manifest(&self) -> Result<String, String> {
        let get = self.api.get_manifest.ok_or("no get_manifest")?;
        // SAFETY: `ctx` came from `init`.
        self.take(unsafe { get(self.ctx) })
            .ok_or_else(|| "no manifest".into())
    }

    /// Calls a tool on this thread.
    pub fn invoke(&self, tool: &CStr, payload: &CStr) -> Option<String> {
        let invoke = self.api.invoke?;
        // SAFETY: `ctx` came from `init`, the strings live through the call.
        self.take(unsafe { invoke(self.ctx, c"tool".as_ptr(), tool.as_ptr(), payload.as_ptr()) })
    }

    fn take(&self, text: *const c_char) -> Option<String> {
        if text.is_null() {
            return None;
        }
        // SAFETY: the plugin returned a NUL-terminated string that is ours until `free_string`.
        let copy = unsafe { CStr::from_ptr(text) }
            .to_string_lossy()
            .into_owned();
        if let Some(free) = self.api.free_string {
            // SAFETY: `text` is the plugin's and was not freed before.
            unsafe { free(text) };
        }
        Some(copy)
    }
}

/// A C string from text without NUL.
pub fn c_string(text: &str) -> CString {
    CString::new(text).unwrap_or_default()
}
