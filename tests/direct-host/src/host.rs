//! The host table: `config_get` answers a short string, `complete_stream` a thousand chunks, `log`
//! writes to stderr, everything else does nothing. Knows no plugin.

use osaurus_abi::{ABI_VERSION_LATEST, HostApi, c_type};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

/// Lines below this level are dropped. Errors are 4, warnings 3.
static LOG_FROM: AtomicI32 = AtomicI32::new(3);

/// Shows log lines of this level and above (default 3, warnings) on stderr.
pub fn log_from(level: i32) {
    LOG_FROM.store(level, Ordering::Relaxed);
}

/// The table, of the newest version. It is static.
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

const CHUNKS: usize = 1000;
const CHUNK: &CStr = c"{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"some words \"}}]}";

unsafe extern "C" fn complete_stream(
    _request: *const c_char,
    on_chunk: c_type!(chunk_callback),
    user: *mut c_void,
) -> *const c_char {
    if let Some(on_chunk) = on_chunk {
        for _ in 0..CHUNKS {
            // SAFETY: the literal is NUL-terminated; `user` came with the callback.
            unsafe { on_chunk(CHUNK.as_ptr(), user) };
        }
    }
    // SAFETY: as in `config_get`.
    unsafe { libc::strdup(c"{\"choices\":[]}".as_ptr()) }
}

/// A function that does nothing, unless it is one of those above.
macro_rules! function {
    (config_get $($rest:tt)*) => {};
    (complete_stream $($rest:tt)*) => {};
    (log $($rest:tt)*) => {};
    (log_structured $($rest:tt)*) => {};
    (free_string $($rest:tt)*) => {};
    ($name:ident($($param:ident: $kind:ident),*) -> string) => {
        unsafe extern "C" fn $name($(_: c_type!($kind)),*) -> *const c_char {
            ptr::null()
        }
    };
    ($name:ident($($param:ident: $kind:ident),*) -> void) => {
        unsafe extern "C" fn $name($(_: c_type!($kind)),*) {}
    };
}

macro_rules! functions_and_table {
    ($($name:ident $slot:ident $params:tt -> $result:ident;)*) => {
        $(function!($name $params -> $result);)*

        static TABLE: HostApi = HostApi {
            version: ABI_VERSION_LATEST,
            $($name: Some($name),)*
        };
    };
}
osaurus_abi::for_each_host_slot!(functions_and_table);
