//! The fake's functions. Every answer says who asked (by thread) and what, so a test sees a mix-up
//! in the answer.

use super::{FREED, GIVEN, agent_here};
use osaurus_plugin::abi::{ABI_VERSION_LATEST, HostApi, OnChunk};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

/// Void calls and log lines: `slot agent args`.
pub static NOTES: Mutex<Vec<String>> = Mutex::new(Vec::new());
/// How `complete_stream` was asked to end, by `complete_cancel`.
pub static CANCELLED: Mutex<Vec<String>> = Mutex::new(Vec::new());
/// What `complete` may run: from request to answer.
pub type Inside = fn(&str) -> String;
/// A function that `complete` runs, for calls that come back into the plugin.
pub static INSIDE_COMPLETE: Mutex<Option<Inside>> = Mutex::new(None);
/// The stream whose callback is kept, to call it after the end.
pub const KEPT_ID: &str = "kept";
/// The stream that the host gives up in the middle of a chunk.
pub const DETACHED_ID: &str = "detached";
/// The callback of [`KEPT_ID`] and its user data.
pub static KEPT: Mutex<Option<(OnChunk, usize)>> = Mutex::new(None);

fn text(arg: *const c_char) -> String {
    if arg.is_null() {
        return "NULL".to_owned();
    }
    // SAFETY: the ABI: arguments are NUL-terminated.
    unsafe { CStr::from_ptr(arg) }.to_str().unwrap().to_owned()
}

fn give(answer: &[u8]) -> *const c_char {
    GIVEN.fetch_add(1, Ordering::SeqCst);
    // SAFETY: malloc of the answer and its terminator, filled completely.
    unsafe {
        let copy = libc::malloc(answer.len() + 1).cast::<u8>();
        ptr::copy_nonoverlapping(answer.as_ptr(), copy, answer.len());
        copy.add(answer.len()).write(0);
        copy.cast()
    }
}

fn note(slot: &str, args: &[String]) {
    let line = format!("{slot} {} {}", agent_here(), args.join("|"));
    NOTES.lock().unwrap().push(line);
}

/// The notes that contain `what`.
pub fn notes_with(what: &str) -> Vec<String> {
    let notes = NOTES.lock().unwrap();
    notes
        .iter()
        .filter(|note| note.contains(what))
        .cloned()
        .collect()
}

/// What a JSON slot answers: who asked, what, and enough of the documented shape for the typed
/// calls.
fn echo(slot: &str, args: &[String]) -> *const c_char {
    let agent = agent_here();
    let quoted: Vec<String> = args.iter().map(|arg| format!("{arg:?}")).collect();
    let shape = match slot {
        "dispatch" | "task_status" => r#""id":"T-1","status":"running","title":"t""#,
        "list_active_tasks" => r#""tasks":[{"id":"T-1","status":"queued","title":"t"}]"#,
        "embed" => r#""data":[{"index":0,"embedding":[0.5,1]}]"#,
        "list_models" => {
            r#""models":[{"id":"m","name":"M","provider":"local","type":"embedding","capabilities":["embedding"],"dimensions":2}]"#
        }
        "http_request" => {
            r#""status":404,"headers":{"x-a":"b"},"body":"/w==","body_encoding":"base64","elapsed_ms":7"#
        }
        "file_read" => r#""data":"aGk=","mime_type":"text/plain","size":2"#,
        "db_exec" => r#""changes":3,"last_insert_rowid":9"#,
        "db_query" => r#""columns":["a","b"],"rows":[[1,"x"],[2,null]]"#,
        _ => r#""ok":1"#,
    };
    let args = quoted.join(",");
    give(format!(r#"{{"agent":"{agent}","args":[{args}],{shape}}}"#).as_bytes())
}

/// What a slot does that no test asks for something else: it echoes, or notes.
macro_rules! ordinary {
    ($name:ident($($param:ident),*) -> string) => {
        unsafe extern "C" fn $name($($param: *const c_char),*) -> *const c_char {
            echo(stringify!($name), &[$(text($param)),*])
        }
    };
    ($name:ident($($param:ident),*) -> void) => {
        unsafe extern "C" fn $name($($param: *const c_char),*) {
            note(stringify!($name), &[$(text($param)),*])
        }
    };
}

/// The function of a slot, if the special ones below are not it.
macro_rules! function {
    (config_get $($rest:tt)*) => {};
    (db_exec $($rest:tt)*) => {};
    (log $($rest:tt)*) => {};
    (log_structured $($rest:tt)*) => {};
    (complete $($rest:tt)*) => {};
    (complete_stream $($rest:tt)*) => {};
    (complete_cancel $($rest:tt)*) => {};
    (get_active_agent_id $($rest:tt)*) => {};
    (free_string $($rest:tt)*) => {};
    ($name:ident($($param:ident: $kind:ident),*) -> $result:ident) => {
        ordinary!($name($($param),*) -> $result);
    };
}

macro_rules! functions_and_table {
    ($($name:ident $slot:ident $params:tt -> $result:ident;)*) => {
        $(function!($name $params -> $result);)*

        /// The whole table, of the newest version.
        pub fn table() -> HostApi {
            HostApi {
                version: ABI_VERSION_LATEST,
                $($name: Some($name),)*
            }
        }
    };
}
osaurus_plugin::abi::for_each_host_slot!(functions_and_table);

/// `agent|key`, but for keys that ask for something special.
unsafe extern "C" fn config_get(key: *const c_char) -> *const c_char {
    let agent = agent_here();
    match text(key).as_str() {
        "absent" => ptr::null(),
        "bad utf-8" => give(b"abc\xff\xfe"),
        "big" => give(&vec![b'x'; 50_000_000]),
        "slow" => {
            std::thread::sleep(std::time::Duration::from_millis(30));
            give(b"slow")
        }
        key => give(format!("{agent}|{key}").as_bytes()),
    }
}

unsafe extern "C" fn db_exec(sql: *const c_char, params: *const c_char) -> *const c_char {
    match text(sql).as_str() {
        "bad" => give(br#"{"error":"near \"bad\": syntax error"}"#),
        "null" => ptr::null(),
        "prose" => give(b"no json"),
        sql => echo("db_exec", &[sql.to_owned(), text(params)]),
    }
}

unsafe extern "C" fn log(level: c_int, message: *const c_char) {
    note("log", &[level.to_string(), text(message)]);
}

unsafe extern "C" fn log_structured(level: c_int, message: *const c_char, payload: *const c_char) {
    note(
        "log_structured",
        &[level.to_string(), text(message), text(payload)],
    );
}

unsafe extern "C" fn complete(request: *const c_char) -> *const c_char {
    let inside = *INSIDE_COMPLETE.lock().unwrap();
    match inside {
        Some(inside) => give(inside(&text(request)).as_bytes()),
        None => echo("complete", &[text(request)]),
    }
}

/// How many chunks a stream has that no one ends.
pub const CHUNKS: usize = if cfg!(miri) { 60 } else { 200 };

/// Sends numbered chunks from a thread of its own, which has no scope, until all are out or the
/// stream is cancelled.
unsafe extern "C" fn complete_stream(
    request: *const c_char,
    on_chunk: Option<OnChunk>,
    user_data: *mut c_void,
) -> *const c_char {
    let agent = agent_here();
    let request = text(request);
    let Some(on_chunk) = on_chunk else {
        return echo("complete_stream", &[request]);
    };
    let user_data = user_data.addr();
    let id = stream_id(&request);
    if id == KEPT_ID {
        *KEPT.lock().unwrap() = Some((on_chunk, user_data));
    }
    if id == DETACHED_ID {
        // A host that gave up: it returns while its worker still delivers a chunk.
        let (sender, begins) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            sender.send(()).unwrap();
            send_chunk(on_chunk, user_data, 0);
        });
        begins.recv().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(50));
        return give(br#"{"error":"host_timeout","message":"gave up"}"#);
    }
    let mut count = 0;
    std::thread::scope(|threads| {
        threads.spawn(|| {
            while count < CHUNKS && !CANCELLED.lock().unwrap().contains(&id) {
                send_chunk(on_chunk, user_data, count);
                count += 1;
                std::thread::sleep(std::time::Duration::from_micros(200));
            }
        });
    });
    let error = match count < CHUNKS {
        true => r#""error":"cancelled","message":"stopped","#,
        false => "",
    };
    give(format!(r#"{{{error}"agent":"{agent}","sent":{count},"stream_id":"{id}"}}"#).as_bytes())
}

fn stream_id(request: &str) -> String {
    let request: serde_json::Value = serde_json::from_str(request).unwrap();
    request["stream_id"].as_str().unwrap_or_default().to_owned()
}

/// Calls a stream's callback.
pub fn send_chunk(on_chunk: OnChunk, user_data: usize, number: usize) {
    let chunk = format!(r#"{{"choices":[{{"index":0,"delta":{{"content":"{number} "}}}}]}}"#);
    let chunk = CString::new(chunk).unwrap();
    // SAFETY: the callback that the plugin gave, with its user data.
    unsafe { on_chunk(chunk.as_ptr(), ptr::without_provenance_mut(user_data)) };
}

unsafe extern "C" fn complete_cancel(stream_id: *const c_char) {
    note("complete_cancel", &[text(stream_id)]);
    CANCELLED.lock().unwrap().push(text(stream_id));
}

unsafe extern "C" fn get_active_agent_id() -> *const c_char {
    give(agent_here().as_bytes())
}

unsafe extern "C" fn free_string(string: *const c_char) {
    FREED.fetch_add(1, Ordering::SeqCst);
    // SAFETY: the plugin hands back what `give` allocated.
    unsafe { libc::free(string.cast_mut().cast()) }
}
