//! A plugin's library, opened and entered but not started: each function of its table, callable in
//! any order, as no orderly host would. The caller keeps to the ABI; what the plugin returns is
//! copied and handed back at once.

use crate::table;
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use osaurus_abi::{HostApi, PluginApi, PluginCtx};
use std::ffi::{CStr, OsStr, c_char};
use std::mem::MaybeUninit;
use std::path::Path;
use std::ptr;

type EntryV1 = unsafe extern "C" fn() -> *const PluginApi;
type EntryV2 = unsafe extern "C" fn(*const HostApi) -> *const PluginApi;

/// What `init` returned. Only [`Image::init`] makes one, so it is the plugin's own or NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ctx(PluginCtx);

// SAFETY: the ABI: the host may use the context on any of its threads, several at once; here it is
// only passed on.
unsafe impl Send for Ctx {}
// SAFETY: as above.
unsafe impl Sync for Ctx {}

impl Ctx {
    /// No context: before `init`, or as `osaurus manifest extract` calls.
    pub const NULL: Ctx = Ctx(ptr::null_mut());

    /// As the plugin's functions take it.
    pub fn as_ptr(self) -> PluginCtx {
        self.0
    }

    /// Whether `init` failed.
    pub fn is_null(self) -> bool {
        self.0.is_null()
    }
}

/// An opened library and a copy of the table that its entry returned. Dropping it closes the
/// library.
pub struct Image {
    library: Library,
    api: PluginApi,
}

/// Whether the loader still has this library in memory.
pub fn is_open(path: &Path) -> bool {
    // SAFETY: with RTLD_NOLOAD nothing is loaded, so no initialiser runs; the handle is closed
    // again at once.
    unsafe { Library::open(Some(path), RTLD_NOW | libc::RTLD_NOLOAD) }.is_ok()
}

/// dlopen and dlclose, with nothing in between.
///
/// # Errors
/// The loader's sentence.
pub fn open_and_close(path: &Path) -> Result<(), String> {
    open(path)?.close().map_err(|error| error.to_string())
}

impl Image {
    /// dlopen, as a host does (RTLD_NOW | RTLD_LOCAL), and the version 2 entry with [`table`].
    ///
    /// # Errors
    /// The loader's sentence, or that the entry returned NULL.
    pub fn open(path: &Path) -> Result<Self, String> {
        // SAFETY: the table is whole and lives forever.
        unsafe { Self::open_with(path, table()) }
    }

    /// As [`Image::open`], with NULL for the host.
    ///
    /// # Errors
    /// As [`Image::open`].
    pub fn open_without_host(path: &Path) -> Result<Self, String> {
        // SAFETY: the entry takes NULL.
        unsafe { Self::open_with(path, ptr::null()) }
    }

    /// As [`Image::open`], with a table of the caller's.
    ///
    /// # Errors
    /// As [`Image::open`].
    ///
    /// # Safety
    /// `host` is NULL or points to a table of the size that its version promises, valid during this
    /// call, and for as long as tools, routes or events of the plugin are called.
    pub unsafe fn open_with(path: &Path, host: *const HostApi) -> Result<Self, String> {
        let library = open(path)?;
        // SAFETY: as the caller promises.
        let api = unsafe { enter(&library, host) }?;
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

    /// The entry once more, in the same image: what an application does that loads the plugin
    /// again.
    ///
    /// # Errors
    /// As [`Image::open`].
    pub fn enter_again(&mut self) -> Result<(), String> {
        // SAFETY: the table is whole and lives forever.
        self.api = unsafe { enter(&self.library, table()) }?;
        Ok(())
    }

    /// The plugin's table.
    pub fn api(&self) -> &PluginApi {
        &self.api
    }

    /// `init`; [`Ctx::NULL`] when it failed or is missing.
    pub fn init(&self) -> Ctx {
        // SAFETY: init takes nothing.
        self.api
            .init
            .map_or(Ctx::NULL, |init| Ctx(unsafe { init() }))
    }

    /// `destroy`.
    pub fn destroy(&self, ctx: Ctx) {
        if let Some(destroy) = self.api.destroy {
            // SAFETY: `ctx` came from `init` or is NULL; a plugin here bears destroy during its
            // calls.
            unsafe { destroy(ctx.0) };
        }
    }

    /// `get_manifest`.
    pub fn manifest(&self, ctx: Ctx) -> Option<String> {
        // SAFETY: `ctx` came from `init` or is NULL.
        self.take(unsafe { self.api.get_manifest?(ctx.0) })
    }

    /// `invoke` of a tool, on this thread.
    pub fn invoke(&self, ctx: Ctx, tool: &CStr, payload: &CStr) -> Option<String> {
        let (invoke, kind) = (self.api.invoke?, c"tool");
        // SAFETY: `ctx` came from `init`, the strings live through the call.
        self.take(unsafe { invoke(ctx.0, kind.as_ptr(), tool.as_ptr(), payload.as_ptr()) })
    }

    /// `handle_route`, on this thread.
    pub fn route(&self, ctx: Ctx, request: &CStr) -> Option<String> {
        // SAFETY: `ctx` came from `init`, the string lives through the call.
        self.take(unsafe { self.api.handle_route?(ctx.0, request.as_ptr()) })
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

/// Calls the version 2 entry.
///
/// # Safety
/// As [`Image::open_with`].
unsafe fn enter(library: &Library, host: *const HostApi) -> Result<PluginApi, String> {
    // SAFETY: the symbol has this type by the ABI.
    let entry = unsafe { library.get::<EntryV2>(osaurus_abi::ENTRY_V2.as_bytes()) };
    let entry = entry.map_err(|error| error.to_string())?;
    // SAFETY: the caller promises the host table; the entry returns a table of version 2.
    let api = unsafe { copy(entry(host), osaurus_abi::plugin_table_size(2)) };
    api.ok_or_else(|| "the version 2 entry returned NULL".into())
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
    // SAFETY: the source has `size` bytes by contract and `size` is at most the target's; all-zero
    // is a valid table.
    unsafe {
        ptr::copy_nonoverlapping(table.cast::<u8>(), copy.as_mut_ptr().cast::<u8>(), size);
        Some(copy.assume_init())
    }
}
