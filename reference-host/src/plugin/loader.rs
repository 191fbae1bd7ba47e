//! Loading one library, in Osaurus' order: dlopen, entry, table, init, manifest, identity, ids,
//! compatibility, overlap. After a success the library is never closed. Scans and single loads call
//! it.

use crate::common::pool;
use crate::configuration::first_delivery;
use crate::host::core::HostCore;
use crate::host::errors::LoadError;
use crate::install::documents::PluginDocs;
use crate::install::whole_file::check_whole;
use crate::plugin::boundary::entry::Entry;
use crate::plugin::boundary::table::GuardedTable;
use crate::plugin::calls::callers;
use crate::plugin::calls::scope;
use crate::plugin::context::PluginContext;
use crate::plugin::helper;
use crate::plugin::loaded::{LoadedPlugin, Origin, Parts};
use crate::plugin::manifest::Manifest;
use crate::plugin::shutdown::{SQL_DRAIN, shut_down};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use osaurus_abi::{HostApi, PluginApi, PluginCtx};
use parking_lot::Mutex;
use std::ffi::CStr;
use std::path::Path;
use std::sync::Arc;

/// A library to load, and where it comes from.
pub(crate) struct Source<'a> {
    pub(crate) path: &'a Path,
    /// The id that its manifest must declare.
    pub(crate) installed_as: Option<&'a str>,
    /// Where its documents lie, if it is installed.
    pub(crate) version_folder: Option<&'a Path>,
    pub(crate) origin: Origin,
}

/// Loads one library by its path, takes it in and gives it its first settings.
pub(crate) fn load(
    host: &Arc<HostCore>,
    path: &Path,
    installed_as: Option<&str>,
) -> Result<Arc<LoadedPlugin>, LoadError> {
    // A bare file name would be looked for in the system's library folders.
    let path = &std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let folder = installed_id(path);
    let source = Source {
        path,
        installed_as: installed_as.or(folder.as_deref()),
        version_folder: folder.as_ref().and_then(|_| path.parent()),
        origin: Origin::Path(installed_as.map(str::to_string)),
    };
    let plugin = open_on_host_thread(host, &source)?;
    register(host, &plugin)?;
    first_delivery::run(&plugin, None);
    Ok(plugin)
}

/// The handshake, on a host thread. One plugin at a time, process-wide.
pub(crate) fn open_on_host_thread(
    host: &Arc<HostCore>,
    source: &Source<'_>,
) -> Result<Arc<LoadedPlugin>, LoadError> {
    if host.is_stopped() {
        return Err(LoadError::HostShutDown);
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("osaurus-loader".into())
            .stack_size(pool::STACK)
            .spawn_scoped(scope, || handshake(host, source));
        let failed = |reason: String| LoadError::Library(reason);
        let joined = thread.map_err(|error| failed(error.to_string()))?.join();
        joined.unwrap_or_else(|_| Err(failed("the loading thread failed".into())))
    })
}

/// `<id>` of `…/Tools/<id>/<version>/<file>`.
fn installed_id(path: &Path) -> Option<String> {
    let path = path.canonicalize().ok()?;
    let id = path.parent()?.parent()?;
    let tools = id.parent()?.file_name()?;
    (tools == "Tools").then(|| {
        id.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    })?
}

fn handshake(host: &Arc<HostCore>, source: &Source<'_>) -> Result<Arc<LoadedPlugin>, LoadError> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock();
    let library = open(source.path)?;
    let stem = source
        .path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    let context = PluginContext::new(&host.services, source.installed_as.unwrap_or(&stem));
    let mut attempt = Attempt {
        context,
        initialised: None,
        library: Some(library),
    };
    announce(host, &attempt.context);
    let result = attempt.run(host, source);
    if result.is_err() {
        attempt.abandon(host);
    }
    result
}

/// Host calls find the context from now on. While a plugin of this id is loaded they keep finding
/// that one's: the second plugin will be refused.
fn announce(host: &Arc<HostCore>, context: &Arc<PluginContext>) {
    if host.plugins.find(&context.plugin_id).is_none() {
        callers::register(host, context);
    }
}

pub(crate) fn open(path: &Path) -> Result<Library, LoadError> {
    check_whole(path)?;
    // SAFETY: opening a plugin runs its constructors; that is what loading a plugin means, in
    // Osaurus too.
    unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }.map_err(|error| {
        LoadError::Library(match error {
            libloading::Error::DlOpen { source } => source.to_string(),
            other => other.to_string(),
        })
    })
}

/// A load under way: what must be undone when it fails.
struct Attempt {
    context: Arc<PluginContext>,
    initialised: Option<(PluginApi, PluginCtx)>,
    library: Option<Library>,
}

impl Attempt {
    fn run(
        &mut self,
        host: &Arc<HostCore>,
        source: &Source<'_>,
    ) -> Result<Arc<LoadedPlugin>, LoadError> {
        let (api, abi) = self.entry(host)?;
        check_table(&api, source.path)?;
        let layer = host.settings.layer;
        let api = layer.map_or(api, |layer| layer.plugin_table(api));
        let context = Arc::clone(&self.context);
        scope::loading(context.key, || {
            self.init_and_manifest(host, (api, abi), source)
        })
    }

    /// Steps 2 to 4: the table, by value, and the effective ABI version.
    fn entry(&self, host: &Arc<HostCore>) -> Result<(PluginApi, u32), LoadError> {
        let library = self.library.as_ref().ok_or(LoadError::HostShutDown)?;
        let level = host.settings.abi;
        match Entry::of(library, level.version())? {
            Entry::V2(entry) => {
                let table = host_table(host)?;
                let size = level.plugin_table_size();
                let tapped = self.context.tapped(osaurus_abi::ENTRY_V2, None, &[]);
                // SAFETY: the table is never unmapped, nor is a layer's.
                let enter = || unsafe { entry.table(table, size) };
                let table = scope::loading(self.context.key, enter);
                tapped.ends(None);
                table
            }
            Entry::V1(entry) => {
                let tapped = self.context.tapped(osaurus_abi::ENTRY_V1, None, &[]);
                let table = entry.table();
                tapped.ends(None);
                let table = table?;
                let text = "legacy ABI 1 plugin: tools only, no host callbacks";
                host.note(&self.context.plugin_id, text);
                Ok(table)
            }
        }
    }

    /// Steps 6 to 12.
    fn init_and_manifest(
        &mut self,
        host: &Arc<HostCore>,
        (api, abi): (PluginApi, u32),
        source: &Source<'_>,
    ) -> Result<Arc<LoadedPlugin>, LoadError> {
        let tapped = self.context.tapped("init", None, &[]);
        let ctx = initialise(&api);
        tapped.ends(None);
        let ctx = ctx.ok_or(LoadError::InitFailed)?;
        self.initialised = Some((api, ctx));
        let tapped = self.context.tapped("get_manifest", None, &[]);
        let text = read_manifest(&api, ctx);
        let manifest_text = text.as_deref().map(String::from_utf8_lossy);
        tapped.ends(manifest_text.as_deref());
        let manifest = Manifest::parse(&text.ok_or(LoadError::NoManifest)?)?;
        match source.installed_as {
            Some(id) if id != manifest.plugin_id => {
                return Err(LoadError::Identity {
                    declared: manifest.plugin_id,
                    installed: id.to_string(),
                });
            }
            Some(_) => {}
            None => self.adopt(host, &manifest.plugin_id)?,
        }
        check(host, &manifest)?;
        let (_, ctx) = self.initialised.ok_or(LoadError::InitFailed)?;
        Ok(self.succeed((api, abi), ctx, manifest, source))
    }

    fn succeed(
        &mut self,
        (api, abi): (PluginApi, u32),
        ctx: PluginCtx,
        manifest: Manifest,
        source: &Source<'_>,
    ) -> Arc<LoadedPlugin> {
        let manifest = Arc::new(manifest);
        let _ = self.context.manifest.set(Arc::clone(&manifest));
        if let Some(library) = self.library.take() {
            // A loaded plugin may still have threads and handlers: its library is never closed.
            std::mem::forget(library);
        }
        let parts = Parts {
            context: Arc::clone(&self.context),
            api,
            ctx,
            abi,
            manifest,
            path: source.path.to_path_buf(),
            docs: source
                .version_folder
                .map(PluginDocs::of)
                .unwrap_or_default(),
            origin: source.origin.clone(),
        };
        LoadedPlugin::new(parts, helper::serve_host_call)
    }

    /// Outside an installed layout the manifest names the plugin; until here the file's name did.
    /// An `init` that has used the database is run again, so that all its data belongs to the
    /// manifest's id.
    fn adopt(&mut self, host: &Arc<HostCore>, plugin_id: &str) -> Result<(), LoadError> {
        if self.context.plugin_id == plugin_id {
            return Ok(());
        }
        let used_database = self.context.db.is_open();
        if used_database {
            self.destroy();
        }
        callers::unregister(&self.context);
        let by_file_name = std::mem::replace(
            &mut self.context,
            PluginContext::new(&host.services, plugin_id),
        );
        announce(host, &self.context);
        if !used_database {
            return Ok(());
        }
        by_file_name.db.discard(SQL_DRAIN);
        self.initialise_again()
    }

    fn initialise_again(&mut self) -> Result<(), LoadError> {
        let Some((api, _)) = self.initialised.take() else {
            return Err(LoadError::InitFailed);
        };
        let tapped = self.context.tapped("init", None, &[]);
        let ctx = scope::loading(self.context.key, || initialise(&api));
        tapped.ends(None);
        self.initialised = Some((api, ctx.ok_or(LoadError::InitFailed)?));
        Ok(())
    }

    /// `destroy`, if `init` succeeded.
    fn destroy(&self) {
        if let Some((api, ctx)) = self.initialised
            && let Some(destroy) = api.destroy
        {
            let tapped = self.context.tapped("destroy", None, &[]);
            // SAFETY: `ctx` is what this plugin's init returned; the callers destroy it once.
            scope::enter(self.context.key, None, || unsafe { destroy(ctx) });
            tapped.ends(None);
        }
    }

    /// A failed load: `destroy` if `init` succeeded, no more host calls, the library closed.
    fn abandon(&mut self, host: &HostCore) {
        self.destroy();
        self.initialised = None;
        callers::unregister(&self.context);
        if !self.context.db.shut_down(SQL_DRAIN) {
            host.leave_open(&self.context);
        }
        drop(self.library.take());
    }
}

fn host_table(host: &HostCore) -> Result<*const HostApi, LoadError> {
    if let Some(layer) = host.settings.layer {
        return Ok(layer.host_table());
    }
    GuardedTable::shared(&host.settings)
        .map(GuardedTable::as_ptr)
        .map_err(|error| LoadError::Library(error.to_string()))
}

fn check_table(api: &PluginApi, path: &Path) -> Result<(), LoadError> {
    let required = [
        ("free_string", api.free_string.is_none()),
        ("init", api.init.is_none()),
        ("destroy", api.destroy.is_none()),
        ("get_manifest", api.get_manifest.is_none()),
        ("invoke", api.invoke.is_none()),
    ];
    let missing: Vec<&str> = required
        .iter()
        .filter(|(_, missing)| *missing)
        .map(|(name, _)| *name)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let file = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned();
    Err(LoadError::MissingFunctions {
        names: missing.join(", "),
        file,
    })
}

fn initialise(api: &PluginApi) -> Option<PluginCtx> {
    // SAFETY: the table was checked; init takes nothing and is called once per load.
    let ctx = unsafe { api.init?() };
    (!ctx.is_null()).then_some(ctx)
}

fn read_manifest(api: &PluginApi, ctx: PluginCtx) -> Option<Vec<u8>> {
    // SAFETY: `ctx` came from this plugin's init.
    let text = unsafe { api.get_manifest?(ctx) };
    if text.is_null() {
        return None;
    }
    // SAFETY: the ABI promises a NUL-terminated string that is the host's until free_string.
    let bytes = unsafe { CStr::from_ptr(text) }.to_bytes().to_vec();
    if let Some(free) = api.free_string {
        // SAFETY: the plugin's own string goes back to it, once.
        unsafe { free(text) };
    }
    Some(bytes)
}

/// Ids, requirements, routes that pages would hide.
fn check(host: &HostCore, manifest: &Manifest) -> Result<(), LoadError> {
    let settings = &host.settings;
    let system = settings.system_version.as_deref();
    manifest.check_ids()?;
    for text in manifest.unreadable_requirements(settings.osaurus_version(), system) {
        host.note(&manifest.plugin_id, &text);
    }
    // Quirk 19: a document says that the host does not look at min_osaurus.
    let osaurus = (!settings.profile.documented()).then(|| settings.osaurus_version());
    manifest.check_compatibility(osaurus, system)?;
    manifest.check_web_overlap()
}

/// The first plugin of an id stays; a second one is shut down again.
pub(crate) fn register(host: &Arc<HostCore>, plugin: &Arc<LoadedPlugin>) -> Result<(), LoadError> {
    let first = {
        let mut plugins = host.plugins.lock();
        let first = plugins.iter().find(|loaded| loaded.id() == plugin.id());
        let first = first.map(|first| first.path().display().to_string());
        if first.is_none() {
            plugins.push(Arc::clone(plugin));
        }
        first
    };
    let Some(first) = first else {
        callers::register(host, plugin.context());
        return Ok(());
    };
    shut_down(host, plugin);
    Err(LoadError::Duplicate {
        id: plugin.id().to_string(),
        first,
    })
}
