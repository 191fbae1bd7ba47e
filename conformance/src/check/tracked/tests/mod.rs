//! The tracked host with a plugin made of Rust functions: no library is opened and no process
//! started, so Miri can watch what becomes of each pointer, on every thread.

mod calls;
mod plugin;
mod strings;

use super::*;
use std::ffi::{CStr, c_char};
use std::ptr::null;
use std::sync::{Mutex, MutexGuard};
use tempfile::TempDir;

/// A tracked host. A process has one at a time, and so have tests.
struct Host {
    tracker: &'static Tracker,
    folder: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Host {
    fn new(abi: &str, strings: Strings) -> Host {
        Host::over(real_table().unwrap(), abi, strings)
    }

    /// Queries are answered with their number, `config_get` with NULL, anything else by this table.
    fn over(real: HostApi, abi: &str, strings: Strings) -> Host {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        let trail = Trail::create(&folder.path().join("trail")).unwrap();
        let settings = Settings {
            level: AbiLevel::parse(abi).unwrap(),
            strings,
            hold_results: false,
            answers: Some(Answers::new(answer)),
            trail: Box::leak(Box::new(trail)),
        };
        Host {
            tracker: Tracker::over(real, settings).unwrap(),
            folder,
            _turn: turn,
        }
    }

    fn table(&self) -> *const HostApi {
        self.tracker.host_table()
    }

    fn query(&self, sql: *const c_char) -> *const c_char {
        // SAFETY: the table stays; `sql` is a string, or one that the plugin freed and this host
        // still has.
        unsafe { (*self.table()).db_query.unwrap()(sql, null()) }
    }

    fn free(&self, text: *const c_char) {
        // SAFETY: the table stays and is one of version 6; what the pointer is, the tracker finds
        // out.
        unsafe { (*self.table()).free_string.unwrap()(text) }
    }

    fn strings(&self) -> Vec<HostString> {
        self.tracker.strings.all()
    }

    /// Wrong uses as `kind: what was seen, of the string of which call`.
    fn misuses(&self) -> Vec<String> {
        let misuses = self.tracker.strings.misuses();
        let lines = misuses.iter().map(|misuse| {
            let (kind, evidence) = match misuse {
                Misuse::FreedTwice(evidence) => ("freed twice", evidence),
                Misuse::NotOurs(evidence) => ("not ours", evidence),
                Misuse::UsedAfterFree(evidence) => ("used after free", evidence),
            };
            let call = evidence.call.as_deref().unwrap_or_default();
            let function = call.split('(').next().unwrap_or_default();
            format!("{kind}: {}, {function}", evidence.what)
        });
        lines.collect()
    }
}

fn answer(asked: Asked) -> Answer {
    match asked.slot {
        osaurus_abi::HostSlot::DbQuery => Answer::Text(format!("answer {}", asked.before)),
        osaurus_abi::HostSlot::ConfigGet => Answer::Null,
        _ => Answer::Host,
    }
}

fn read(text: *const c_char) -> String {
    // SAFETY: callers pass strings that they have, or that rest.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap().to_owned()
}
