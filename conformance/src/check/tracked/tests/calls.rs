//! Calls in both directions, and what is recorded of them.

use super::plugin::{FREED, TABLE, table};
use super::*;
use osaurus_abi::{OnChunk, PluginCtx};
use std::collections::BTreeSet;

/// The plugin in a tracked host, after `init`.
struct Running {
    host: Host,
    api: PluginApi,
    ctx: Ctx,
}

#[derive(Clone, Copy)]
struct Ctx(PluginCtx);
// SAFETY: the plugin allows its context on every thread.
unsafe impl Send for Ctx {}
// SAFETY: as above.
unsafe impl Sync for Ctx {}

impl Running {
    fn new(host: Host) -> Running {
        TABLE.store(host.table().cast_mut(), Ordering::SeqCst);
        let api = host.tracker.plugin_table(table());
        // SAFETY: the plugin's own function.
        let ctx = Ctx(unsafe { api.init.unwrap()() });
        Running { host, api, ctx }
    }

    fn invoke(&self, payload: &CStr) -> String {
        let (kind, id) = (c"tool".as_ptr(), c"ask".as_ptr());
        // SAFETY: the plugin's own functions; its result goes back once.
        unsafe {
            let result = self.api.invoke.unwrap()(self.ctx.0, kind, id, payload.as_ptr());
            let text = read(result);
            self.api.free_string.unwrap()(result);
            text
        }
    }

    fn calls(&self) -> Vec<Call> {
        self.host.tracker.records.all()
    }
}

#[test]
fn every_call_is_recorded_with_what_it_came_within() {
    let running = Running::new(Host::new("6", Strings::Watched));
    assert_eq!(running.invoke(c"SELECT 1"), "answer 0");
    // SAFETY: the plugin's own functions.
    unsafe {
        running.api.on_config_changed.unwrap()(running.ctx.0, c"key".as_ptr(), null());
        running.api.destroy.unwrap()(running.ctx.0);
    }
    assert!(running.api.handle_route.is_none(), "it has none");
    let calls = running.calls();
    let lines: Vec<String> = calls
        .iter()
        .filter(|call| call.function != "free_string")
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        lines,
        [
            "init()",
            "invoke(tool, ask, SELECT 1)",
            "db_query(SELECT 1, NULL) in invoke",
            "on_config_changed(key, NULL)",
            "destroy()"
        ]
    );
    assert_eq!(calls[1].answer_text().as_deref(), Some("answer 0"));
    assert_eq!((calls[1].open_frames, calls[2].open_frames), (0, 1));
    assert!(calls.iter().all(|call| call.duration.is_some()));
}

#[test]
fn a_context_is_destroyed_once_in_the_middle_of_things() {
    let running = Running::new(Host::new("6", Strings::Watched));
    running.host.tracker.destroy_at_once();
    running.host.tracker.destroy_at_once();
}

#[test]
fn calls_of_many_threads_are_recorded_whole() {
    const TIMES: usize = if cfg!(miri) { 3 } else { 200 };
    let running = Running::new(Host::new("6", Strings::Watched));
    let before = FREED.load(Ordering::SeqCst);
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| (0..TIMES).for_each(|_| ask_and_look(&running)));
        }
    });
    assert_eq!(FREED.load(Ordering::SeqCst) - before, 4 * TIMES);
    assert_eq!(running.host.misuses(), [""; 0]);
    let queries: Vec<Call> = running.calls();
    let queries = queries.iter().filter(|call| call.function == "db_query");
    let threads: BTreeSet<u64> = queries.clone().map(|call| call.thread.number).collect();
    assert_eq!((threads.len(), queries.count()), (4, 4 * TIMES));
    let answers: BTreeSet<Vec<u8>> = running
        .host
        .strings()
        .into_iter()
        .map(|s| s.bytes)
        .collect();
    assert_eq!(answers.len(), 4 * TIMES, "no two answers are the same");
}

/// While others call: what is there must be whole.
fn ask_and_look(running: &Running) {
    let answer = running.invoke(c"SELECT 1");
    assert!(answer.starts_with("answer "));
    let strings = running.host.strings();
    let own = strings
        .iter()
        .find(|string| string.bytes == answer.as_bytes());
    assert_eq!(own.map(|s| &s.freed), Some(&Freed::ByHost(this_thread())));
    let calls = running.calls();
    let own = calls
        .iter()
        .rfind(|call| call.thread == this_thread() && call.slot.is_none());
    assert_eq!(own.map(|call| call.function), Some("free_string"));
}

/// A host that streams from a thread of its own.
unsafe extern "C" fn stream(
    request: *const c_char,
    on_chunk: Option<OnChunk>,
    data: *mut c_void,
) -> *const c_char {
    let data = Ctx(data);
    std::thread::scope(|threads| {
        threads.spawn(move || {
            let data = data;
            for chunk in [c"one", c"two"] {
                if let Some(receive) = on_chunk {
                    // SAFETY: the caller's function with its data, during its call.
                    unsafe { receive(chunk.as_ptr(), data.0) };
                }
            }
        });
    });
    // SAFETY: the caller's string, copied whole to an allocation that is the caller's then.
    unsafe {
        let bytes = CStr::from_ptr(request).to_bytes_with_nul();
        let copy = libc::malloc(bytes.len()).cast::<u8>();
        copy.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        copy.cast()
    }
}

/// The plugin's receiver, which asks the host itself.
unsafe extern "C" fn receive(chunk: *const c_char, seen: *mut c_void) {
    // SAFETY: the data is a string that lives until the stream's call returns, and one chunk comes
    // at a time.
    unsafe {
        (*seen.cast::<String>()).push_str(&read(chunk));
        let host = &*TABLE.load(Ordering::SeqCst).cast_const();
        let answer = host.db_query.unwrap()(chunk, null());
        host.free_string.unwrap()(answer);
    }
}

#[test]
fn pieces_of_a_stream_have_frames_of_their_own() {
    let real = HostApi {
        complete_stream: Some(stream),
        ..real_table().unwrap()
    };
    let running = Running::new(Host::over(real, "6", Strings::Watched));
    let mut text = String::new();
    // SAFETY: the host's own functions; `seen` lives until the call returns.
    let answer = unsafe {
        let data = (&raw mut text).cast();
        let streaming = (*running.host.table()).complete_stream.unwrap();
        streaming(c"{}".as_ptr(), Some(receive), data)
    };
    assert_eq!((read(answer).as_str(), text.as_str()), ("{}", "onetwo"));
    running.host.free(answer);
    let calls = running.calls();
    let lines: Vec<String> = calls.iter().map(ToString::to_string).collect();
    assert_eq!(lines[2], "on_chunk(one)");
    assert_eq!(lines[3], "db_query(one, NULL) in on_chunk");
    assert_eq!(calls[2].thread, calls[3].thread);
    assert_ne!(calls[1].thread, calls[2].thread);
}
