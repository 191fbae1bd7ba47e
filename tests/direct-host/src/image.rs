//! A plugin's library, opened and entered but not started: each function of its table, callable in any order, as
//! no orderly host would. The caller keeps to the ABI; what the plugin returns is copied and handed back at once.

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use osaurus_abi::{HostApi, PluginApi, PluginCtx};
use std::ffi::{CStr, OsStr, c_char};
use std::mem::MaybeUninit;
use std::path::Path;
use std::ptr;

type EntryV1 = unsafe extern "C" fn() -> *const PluginApi;
type EntryV2 = unsafe extern "C" fn(*const HostApi) -> *const PluginApi;

/// An opened library and a copy of the table that its entry returned. Dropping it closes the library.
pub struct Image {
    library: Library,
    api: PluginApi,
}

/// Whether the loader still has this library in memory.
pub fn is_open(path: &Path) -> bool {
    // SAFETY: with RTLD_NOLOAD nothing is loaded, so no initialiser runs; the handle is closed again at once.
    unsafe { Library::open(Some(path), RTLD_NOW | libc::RTLD_NOLOAD) }.is_ok()
}

impl Image {
    /// dlopen, as a host does: RTLD_NOW | RTLD_LOCAL, and the version 2 entry with `host`, which may be NULL.
    ///
    /// # Errors
    /// The loader's sentence, or that the entry returned NULL.
    pub fn open(path: &Path, host: *const HostApi) -> Result<Self, String> {
        let library = open(path)?;
        // SAFETY: the symbol has this type by the ABI.
        let entry = unsafe { library.get::<EntryV2>(osaurus_abi::ENTRY_V2.as_bytes()) };
        let entry = entry.map_err(|error| error.to_string())?;
        // SAFETY: the entry takes NULL or a table that is valid during the call, and returns a table of version 2.
        let api = unsafe { copy(entry(host), osaurus_abi::plugin_table_size(2)) };
        let api = api.ok_or("the version 2 entry returned NULL")?;
        Ok(Self { library, api })
    }

    /// dlopen and the version 1 entry; only the 40 bytes that such a host knows are read.
    ///
    /// # Errors
    /// As [`Image::open`].
    pub fn open_v1(path: &Path) -> Result<Self, String> {
        let library = open(path)?;
        // SAFETY: the symbol has this type by the ABI.
        let entry = unsafe { library.get::<EntryV1>(osaurus_abi::ENTRY_V1.as_bytes()) };
        let entry = entry.map_err(|error| error.to_string())?;
        // SAFETY: the version 1 entry takes nothing and returns a table of version 1.
        let api = unsafe { copy(entry(), osaurus_abi::plugin_table_size(1)) };
        let api = api.ok_or("the version 1 entry returned NULL")?;
        Ok(Self { library, api })
    }

    /// The entry once more, in the same image: what an application does that loads the plugin again.
    ///
    /// # Errors
    /// As [`Image::open`].
    pub fn enter_again(&mut self, host: *const HostApi) -> Result<(), String> {
        // SAFETY: as in `open`.
        let entry = unsafe {
            self.library
                .get::<EntryV2>(osaurus_abi::ENTRY_V2.as_bytes())
        };
        let entry = entry.map_err(|error| error.to_string())?;
        // SAFETY: as in `open`.
        let api = unsafe { copy(entry(host), osaurus_abi::plugin_table_size(2)) };
        self.api = api.ok_or("the version 2 entry returned NULL")?;
        Ok(())
    }

    /// The plugin's table.
    pub fn api(&self) -> &PluginApi {
        &self.api
    }

    /// `init`; NULL when it failed or is missing.
    pub fn init(&self) -> PluginCtx {
        // SAFETY: init takes nothing.
        self.api
            .init
            .map_or(ptr::null_mut(), |init| unsafe { init() })
    }

    /// `destroy`.
    pub fn destroy(&self, ctx: PluginCtx) {
        if let Some(destroy) = self.api.destroy {
            // SAFETY: `ctx` came from `init` or is NULL, and no call runs.
            unsafe { destroy(ctx) };
        }
    }

    /// `get_manifest`; `ctx` may be NULL.
    pub fn manifest(&self, ctx: PluginCtx) -> Option<String> {
        // SAFETY: `ctx` came from `init` or is NULL.
        self.take(unsafe { self.api.get_manifest?(ctx) })
    }

    /// `invoke` of a tool, on this thread.
    pub fn invoke(&self, ctx: PluginCtx, tool: &CStr, payload: &CStr) -> Option<String> {
        let invoke = self.api.invoke?;
        // SAFETY: `ctx` came from `init`, the strings live through the call.
        self.take(unsafe { invoke(ctx, c"tool".as_ptr(), tool.as_ptr(), payload.as_ptr()) })
    }

    /// `handle_route`, on this thread.
    pub fn route(&self, ctx: PluginCtx, request: &CStr) -> Option<String> {
        // SAFETY: `ctx` came from `init`, the string lives through the call.
        self.take(unsafe { self.api.handle_route?(ctx, request.as_ptr()) })
    }

    /// dlclose.
    ///
    /// # Errors
    /// The loader's sentence.
    pub fn close(self) -> Result<(), String> {
        self.library.close().map_err(|error| error.to_string())
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

fn open(path: &Path) -> Result<Library, String> {
    // SAFETY: the library is a plugin of this project; its initialisers do nothing.
    let library =
        unsafe { Library::open(Some(AsRef::<OsStr>::as_ref(path)), RTLD_NOW | RTLD_LOCAL) };
    library.map_err(|error| format!("{}: {error}", path.display()))
}

/// Copies `size` bytes of a table and leaves the rest zero, which is NULL for every function.
///
/// # Safety
/// A non-null `table` points to `size` readable bytes, at most a whole table's.
unsafe fn copy(table: *const PluginApi, size: usize) -> Option<PluginApi> {
    if table.is_null() {
        return None;
    }
    let mut copy = MaybeUninit::<PluginApi>::zeroed();
    // SAFETY: the source has `size` bytes by contract and `size` is at most the target's; all-zero is a valid table.
    unsafe {
        ptr::copy_nonoverlapping(table.cast::<u8>(), copy.as_mut_ptr().cast::<u8>(), size);
        Some(copy.assume_init())
    }
}
