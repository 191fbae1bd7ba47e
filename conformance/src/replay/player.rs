//! The calls into the plugin: each recorded thread is a thread again, which makes its calls when
//! their turn comes. Runs in a child process, which ends with the verdict in a file.

use super::job::Job;
use super::library::{CallFailure, Plugin};
use super::progress::{Over, Progress};
use super::session::{Event, Session};
use super::table::{PROGRESS, in_frame, stand_still};
use super::verdict::Verdict;
use osaurus_reference_host::{AbiLevel, HOST_STACK};
use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

/// Plays a session against a library and writes the verdict. Ends the process.
pub(crate) fn play(job: &Job) -> ! {
    let outcome = played(job).unwrap_or_else(|what| Verdict::Failed { what });
    let text = serde_json::to_string(&outcome).unwrap_or_default();
    let outcome = std::fs::write(&job.verdict, text);
    // SAFETY: ends the process at once; the plugin's exit handlers are not part of the session, and
    // its threads may be in calls that never return.
    unsafe { libc::_exit(i32::from(outcome.is_err())) }
}

fn played(job: &Job) -> Result<Verdict, String> {
    let session = Session::read(&job.session).map_err(|error| error.to_string())?;
    let at = File::create(job.front()).map_err(|error| error.to_string())?;
    let progress = move |front: usize| {
        // Only for the report of a crash; there it is missing then.
        let _ = at.write_all_at(format!("{front:<20}").as_bytes(), 0);
    };
    let level = AbiLevel::parse(&session.header.abi).map_err(|error| error.to_string())?;
    let plugin = Arc::new(Plugin::new(
        job.library.clone(),
        session.header.plugin.id.clone(),
        level,
    ));
    let progress = PROGRESS.get_or_init(|| Progress::new(session, job.exact, job.limit, progress));
    let Err(Over) = conduct(progress, &plugin) else {
        return Ok(same(progress));
    };
    progress
        .verdict()
        .ok_or_else(|| "the replay stopped without a verdict".to_owned())
}

fn same(progress: &Progress) -> Verdict {
    let count = |wanted: fn(&Event) -> bool| progress.events.iter().filter(|e| wanted(e)).count();
    Verdict::Same {
        calls: count(|event| matches!(event, Event::Call { .. })),
        host_calls: count(|event| matches!(event, Event::HostCall { .. })),
    }
}

/// Gives each call to its thread when its turn comes, until the end of the session.
fn conduct(progress: &'static Progress, plugin: &Arc<Plugin>) -> Result<(), Over> {
    let mut threads: HashMap<u64, Sender<usize>> = HashMap::new();
    for (index, event) in progress.events.iter().enumerate() {
        match event {
            Event::Call { thread, .. } => {
                progress.take_turn(index)?;
                let sender = threads
                    .entry(*thread)
                    .or_insert_with(|| start(progress, plugin));
                sender.send(index).map_err(|_| Over)?;
                if !calls_again(progress, *thread, index) {
                    threads.remove(thread);
                }
            }
            Event::End {} => progress.take_turn(index)?,
            _ => {}
        }
    }
    Ok(())
}

fn calls_again(progress: &Progress, thread: u64, after: usize) -> bool {
    let mut later = progress.events.iter().skip(after + 1);
    later.any(|event| matches!(event, Event::Call { thread: t, .. } if *t == thread))
}

fn start(progress: &'static Progress, plugin: &Arc<Plugin>) -> Sender<usize> {
    let (sender, calls): (Sender<usize>, Receiver<usize>) = channel();
    let plugin = Arc::clone(plugin);
    let play = move || {
        for index in calls {
            if call(progress, &plugin, index).is_err() {
                stand_still();
            }
        }
    };
    let thread = std::thread::Builder::new()
        .stack_size(HOST_STACK)
        .spawn(play);
    if let Err(error) = thread {
        let what = format!("cannot start a thread: {error}");
        progress.fail(Verdict::Failed { what });
    }
    sender
}

fn call(progress: &Progress, plugin: &Plugin, index: usize) -> Result<(), Over> {
    let Event::Call {
        frame, slot, args, ..
    } = &progress.events[index]
    else {
        return Err(Over);
    };
    let result = in_frame(*frame, || plugin.call(slot, args));
    match result {
        Ok(result) => progress.returned(*frame, result),
        Err(CallFailure::Failed(what)) => Err(progress.fail(Verdict::Failed { what })),
        Err(CallFailure::Broken(found)) => Err(progress.broken(index, *frame, &found)),
    }
}

/// A whole replay inside of this process, which Miri can watch: the plugin is made of Rust
/// functions.
#[cfg(test)]
mod tests {
    use super::super::table::FromSession;
    use super::*;
    use osaurus_abi::{HostApi, PluginApi, PluginCtx};
    use osaurus_reference_host::GuardedTable;
    use std::ffi::{CStr, CString, c_char, c_void};
    use std::ptr::null;
    use std::sync::OnceLock;
    use std::time::Duration;

    const SESSION: &str = r#"{"osaurus_session":1,"plugin":{"id":"p","version":"1","sha256":"00"},"abi":"6","redacted":false}
{"event":"call","frame":1,"thread":1,"agent":null,"slot":"init","args":[]}
{"event":"return","frame":1,"result":null}
{"event":"call","frame":2,"thread":1,"agent":null,"slot":"invoke","args":["tool","ask","one"]}
{"event":"call","frame":3,"thread":2,"agent":null,"slot":"invoke","args":["tool","ask","two"]}
{"event":"host_call","call":1,"frame":3,"thread":2,"slot":"complete_stream","args":["two"]}
{"event":"host_call","call":2,"frame":2,"thread":1,"slot":"complete_stream","args":["one"]}
{"event":"chunk","call":1,"text":"2"}
{"event":"chunk","call":2,"text":"1"}
{"event":"chunk","call":1,"text":"22"}
{"event":"host_return","call":2,"result":"end"}
{"event":"host_return","call":1,"result":null}
{"event":"return","frame":2,"result":"1end"}
{"event":"return","frame":3,"result":"222"}
{"event":"call","frame":4,"thread":1,"agent":null,"slot":"on_config_changed","args":["key",null]}
{"event":"return","frame":4,"result":null}
{"event":"call","frame":5,"thread":1,"agent":null,"slot":"destroy","args":[]}
{"event":"return","frame":5,"result":null}
{"event":"end"}"#;

    fn host() -> &'static HostApi {
        static TABLE: OnceLock<GuardedTable> = OnceLock::new();
        let new_table = || GuardedTable::answered_by::<FromSession>(AbiLevel::LATEST).unwrap();
        // SAFETY: the newest table is a whole one, and stays.
        unsafe { &*TABLE.get_or_init(new_table).as_ptr() }
    }

    unsafe extern "C" fn init() -> PluginCtx {
        Box::into_raw(Box::new(7_u64)).cast()
    }

    unsafe extern "C" fn destroy(ctx: PluginCtx) {
        // SAFETY: made by `init`.
        assert_eq!(unsafe { *Box::from_raw(ctx.cast::<u64>()) }, 7);
    }

    unsafe extern "C" fn invoke(
        _: PluginCtx,
        _: *const c_char,
        _: *const c_char,
        payload: *const c_char,
    ) -> *const c_char {
        let mut text = Vec::new();
        // SAFETY: the host's own functions; its answer is ours until it is freed.
        unsafe {
            let data = (&raw mut text).cast();
            let answer = host().complete_stream.unwrap()(payload, Some(receive), data);
            if !answer.is_null() {
                text.extend_from_slice(CStr::from_ptr(answer).to_bytes());
                host().free_string.unwrap()(answer);
            }
        }
        CString::new(text).unwrap().into_raw()
    }

    unsafe extern "C" fn receive(chunk: *const c_char, text: *mut c_void) {
        // SAFETY: the host's string, and the text of the call that waits.
        unsafe { (*text.cast::<Vec<u8>>()).extend_from_slice(CStr::from_ptr(chunk).to_bytes()) };
    }

    unsafe extern "C" fn on_config_changed(_: PluginCtx, key: *const c_char, value: *const c_char) {
        // SAFETY: the host's string.
        let key = unsafe { CStr::from_ptr(key) };
        assert_eq!((key, value), (c"key", null()));
    }

    unsafe extern "C" fn free_string(text: *const c_char) {
        // SAFETY: made by `invoke`.
        drop(unsafe { CString::from_raw(text.cast_mut()) });
    }

    #[test]
    fn two_streams_at_a_time_are_played_as_they_were_recorded() {
        let plugin = Arc::new(Plugin::of(
            PluginApi {
                free_string: Some(free_string),
                init: Some(init),
                destroy: Some(destroy),
                get_manifest: None,
                invoke: Some(invoke),
                version: 6,
                handle_route: None,
                on_config_changed: Some(on_config_changed),
                on_task_event: None,
            },
            "p",
        ));
        let limit = Duration::from_secs(600);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), SESSION).unwrap();
        let session = Session::read(file.path()).unwrap();
        let progress = PROGRESS.get_or_init(|| Progress::new(session, true, limit, |_| ()));
        let played = conduct(progress, &plugin);
        assert!(played.is_ok(), "{:?}", progress.verdict());
        let expected = Verdict::Same {
            calls: 5,
            host_calls: 2,
        };
        assert_eq!(same(progress), expected);
    }
}
