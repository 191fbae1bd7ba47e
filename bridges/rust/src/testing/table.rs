//! The host's table in C that a plugin under test gets: every slot asks the one `Script` that is
//! current. Made by `host`. A slot that the ABI gets later is here by itself.

use super::script::{Reply, Script};
use super::services::completion;
use osaurus_abi::{HostApi, HostSlot, OnChunk, for_each_host_slot, host_table_size};
use serde_json::{Value, json};
use std::ffi::{CStr, CString, c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// The script of the test host that is alive; a library has one host at a time.
static CURRENT: RwLock<Option<Arc<Mutex<Script>>>> = RwLock::new(None);

/// Makes `script` the one that host calls ask.
pub(super) fn set_current(script: Option<Arc<Mutex<Script>>>) {
    *CURRENT.write().unwrap_or_else(PoisonError::into_inner) = script;
}

fn current() -> Option<Arc<Mutex<Script>>> {
    CURRENT
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

/// The script, also after a test failed while it had it.
pub(super) fn lock(script: &Mutex<Script>) -> MutexGuard<'_, Script> {
    script.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A table of exactly the size that its version has.
pub(super) struct Table(Box<[usize]>);

impl Table {
    pub(super) fn new(version: u32) -> Self {
        let table = whole_table(version);
        let size = host_table_size(version);
        let mut words = vec![0_usize; size.div_ceil(size_of::<usize>())];
        // SAFETY: the source is at least as long as the table of any version, the copy is as long.
        unsafe {
            let source = (&raw const table).cast::<u8>();
            ptr::copy_nonoverlapping(source, words.as_mut_ptr().cast::<u8>(), size);
        }
        Table(words.into_boxed_slice())
    }

    pub(super) fn as_ptr(&self) -> *const HostApi {
        self.0.as_ptr().cast()
    }
}

/// What a call gets as a JSON value, and the panic of an answer kept for later.
fn ask(slot: HostSlot, args: &[Value]) -> Option<Value> {
    let script = current()?;
    let reply = lock(&script).serve(slot, args);
    match reply {
        Reply::Null => None,
        Reply::Json(value) => Some(value),
        Reply::Ask(answer) => match catch_unwind(AssertUnwindSafe(|| answer(args))) {
            Ok(value) => Some(value).filter(|value| !value.is_null()),
            Err(panic) => {
                lock(&script).panic = Some(panic);
                Some(json!({"error": "test_panicked", "message": "the test's answer panicked"}))
            }
        },
    }
}

fn give(value: Option<Value>) -> *const c_char {
    let text = match value {
        None => return ptr::null(),
        Some(Value::String(text)) => text,
        Some(value) => value.to_string(),
    };
    // A NUL would cut the answer; JSON has none.
    let text = CString::new(text.replace('\0', "")).unwrap_or_default();
    // SAFETY: a copy by malloc, which the plugin frees by this table's `free_string` or, on a host
    // before version 6, by libc's `free`.
    unsafe { libc::strdup(text.as_ptr()) }
}

/// # Safety
/// `text` is NULL or NUL-terminated.
unsafe fn text_value(name: &str, text: *const c_char) -> Value {
    if text.is_null() {
        return Value::Null;
    }
    // SAFETY: the caller's contract.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    let parsed = name
        .ends_with("_json")
        .then(|| serde_json::from_str(&text).ok());
    parsed.flatten().unwrap_or_else(|| json!(text))
}

/// An argument as JSON.
macro_rules! argument {
    (int $param:ident) => {
        json!($param)
    };
    ($kind:ident $param:ident) => {
        // SAFETY: the ABI: arguments are NULL or NUL-terminated.
        unsafe { text_value(stringify!($param), $param) }
    };
}

/// The function of a slot, if the special ones below are not it.
macro_rules! function {
    (complete_stream $($rest:tt)*) => {};
    (free_string $($rest:tt)*) => {};
    ($name:ident $slot:ident ($($param:ident: $kind:ident),*) -> string) => {
        unsafe extern "C" fn $name($($param: osaurus_abi::c_type!($kind)),*) -> *const c_char {
            give(ask(HostSlot::$slot, &[$(argument!($kind $param)),*]))
        }
    };
    ($name:ident $slot:ident ($($param:ident: $kind:ident),*) -> void) => {
        unsafe extern "C" fn $name($($param: osaurus_abi::c_type!($kind)),*) {
            ask(HostSlot::$slot, &[$(argument!($kind $param)),*]);
        }
    };
}

macro_rules! functions_and_table {
    ($($name:ident $slot:ident $params:tt -> $result:ident;)*) => {
        $(function!($name $slot $params -> $result);)*

        fn whole_table(version: u32) -> HostApi {
            HostApi {
                version,
                $($name: Some($name),)*
            }
        }
    };
}
for_each_host_slot!(functions_and_table);

unsafe extern "C" fn free_string(text: *const c_char) {
    // SAFETY: what `give` allocated, handed back once.
    unsafe { libc::free(text.cast_mut().cast()) }
}

/// A plugin's callback with its user data, on the way to the thread that calls it.
struct Chunks(OnChunk, *mut c_void);

// SAFETY: the ABI: the host calls the callback on a thread of its own while the stream lasts.
unsafe impl Send for Chunks {}

impl Chunks {
    fn send(&self, content: &str) {
        let chunk = json!({"choices": [{"index": 0, "delta": {"content": content}}]});
        let chunk = CString::new(chunk.to_string()).unwrap_or_default();
        // SAFETY: the plugin's callback and its user data; both are valid until the call ends.
        unsafe { self.0(chunk.as_ptr(), self.1) }
    }
}

/// What a model says, word by word, from a thread of the host's.
unsafe extern "C" fn complete_stream(
    request_json: *const c_char,
    on_chunk: Option<OnChunk>,
    user_data: *mut c_void,
) -> *const c_char {
    // SAFETY: the ABI: arguments are NULL or NUL-terminated.
    let request = unsafe { text_value("request_json", request_json) };
    let Some(script) = current() else {
        return ptr::null();
    };
    let is_answered = lock(&script)
        .answers
        .contains_key(&HostSlot::CompleteStream);
    if is_answered {
        return give(ask(HostSlot::CompleteStream, &[request]));
    }
    lock(&script).calls.push(super::HostCall {
        slot: HostSlot::CompleteStream,
        args: vec![request.clone()],
    });
    let completion_text = lock(&script).completion(&request);
    let text = match completion_text {
        Ok(text) => text,
        Err(error) => return give(Some(error)),
    };
    let stream_id = request["stream_id"].as_str().unwrap_or_default().to_owned();
    let is_cancelled = || lock(&script).cancelled_streams.contains(&stream_id);
    let chunks = on_chunk.map(|on_chunk| Chunks(on_chunk, user_data));
    let length = std::thread::scope(|threads| {
        let send = || {
            let chunks = chunks;
            let mut length = 0;
            for word in text.split_inclusive(' ') {
                if is_cancelled() {
                    break;
                }
                length += word.len();
                if let Some(chunks) = &chunks {
                    chunks.send(word);
                }
            }
            length
        };
        threads.spawn(send).join().unwrap_or_default()
    });
    if length < text.len() {
        let partial = &text[..length];
        return give(Some(
            json!({"error": "cancelled", "message": "", "partial_content": partial}),
        ));
    }
    give(Some(completion(&text)))
}

/// Of a version that no host has, so that a mistake in a test is told.
pub(super) fn check_version(version: u32) {
    let newest = osaurus_abi::ABI_VERSION_LATEST;
    assert!(
        (2..=newest).contains(&version),
        "there is no host table of version {version}: expected 2 to {newest}"
    );
}
