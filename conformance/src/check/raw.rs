//! A plugin called by hand: the library's own functions, with no host between. For rules about the
//! first calls, for which the caller lays out the host table itself. Every call is noted in the
//! trail. A library stays open unless it is closed: closing runs a plugin's destructors.

use super::trail::{self, Trail};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use osaurus_abi::{ENTRY_V1, ENTRY_V2, HostApi, PluginApi, PluginCtx};
use std::borrow::Cow;
use std::ffi::{CStr, CString, c_char};
use std::mem::{ManuallyDrop, MaybeUninit};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

type EntryV2 = unsafe extern "C" fn(*const HostApi) -> *const PluginApi;
type EntryV1 = unsafe extern "C" fn() -> *const PluginApi;

/// An open library.
#[derive(Debug)]
pub struct RawLibrary {
    library: ManuallyDrop<Library>,
    trail: &'static Trail,
}

/// A plugin's table, as its entry gave it.
#[derive(Clone, Copy)]
pub struct RawPlugin {
    /// The table, copied; of a version 1 table the first 40 bytes.
    pub api: PluginApi,
    /// Where the plugin keeps it.
    pub address: usize,
    trail: &'static Trail,
}

impl RawLibrary {
    pub(super) fn open(path: &Path, trail: &'static Trail) -> Result<RawLibrary, String> {
        let path = std::path::absolute(path).map_err(|error| error.to_string())?;
        // SAFETY: opening a plugin runs its constructors; that is what this process is for.
        let library = noted(
            trail,
            || "dlopen".into(),
            || unsafe { Library::open(Some(&path), RTLD_NOW | RTLD_LOCAL) },
        );
        library
            .map(|library| RawLibrary {
                library: ManuallyDrop::new(library),
                trail,
            })
            .map_err(|error| match error {
                libloading::Error::DlOpen { source } => source.to_string(),
                other => other.to_string(),
            })
    }

    /// Whether the library exports this symbol.
    pub fn exports(&self, symbol: &str) -> bool {
        // SAFETY: the symbol is looked up and not used.
        unsafe { self.library.get::<*const ()>(symbol.as_bytes()) }.is_ok()
    }

    /// Calls `osaurus_plugin_entry_v2`; None when there is none or it returns NULL.
    ///
    /// # Safety
    /// `host` must be NULL or point to what the rule wants the plugin to meet; a plugin that reads
    /// it wrongly faults.
    pub unsafe fn enter(&self, host: *const HostApi) -> Option<RawPlugin> {
        // SAFETY: the symbol's type is the ABI's; nothing about it can be checked further.
        let entry = unsafe { self.library.get::<EntryV2>(ENTRY_V2.as_bytes()) }.ok()?;
        let text = || {
            if host.is_null() {
                format!("{ENTRY_V2}(NULL)")
            } else {
                format!("{ENTRY_V2}(host)")
            }
        };
        // SAFETY: by this function's contract.
        let api = noted(self.trail, text, || unsafe { entry(host) });
        // SAFETY: a non-null result of this entry is a whole plugin table.
        unsafe { RawPlugin::at(api, size_of::<PluginApi>(), self.trail) }
    }

    /// Calls `osaurus_plugin_entry`; None when there is none or it returns NULL.
    pub fn enter_v1(&self) -> Option<RawPlugin> {
        // SAFETY: as in `enter`.
        let entry = unsafe { self.library.get::<EntryV1>(ENTRY_V1.as_bytes()) }.ok()?;
        // SAFETY: the entry takes nothing.
        let api = noted(
            self.trail,
            || format!("{ENTRY_V1}()"),
            || unsafe { entry() },
        );
        // SAFETY: a version 1 table has 40 bytes.
        unsafe { RawPlugin::at(api, osaurus_abi::plugin_table_size(1), self.trail) }
    }

    /// Closes the library. Its image may stay, where something in it holds it.
    pub fn close(self) -> bool {
        let library = ManuallyDrop::into_inner(self.library);
        noted(self.trail, || "dlclose".into(), || library.close()).is_ok()
    }
}

impl RawPlugin {
    /// A plugin by its table; None for NULL.
    ///
    /// # Safety
    /// A non-null `api` must point to `size` readable bytes, no more than a table has.
    unsafe fn at(api: *const PluginApi, size: usize, trail: &'static Trail) -> Option<RawPlugin> {
        if api.is_null() {
            return None;
        }
        let mut copy = MaybeUninit::<PluginApi>::zeroed();
        // SAFETY: `size` bytes are readable by contract, and fit; zero is None for every function.
        let api_copy = unsafe {
            std::ptr::copy_nonoverlapping(api.cast::<u8>(), copy.as_mut_ptr().cast(), size);
            copy.assume_init()
        };
        Some(RawPlugin {
            api: api_copy,
            address: api as usize,
            trail,
        })
    }

    /// Calls `init`; None for NULL or no such function.
    pub fn init(&self) -> Option<PluginCtx> {
        let init = self.api.init?;
        // SAFETY: init takes nothing.
        let ctx = noted(self.trail, || "init()".into(), || unsafe { init() });
        (!ctx.is_null()).then_some(ctx)
    }

    /// Calls `destroy`.
    pub fn destroy(&self, ctx: PluginCtx) {
        if let Some(destroy) = self.api.destroy {
            // SAFETY: the caller hands on what init gave, or NULL on purpose.
            noted(
                self.trail,
                || "destroy(ctx)".into(),
                || unsafe { destroy(ctx) },
            );
        }
    }

    /// Calls `get_manifest` and hands the string back; None for NULL.
    pub fn manifest(&self, ctx: PluginCtx) -> Option<Vec<u8>> {
        let get = self.api.get_manifest?;
        let text = || {
            if ctx.is_null() {
                "get_manifest(NULL)".into()
            } else {
                "get_manifest(ctx)".into()
            }
        };
        // SAFETY: as for destroy.
        let text = noted(self.trail, text, || unsafe { get(ctx) });
        self.take(text)
    }

    /// Calls `invoke` and hands the string back; None for NULL.
    pub fn invoke(&self, ctx: PluginCtx, kind: &str, id: &str, payload: &[u8]) -> Option<Vec<u8>> {
        self.take(self.invoke_and_keep(ctx, kind, id, payload))
    }

    /// Calls `invoke`; the string is still the plugin's.
    pub fn invoke_and_keep(
        &self,
        ctx: PluginCtx,
        kind: &str,
        id: &str,
        payload: &[u8],
    ) -> *const c_char {
        let Some(invoke) = self.api.invoke else {
            return std::ptr::null();
        };
        let [kind, id, payload] = [kind.as_bytes(), id.as_bytes(), payload].map(c_text);
        let text = || format!("invoke({kind:?}, {id:?}, {})", plain(&payload));
        // SAFETY: ctx is what init gave; the strings live until the call returns.
        noted(self.trail, text, || unsafe {
            invoke(ctx, kind.as_ptr(), id.as_ptr(), payload.as_ptr())
        })
    }

    /// Calls `handle_route`, if there is one, and hands the string back.
    pub fn route(&self, ctx: PluginCtx, request: &[u8]) {
        if let Some(handle) = self.api.handle_route {
            let request = c_text(request);
            let text = || format!("handle_route({})", plain(&request));
            // SAFETY: as for invoke.
            let answer = noted(self.trail, text, || unsafe {
                handle(ctx, request.as_ptr())
            });
            self.take(answer);
        }
    }

    /// Calls `on_config_changed`, if there is one.
    pub fn config_changed(&self, ctx: PluginCtx, key: &[u8], value: &[u8]) {
        if let Some(changed) = self.api.on_config_changed {
            let [key, value] = [key, value].map(c_text);
            let text = || format!("on_config_changed({}, {})", quoted(&key), quoted(&value));
            // SAFETY: as for invoke.
            noted(self.trail, text, || unsafe {
                changed(ctx, key.as_ptr(), value.as_ptr());
            });
        }
    }

    /// Calls `on_task_event`, if there is one.
    pub fn task_event(&self, ctx: PluginCtx, task: &str, kind: i32, payload: &[u8]) {
        if let Some(event) = self.api.on_task_event {
            let [task, payload] = [task.as_bytes(), payload].map(c_text);
            let text = || format!("on_task_event({task:?}, {kind}, {})", quoted(&payload));
            // SAFETY: as for invoke.
            noted(self.trail, text, || unsafe {
                event(ctx, task.as_ptr(), kind, payload.as_ptr());
            });
        }
    }

    /// Calls `on_config_changed` with NULL as the value, as a helper process does for one that was
    /// cleared.
    pub fn config_cleared(&self, ctx: PluginCtx, key: &str) {
        let Some(changed) = self.api.on_config_changed else {
            return;
        };
        let text = || format!("on_config_changed({key:?}, NULL)");
        let key = CString::new(key).unwrap_or_default();
        // SAFETY: ctx is what init gave; the key lives until the call returns, and the value may be
        // NULL.
        noted(self.trail, text, || unsafe {
            changed(ctx, key.as_ptr(), std::ptr::null());
        });
    }

    /// Calls `free_string`.
    ///
    /// # Safety
    /// `text` must be NULL or a string of this plugin that was not yet handed back.
    pub unsafe fn free(&self, text: *const c_char) {
        if let Some(free) = self.api.free_string {
            let display = || {
                if text.is_null() {
                    "free_string(NULL)".into()
                } else {
                    "free_string(text)".into()
                }
            };
            // SAFETY: by this function's contract.
            noted(self.trail, display, || unsafe { free(text) });
        }
    }

    /// Copies a string of the plugin's and hands it back.
    fn take(&self, text: *const c_char) -> Option<Vec<u8>> {
        if text.is_null() {
            return None;
        }
        // SAFETY: the ABI promises a NUL-terminated string that is ours until free_string.
        let bytes = unsafe { CStr::from_ptr(text) }.to_bytes().to_vec();
        // SAFETY: it goes back once.
        unsafe { self.free(text) };
        Some(bytes)
    }
}

impl std::fmt::Debug for RawPlugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawPlugin")
            .field("version", &self.api.version)
            .finish_non_exhaustive()
    }
}

/// A C string; one with a NUL in it ends there.
fn c_text(bytes: &[u8]) -> CString {
    CString::new(bytes).unwrap_or_else(|error| {
        let end = error.nul_position();
        CString::new(&bytes[..end]).unwrap_or_default()
    })
}

/// As much of an argument as the trail has room for: some have megabytes.
fn start_of(text: &CStr) -> &[u8] {
    let bytes = text.to_bytes();
    &bytes[..bytes.len().min(trail::LINE)]
}

/// [`start_of`] as it is.
fn plain(text: &CStr) -> Cow<'_, str> {
    String::from_utf8_lossy(start_of(text))
}

/// [`start_of`] in quotes.
fn quoted(text: &CStr) -> String {
    format!("\"{}\"", start_of(text).escape_ascii())
}

/// Runs a call with its trail.
fn noted<T>(trail: &Trail, text: impl FnOnce() -> String, call: impl FnOnce() -> T) -> T {
    // Numbers of calls by hand and of tracked calls must not meet.
    static NEXT: AtomicU64 = AtomicU64::new(1 << 40);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    trail.begins(
        number,
        &crate::check::tracked::this_thread().to_string(),
        &text(),
    );
    let result = call();
    trail.ends(number);
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::trail::open_calls;
    use std::ptr::null_mut;
    use std::sync::Mutex;

    /// What the plugin got, and results that are out.
    static SEEN: Mutex<(Vec<String>, usize)> = Mutex::new((Vec::new(), 0));

    fn seen(what: &str, strings: &[*const c_char]) {
        let text = |text: &*const c_char| match text.is_null() {
            true => "NULL".to_owned(),
            // SAFETY: the caller's strings.
            false => unsafe { CStr::from_ptr(*text) }
                .to_string_lossy()
                .into_owned(),
        };
        let strings: Vec<String> = strings.iter().map(text).collect();
        let line = format!("{what} {}", strings.join(" "));
        SEEN.lock().unwrap().0.push(line);
    }

    fn result(text: &CStr) -> *const c_char {
        SEEN.lock().unwrap().1 += 1;
        text.to_owned().into_raw()
    }

    unsafe extern "C" fn free_string(text: *const c_char) {
        if !text.is_null() {
            SEEN.lock().unwrap().1 -= 1;
            // SAFETY: made by `result`; a second time would be a double free.
            drop(unsafe { CString::from_raw(text.cast_mut()) });
        }
    }

    unsafe extern "C" fn get_manifest(_: PluginCtx) -> *const c_char {
        result(c"{}")
    }

    unsafe extern "C" fn invoke(
        _: PluginCtx,
        kind: *const c_char,
        id: *const c_char,
        payload: *const c_char,
    ) -> *const c_char {
        seen("invoke", &[kind, id, payload]);
        result(c"done")
    }

    unsafe extern "C" fn on_config_changed(_: PluginCtx, key: *const c_char, value: *const c_char) {
        seen("changed", &[key, value]);
    }

    fn table() -> PluginApi {
        PluginApi {
            free_string: Some(free_string),
            init: None,
            destroy: None,
            get_manifest: Some(get_manifest),
            invoke: Some(invoke),
            version: 2,
            handle_route: None,
            on_config_changed: Some(on_config_changed),
            on_task_event: None,
        }
    }

    fn trail() -> (tempfile::TempDir, &'static Trail) {
        let folder = tempfile::tempdir().unwrap();
        let trail = Trail::create(&folder.path().join("trail")).unwrap();
        (folder, Box::leak(Box::new(trail)))
    }

    #[test]
    fn strings_go_in_whole_or_up_to_a_nul_and_results_go_back() {
        let (folder, trail) = trail();
        let table = table();
        // SAFETY: a whole table.
        let plugin = unsafe { RawPlugin::at(&raw const table, size_of::<PluginApi>(), trail) };
        let plugin = plugin.unwrap();
        let ctx = null_mut();
        assert_eq!(plugin.manifest(ctx).as_deref(), Some(&b"{}"[..]));
        let answer = plugin.invoke(ctx, "tool", "a", b"x\0y");
        assert_eq!(answer.as_deref(), Some(&b"done"[..]));
        plugin.config_changed(ctx, b"key", b"value");
        plugin.config_cleared(ctx, "key");
        let answer = plugin.invoke_and_keep(ctx, "tool", "b", b"{}");
        assert_eq!(SEEN.lock().unwrap().1, 1);
        // SAFETY: the plugin's own string, once, and NULL.
        unsafe {
            plugin.free(answer);
            plugin.free(std::ptr::null());
        }
        let calls = SEEN.lock().unwrap();
        let strings = [
            "invoke tool a x",
            "changed key value",
            "changed key NULL",
            "invoke tool b {}",
        ];
        assert_eq!(
            (&calls.0[..], calls.1),
            (&strings.map(str::to_owned)[..], 0)
        );
        let trail = std::fs::read(folder.path().join("trail")).unwrap();
        assert_eq!(open_calls(&trail), [], "each call has ended");
    }

    #[test]
    fn a_table_of_version_1_is_read_to_its_end_and_no_further() {
        let (_folder, trail) = trail();
        let whole = table();
        let size = osaurus_abi::plugin_table_size(1);
        // Words, so that it lies as a table does; as many as version 1 has.
        let mut short = vec![0_usize; size / size_of::<usize>()];
        // SAFETY: as many bytes as both have, one way and the other.
        let plugin = unsafe {
            let source = (&raw const whole).cast::<u8>();
            std::ptr::copy_nonoverlapping(source, short.as_mut_ptr().cast(), size);
            RawPlugin::at(short.as_ptr().cast(), size, trail)
        };
        let api = plugin.unwrap().api;
        assert!(api.invoke.is_some() && api.on_config_changed.is_none());
        assert_eq!(api.version, 0);
        // SAFETY: NULL needs no bytes.
        assert!(unsafe { RawPlugin::at(std::ptr::null(), size, trail) }.is_none());
    }
}
