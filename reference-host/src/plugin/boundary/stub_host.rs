//! The tiny host of `osaurus manifest extract`, which release scripts run: it asks a library for
//! its manifest and closes it. It promises its host table for the time of the entry alone. Today's
//! tool leaves the table where it was, so a plugin that uses it in `init` works as long as it calls
//! what is there; with March's it faults, here too. Call it in a child process.

use crate::host::errors::LoadError;
use crate::plugin::boundary::entry::Entry;
use crate::plugin::boundary::table::GuardedTable;
use crate::plugin::loader::open;
use libloading::os::unix::Library;
use osaurus_abi::{HostApi, PluginApi, host_table_size};
use std::ffi::{CStr, c_char, c_int};
use std::path::Path;
use std::ptr::null;

/// Which tool's host table a library gets. Both say version 2, and have the six slots up to `log`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StubTable {
    /// 168 bytes, where the slots after `log` are NULL. The memory stays readable after the entry,
    /// though no document promises it.
    #[default]
    Today,
    /// The tool of March 2026: 56 bytes, nothing after `log`, and gone once the entry has returned.
    March2026,
}

impl StubTable {
    fn size(self) -> usize {
        match self {
            StubTable::Today => host_table_size(2),
            StubTable::March2026 => std::mem::offset_of!(HostApi, dispatch),
        }
    }
}

/// The manifest of a library as it gives it: entry, `init`, `get_manifest`, `destroy`, dlclose.
/// Nothing is checked but that there is one. A version 1 table is read for its 40 bytes, where
/// Osaurus' own tool reads on.
pub fn extract_manifest(library: &Path, table: StubTable) -> Result<String, LoadError> {
    let library = open(library)?;
    let host = GuardedTable::holding(&host_table(), table.size())
        .map_err(|error| LoadError::Library(error.to_string()))?;
    let api = plugin_table(&library, &host)?;
    // What today's tool leaves in place until it is done.
    let _kept = (table == StubTable::Today).then_some(host);
    let (free, init, destroy, get_manifest) = required(&api)?;
    // SAFETY: the ABI's functions, called in its order on one thread; the context goes back to
    // where it came from.
    unsafe {
        let ctx = init();
        if ctx.is_null() {
            return Err(LoadError::InitFailed);
        }
        let text = get_manifest(ctx);
        let copy = (!text.is_null()).then(|| CStr::from_ptr(text).to_string_lossy().into_owned());
        if copy.is_some() {
            free(text);
        }
        destroy(ctx);
        copy.ok_or(LoadError::NoManifest)
    }
}

type Required = (
    unsafe extern "C" fn(*const c_char),
    unsafe extern "C" fn() -> osaurus_abi::PluginCtx,
    unsafe extern "C" fn(osaurus_abi::PluginCtx),
    unsafe extern "C" fn(osaurus_abi::PluginCtx) -> *const c_char,
);

fn required(api: &PluginApi) -> Result<Required, LoadError> {
    let functions = (api.free_string, api.init, api.destroy, api.get_manifest);
    let (Some(free), Some(init), Some(destroy), Some(get_manifest)) = functions else {
        return Err(LoadError::MissingFunctions {
            names: "one of free_string, init, destroy, get_manifest".into(),
            file: "the plugin's table".into(),
        });
    };
    Ok((free, init, destroy, get_manifest))
}

fn plugin_table(library: &Library, host: &GuardedTable) -> Result<PluginApi, LoadError> {
    let (api, _) = match Entry::of(library, 2)? {
        Entry::V1(entry) => entry.table()?,
        // SAFETY: the table is there during the entry, which is all that this host promises.
        Entry::V2(entry) => unsafe { entry.table(host.as_ptr(), size_of::<PluginApi>())? },
    };
    Ok(api)
}

unsafe extern "C" fn no_text(_key: *const c_char) -> *const c_char {
    null()
}

unsafe extern "C" fn no_store(_key: *const c_char, _value: *const c_char) {}

unsafe extern "C" fn no_delete(_key: *const c_char) {}

unsafe extern "C" fn no_rows(_sql: *const c_char, _params: *const c_char) -> *const c_char {
    null()
}

unsafe extern "C" fn no_log(_level: c_int, _message: *const c_char) {}

/// Version 2 with the first six slots; the rest is NULL.
fn host_table() -> HostApi {
    // SAFETY: zero is None for every function and 0 for the version.
    let empty = unsafe { std::mem::zeroed::<HostApi>() };
    HostApi {
        version: 2,
        config_get: Some(no_text),
        config_set: Some(no_store),
        config_delete: Some(no_delete),
        db_exec: Some(no_rows),
        db_query: Some(no_rows),
        log: Some(no_log),
        ..empty
    }
}
