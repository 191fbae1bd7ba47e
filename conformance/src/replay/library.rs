//! The plugin of a replay: its library, its table, and the calls into it, without a host around
//! them.

use super::table::FromSession;
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use osaurus_abi::{ENTRY_V1, ENTRY_V2, HostApi, PluginApi, PluginCtx};
use osaurus_reference_host::{AbiLevel, GuardedTable};
use serde_json::Value;
use std::ffi::{CStr, CString, c_char};
use std::mem::MaybeUninit;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// Why a call could not be made.
pub(super) enum CallFailure {
    /// It is not about the session.
    Failed(String),
    /// The plugin is not what it was.
    Broken(String),
}

/// Any thread may call it.
pub(super) struct Plugin {
    library: PathBuf,
    /// The recorded plugin's.
    id: String,
    level: AbiLevel,
    loaded: Mutex<Loaded>,
}

#[derive(Default, Clone, Copy)]
struct Loaded {
    api: Option<PluginApi>,
    ctx: Option<Context>,
}

#[derive(Clone, Copy)]
struct Context(PluginCtx);

// SAFETY: the ABI allows its context and functions on every thread of the host.
unsafe impl Send for Context {}

type Entry2 = unsafe extern "C" fn(*const HostApi) -> *const PluginApi;
type Entry1 = unsafe extern "C" fn() -> *const PluginApi;

impl Plugin {
    pub(super) fn new(library: PathBuf, id: String, level: AbiLevel) -> Plugin {
        Plugin {
            library,
            id,
            level,
            loaded: Mutex::default(),
        }
    }

    /// Calls a function of the plugin, or its entry; what it returned.
    pub(super) fn call(
        &self,
        slot: &str,
        args: &[Option<String>],
    ) -> Result<Option<String>, CallFailure> {
        match slot {
            _ if slot == ENTRY_V2 || slot == ENTRY_V1 => self.enter(slot).map(|()| None),
            "init" => self.init().map(|()| None),
            "get_manifest" => {
                let manifest = self.text_call(slot, args)?;
                self.check_id(manifest.as_deref().unwrap_or_default())?;
                Ok(manifest)
            }
            "invoke" | "handle_route" => self.text_call(slot, args),
            _ => self.event_call(slot, args).map(|()| None),
        }
    }

    /// A plugin that is in the process already.
    #[cfg(test)]
    pub(super) fn of(api: PluginApi, id: &str) -> Plugin {
        let plugin = Plugin::new(PathBuf::new(), id.to_owned(), AbiLevel::LATEST);
        plugin.lock().api = Some(api);
        plugin
    }

    fn enter(&self, symbol: &str) -> Result<(), CallFailure> {
        let failed = |error: &dyn std::fmt::Display| {
            CallFailure::Failed(format!("{} does not load: {error}", self.library.display()))
        };
        // SAFETY: opening a plugin runs its constructors; that is what loading means.
        let library = unsafe { Library::open(Some(&self.library), RTLD_NOW | RTLD_LOCAL) }
            .map_err(|error| failed(&error))?;
        let missing = |_| CallFailure::Broken(format!("the library has no {symbol}"));
        let api = if symbol == ENTRY_V2 {
            // SAFETY: the symbol's type is the ABI's.
            let entry = unsafe { library.get::<Entry2>(symbol.as_bytes()) }.map_err(missing)?;
            let table = GuardedTable::answered_by::<FromSession>(self.level);
            let table = Box::leak(Box::new(table.map_err(|error| failed(&error))?));
            // SAFETY: the table is valid for the rest of the process.
            unsafe { entry(table.as_ptr()) }
        } else {
            // SAFETY: the symbol's type is the ABI's, and it takes nothing.
            unsafe { library.get::<Entry1>(symbol.as_bytes()).map_err(missing)?() }
        };
        if api.is_null() {
            return Err(CallFailure::Broken(format!("{symbol} returned NULL")));
        }
        let size = if symbol == ENTRY_V2 {
            self.level.plugin_table_size()
        } else {
            osaurus_abi::plugin_table_size(1)
        };
        // SAFETY: the entry returned a table of at least this size, as the level says.
        self.lock().api = Some(unsafe { copy(api, size) });
        // Threads of a plugin may still run: its library is never closed.
        std::mem::forget(library);
        Ok(())
    }

    fn init(&self) -> Result<(), CallFailure> {
        let init = self.api()?.init.ok_or_else(|| lacks("init"))?;
        // SAFETY: init takes nothing and is called once.
        let ctx = unsafe { init() };
        if ctx.is_null() {
            return Err(CallFailure::Broken("init returned NULL".to_owned()));
        }
        self.lock().ctx = Some(Context(ctx));
        Ok(())
    }

    /// A function that returns a string.
    fn text_call(
        &self,
        slot: &str,
        args: &[Option<String>],
    ) -> Result<Option<String>, CallFailure> {
        let (api, ctx) = (self.api()?, self.ctx());
        let strings = Texts::new(args);
        let lacking = || lacks(slot);
        // SAFETY: the ABI's functions with a context of this plugin, and strings that outlive the
        // call.
        let answer = unsafe {
            match slot {
                "get_manifest" => api.get_manifest.ok_or_else(lacking)?(ctx),
                "invoke" => {
                    let invoke = api.invoke.ok_or_else(lacking)?;
                    invoke(ctx, strings.at(0), strings.at(1), strings.at(2))
                }
                _ => api.handle_route.ok_or_else(lacking)?(ctx, strings.at(0)),
            }
        };
        Ok(taken(&api, answer))
    }

    /// A function that returns nothing.
    fn event_call(&self, slot: &str, args: &[Option<String>]) -> Result<(), CallFailure> {
        let (api, ctx) = (self.api()?, self.ctx());
        let strings = Texts::new(args);
        let lacking = || lacks(slot);
        // SAFETY: as in text_call.
        unsafe {
            match slot {
                "destroy" => api.destroy.ok_or_else(lacking)?(ctx),
                "on_config_changed" => {
                    let changed = api.on_config_changed.ok_or_else(lacking)?;
                    changed(ctx, strings.at(0), strings.at(1));
                }
                "on_task_event" => {
                    let event = api.on_task_event.ok_or_else(lacking)?;
                    let kind = args.get(1).and_then(Option::as_deref).unwrap_or_default();
                    let kind = kind.parse().unwrap_or_default();
                    event(ctx, strings.at(0), kind, strings.at(2));
                }
                _ => {
                    let what = format!("the session calls {slot}, which no plugin has");
                    return Err(CallFailure::Failed(what));
                }
            }
        }
        Ok(())
    }

    fn check_id(&self, manifest: &str) -> Result<(), CallFailure> {
        let manifest: Value = serde_json::from_str(manifest).unwrap_or_default();
        match manifest["plugin_id"].as_str() {
            Some(id) if id != self.id => Err(CallFailure::Failed(format!(
                "the session is one of the plugin {}, and {} is the plugin {id}",
                self.id,
                self.library.display()
            ))),
            _ => Ok(()),
        }
    }

    fn api(&self) -> Result<PluginApi, CallFailure> {
        let not_loaded = || CallFailure::Failed("the session calls before it loads".to_owned());
        self.lock().api.ok_or_else(not_loaded)
    }

    fn ctx(&self) -> PluginCtx {
        let ctx = self.lock().ctx;
        ctx.map_or(std::ptr::null_mut(), |ctx| ctx.0)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Loaded> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Copies a plugin's string and hands it back.
fn taken(api: &PluginApi, given: *const c_char) -> Option<String> {
    if given.is_null() {
        return None;
    }
    // SAFETY: the ABI promises a NUL-terminated string until free_string.
    let text = unsafe { CStr::from_ptr(given) }
        .to_string_lossy()
        .into_owned();
    if let Some(free) = api.free_string {
        // SAFETY: the plugin's own string goes back to it, once.
        unsafe { free(given) };
    }
    Some(text)
}

fn lacks(slot: &str) -> CallFailure {
    CallFailure::Broken(format!("the plugin's table has no {slot}"))
}

/// Recorded strings as C strings.
struct Texts(Vec<Option<CString>>);

impl Texts {
    fn new(args: &[Option<String>]) -> Texts {
        let c_text = |text: &Option<String>| CString::new(text.as_deref()?).ok();
        Texts(args.iter().map(c_text).collect())
    }

    fn at(&self, index: usize) -> *const c_char {
        let text = self.0.get(index).and_then(Option::as_ref);
        text.map_or(std::ptr::null(), |text| text.as_ptr())
    }
}

/// The first `size` bytes of a plugin's table; the rest is empty.
///
/// # Safety
/// `api` points to `size` readable bytes.
unsafe fn copy(api: *const PluginApi, size: usize) -> PluginApi {
    let mut table = MaybeUninit::<PluginApi>::zeroed();
    let size = size.min(size_of::<PluginApi>());
    // SAFETY: the source has `size` bytes by contract and the target no fewer; zero is None for
    // every function.
    unsafe {
        std::ptr::copy_nonoverlapping(api.cast::<u8>(), table.as_mut_ptr().cast::<u8>(), size);
        table.assume_init()
    }
}
