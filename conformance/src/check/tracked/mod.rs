//! The tracked host: a layer between the reference host and the plugin. Both tables lead through it
//! and on to the originals, so answers stay Osaurus' own, while every call is recorded with its
//! thread, its frame and its bytes, and every string that the plugin gets is followed until it is
//! freed. Rules read the records.

mod answers;
mod frames;
mod host_table;
mod memory;
mod plugin_table;
mod record;
mod strings;
#[cfg(test)]
mod tests;

pub use answers::{Answer, Answers, Asked};
pub(crate) use frames::on_this_thread as frames_open;
pub use memory::Strings;
pub(crate) use record::this_thread;
pub use record::{Argument, Call, Side, ThreadTag};
pub(crate) use strings::Misuse;
pub use strings::{Freed, HostString};

use super::platform;
use super::trail::Trail;
use osaurus_abi::{HostApi, PluginApi};
use osaurus_reference_host::{AbiLevel, GuardedTable, Layer};
use record::Records;
use std::ffi::c_void;
use std::io;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock};
use strings::Registry;

/// What is followed of one load. It lives until the process ends, because a plugin may keep
/// calling.
pub(crate) struct Tracker {
    /// The whole table of the reference host.
    real: HostApi,
    /// The table that the plugin gets.
    table: GuardedTable,
    /// The functions of the plugin.
    plugin: OnceLock<PluginApi>,
    /// What its `init` returned.
    ctx: AtomicPtr<c_void>,
    answers: RwLock<Option<Answers>>,
    hold_results: bool,
    pub(crate) records: Records,
    pub(crate) strings: Registry,
}

/// C functions have no place for a tracker of their own: there is one at a time in a process.
static CURRENT: AtomicPtr<Tracker> = AtomicPtr::new(std::ptr::null_mut());

/// How a load is to be followed.
pub(crate) struct Settings {
    pub(crate) level: AbiLevel,
    pub(crate) strings: Strings,
    pub(crate) hold_results: bool,
    pub(crate) answers: Option<Answers>,
    pub(crate) trail: &'static Trail,
}

impl Tracker {
    /// Begins to follow; from now on all calls of this process come here.
    pub(crate) fn start(settings: Settings) -> io::Result<&'static Tracker> {
        Tracker::over(real_table()?, settings)
    }

    /// As [`Tracker::start`], with these functions, which the tracked ones call.
    fn over(real: HostApi, settings: Settings) -> io::Result<&'static Tracker> {
        let table = host_table::all(settings.level.version());
        let size = settings.level.host_table_size();
        let table = GuardedTable::holding(&table, size)?;
        platform::name_table(table.as_ptr(), size);
        let tracker = Tracker {
            real,
            table,
            plugin: OnceLock::new(),
            ctx: AtomicPtr::default(),
            answers: RwLock::new(settings.answers),
            hold_results: settings.hold_results,
            records: Records::new(settings.trail),
            strings: Registry::new(settings.strings, settings.level.version() >= 6),
        };
        let tracker: &'static Tracker = Box::leak(Box::new(tracker));
        CURRENT.store(std::ptr::from_ref(tracker).cast_mut(), Ordering::SeqCst);
        Ok(tracker)
    }

    /// Changes what the host answers from now on.
    pub(crate) fn answer(&self, answers: Option<Answers>) {
        let mut place = self.answers.write().unwrap_or_else(PoisonError::into_inner);
        *place = answers;
    }

    /// Calls the plugin's `destroy`, whatever is under way. The host must not use the plugin
    /// afterwards.
    pub(crate) fn destroy_at_once(&self) {
        let ctx = self.ctx.swap(std::ptr::null_mut(), Ordering::SeqCst);
        if let (Some(destroy), false) = (self.plugin().and_then(|api| api.destroy), ctx.is_null()) {
            // SAFETY: the context is what init gave, and is destroyed this once.
            unsafe { destroy(ctx) };
        }
    }

    /// The plugin's own table, once it is loaded.
    fn plugin(&self) -> Option<&PluginApi> {
        self.plugin.get()
    }
}

impl Layer for Tracker {
    fn host_table(&self) -> *const HostApi {
        self.table.as_ptr()
    }

    fn plugin_table(&self, api: PluginApi) -> PluginApi {
        // One tracker per load, so this is the first and only table.
        let api = self.plugin.get_or_init(|| api);
        plugin_table::around(api)
    }
}

impl std::fmt::Debug for Tracker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tracker").finish_non_exhaustive()
    }
}

/// The tracked functions as a table of this version.
pub(crate) fn host_table(version: u32) -> HostApi {
    host_table::all(version)
}

/// The tracker of this process. The functions of both tables, which ask, exist only once there is
/// one.
fn current() -> Option<&'static Tracker> {
    // SAFETY: only leaked trackers are stored.
    unsafe { CURRENT.load(Ordering::SeqCst).as_ref() }
}

/// The reference host's own functions: its newest table, as it would give it to a plugin.
fn real_table() -> io::Result<HostApi> {
    let table = GuardedTable::new(AbiLevel::LATEST)?;
    // SAFETY: the newest table is a whole one.
    Ok(unsafe { table.as_ptr().read_unaligned() })
}
