//! A library's entry: which of the two symbols it has, and the plugin table that it gives. The
//! loader, the helper and the stub host begin with it.

use crate::host::errors::LoadError;
use libloading::os::unix::Library;
use osaurus_abi::{HostApi, PluginApi};
use std::mem::MaybeUninit;

/// The entry that a host of some version calls.
pub(crate) enum Entry {
    V2(EntryV2),
    V1(EntryV1),
}

/// Takes a host table.
pub(crate) struct EntryV2(unsafe extern "C" fn(*const HostApi) -> *const PluginApi);

/// Takes nothing; its plugin has tools alone.
pub(crate) struct EntryV1(unsafe extern "C" fn() -> *const PluginApi);

impl Entry {
    /// The newer one if the library has it; hosts of version 1 know the old one only.
    pub(crate) fn of(library: &Library, host_version: u32) -> Result<Entry, LoadError> {
        if host_version >= 2 {
            // SAFETY: the symbol's type is the ABI's; nothing about it can be checked further.
            let newer = unsafe { library.get(osaurus_abi::ENTRY_V2.as_bytes()) };
            if let Ok(entry) = newer {
                return Ok(Entry::V2(EntryV2(*entry)));
            }
        }
        // SAFETY: as above.
        let old = unsafe { library.get(osaurus_abi::ENTRY_V1.as_bytes()) };
        let missing = |_| LoadError::MissingEntry(expected(host_version));
        Ok(Entry::V1(EntryV1(*old.map_err(missing)?)))
    }
}

impl EntryV2 {
    /// The plugin's table by value, its first `size` bytes, and the effective version: whatever the
    /// table says, but at least 2.
    ///
    /// # Safety
    /// `host` is a host table that is readable for as long as the caller promises it to the plugin.
    pub(crate) unsafe fn table(
        &self,
        host: *const HostApi,
        size: usize,
    ) -> Result<(PluginApi, u32), LoadError> {
        // SAFETY: the ABI's entry takes a host table, and the caller's is one.
        let api = unsafe { (self.0)(host) };
        // SAFETY: a non-null result is a plugin table of at least the size that this host's version
        // reads.
        let api = unsafe { copied(api, size) }.ok_or(LoadError::NullV2Api)?;
        Ok((api, api.version.max(2)))
    }
}

impl EntryV1 {
    /// The plugin's table by value and its version: 1, whatever follows the table's 40 bytes.
    pub(crate) fn table(&self) -> Result<(PluginApi, u32), LoadError> {
        // SAFETY: the version 1 entry takes nothing.
        let api = unsafe { (self.0)() };
        // SAFETY: a version 1 table has 40 bytes; no more are read.
        let api = unsafe { copied(api, osaurus_abi::plugin_table_size(1)) };
        Ok((api.ok_or(LoadError::NullV1Api)?, 1))
    }
}

fn expected(host_version: u32) -> &'static str {
    if host_version < 2 {
        "osaurus_plugin_entry"
    } else {
        "osaurus_plugin_entry_v2 or osaurus_plugin_entry"
    }
}

/// The first `size` bytes of a plugin's table; the rest is zero.
///
/// # Safety
/// A non-null `api` must point to `size` readable bytes.
unsafe fn copied(api: *const PluginApi, size: usize) -> Option<PluginApi> {
    if api.is_null() {
        return None;
    }
    let mut copy = MaybeUninit::<PluginApi>::zeroed();
    let size = size.min(size_of::<PluginApi>());
    // SAFETY: the source has `size` bytes by contract, the target is at least as big; zero is None
    // for every function and 0 for the version, so the value is initialised.
    unsafe {
        std::ptr::copy_nonoverlapping(api.cast::<u8>(), copy.as_mut_ptr().cast::<u8>(), size);
        Some(copy.assume_init())
    }
}
