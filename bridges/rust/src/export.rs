//! The C side of a plugin: both entry symbols, the plugin table and its functions.
//! [`export!`](crate::export!) is how a plugin gets them. No panic leaves a function here, and no
//! host slot is read outside a call of the host.

use crate::envelope::{self, Kind};
use crate::frame::{Frame, budget, log, report_panic};
use crate::lifecycle;
use crate::log_queue;
use crate::panics;
use crate::plugin::Plugin;
use crate::text::{self, BadText};
use osaurus_abi::{HostApi, PluginApi, PluginCtx, log_level};
use serde_json::Value;
use std::ffi::{c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

/// The time of a frame without a deadline: long, and an instant can be moved by it.
const NO_LIMIT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Exports a [`Plugin`] from a `cdylib`: both entry symbols and all that they lead to. Once per
/// library.
///
/// ```
/// use osaurus_plugin::{Frame, Plugin, envelope, export};
/// use serde_json::json;
///
/// struct Hello;
///
/// impl Plugin for Hello {
///     fn manifest() -> &'static str {
///         r#"{"plugin_id": "dev.example.hello", "capabilities": {"tools": []}}"#
///     }
///     fn start() -> Result<Self, String> {
///         Ok(Hello)
///     }
///     fn invoke(&self, frame: &Frame, _kind: &str, id: &str, _payload: &str) -> String {
///         envelope::success(json!(format!("{id} on a host of version {}", frame.abi_version())))
///     }
/// }
///
/// export!(Hello);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! export {
    ($plugin:ty) => {
        const _: () = {
            static IMAGE: $crate::export::Image<$plugin> = $crate::export::Image::new();

            impl $crate::export::Exported for $plugin {
                fn image() -> &'static $crate::export::Image<Self> {
                    &IMAGE
                }

                fn entry_v2() -> $crate::export::Entry {
                    osaurus_plugin_entry_v2
                }
            }

            /// The entry of ABI version 2 and later: keeps `host` without reading it; NULL is
            /// allowed.
            // SAFETY: the ABI's own symbol, exported once per library by this macro.
            #[unsafe(no_mangle)]
            pub extern "C" fn osaurus_plugin_entry_v2(
                host: *const $crate::abi::HostApi,
            ) -> *const $crate::abi::PluginApi {
                $crate::export::entry::<$plugin>(host)
            }

            /// The entry of ABI version 1: the same plugin without a host.
            // SAFETY: as above.
            #[unsafe(no_mangle)]
            pub extern "C" fn osaurus_plugin_entry() -> *const $crate::abi::PluginApi {
                $crate::export::entry::<$plugin>(::core::ptr::null())
            }
        };
    };
}

/// A plugin with a place in its library. Implemented by [`export!`](crate::export!) only.
pub trait Exported: Plugin {
    /// The library's one image of the plugin.
    fn image() -> &'static Image<Self>;

    /// The library's own entry, for hosts that are linked with it: tests.
    fn entry_v2() -> Entry;
}

/// The entry of ABI version 2 and later.
pub type Entry = unsafe extern "C" fn(*const HostApi) -> *const PluginApi;

/// The static state of a plugin's library.
pub struct Image<P> {
    table: OnceLock<PluginApi>,
    instance: RwLock<Option<Instance<P>>>,
}

enum Instance<P> {
    Running(Arc<P>),
    /// `start` failed with this text.
    Failed(Arc<str>),
}

impl<P: Plugin> Image<P> {
    /// An image that was not entered yet.
    #[expect(clippy::new_without_default, reason = "only for statics")]
    pub const fn new() -> Self {
        Image {
            table: OnceLock::new(),
            instance: RwLock::new(None),
        }
    }

    /// The running plugin, or a sentence that says why there is none.
    fn running(&self) -> Result<Arc<P>, String> {
        match &*self.instance.read().unwrap_or_else(PoisonError::into_inner) {
            Some(Instance::Running(plugin)) => Ok(Arc::clone(plugin)),
            Some(Instance::Failed(text)) => Err(format!("the plugin could not start: {text}")),
            None => Err(
                "the plugin is not running: expected a call between init and destroy; load it again"
                    .to_owned(),
            ),
        }
    }
}

/// Both entries: keeps the pointer, reads nothing, returns the library's one table. `version` is 2
/// because the plugin table has not grown since version 2; the host's version is what tells which
/// host functions there are. A version 1 host reads the first 40 of the 72 bytes.
pub fn entry<P: Exported>(host: *const HostApi) -> *const PluginApi {
    let table = catch_unwind(|| {
        lifecycle::set_host(host, plugin_id::<P>);
        crate::table::set_min_v2_revision(P::min_v2_revision());
        ptr::from_ref(P::image().table.get_or_init(build_table::<P>))
    });
    table.unwrap_or_else(|panic| {
        panics::swallow(panic);
        ptr::null()
    })
}

fn build_table<P: Exported>() -> PluginApi {
    let handlers = P::handlers();
    PluginApi {
        free_string: Some(free_string),
        init: Some(init::<P>),
        destroy: Some(destroy::<P>),
        get_manifest: Some(get_manifest::<P>),
        invoke: Some(invoke::<P>),
        version: 2,
        handle_route: handlers.route.then_some(handle_route::<P> as _),
        on_config_changed: handlers.config.then_some(on_config_changed::<P> as _),
        on_task_event: handlers.task.then_some(on_task_event::<P> as _),
    }
}

/// The manifest's `plugin_id`, read once.
fn plugin_id<P: Plugin>() -> &'static str {
    static ID: OnceLock<String> = OnceLock::new();
    ID.get_or_init(|| {
        let id = catch_unwind(|| {
            let manifest: Value = serde_json::from_str(P::manifest()).ok()?;
            Some(manifest.get("plugin_id")?.as_str()?.to_owned())
        });
        id.ok().flatten().unwrap_or_else(|| "plugin".to_owned())
    })
}

unsafe extern "C" fn free_string(text: *const c_char) {
    // SAFETY: the ABI: the host hands back, once, what invoke, handle_route or get_manifest
    // returned.
    unsafe { text::take_back(text) }
}

unsafe extern "C" fn init<P: Exported>() -> PluginCtx {
    let started = catch_unwind(|| {
        let image = P::image();
        let mut instance = image
            .instance
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if instance.is_none() {
            log_queue::accept_early();
            *instance = Some(start::<P>());
        }
        // A token that is not NULL. It is never followed, so a NULL or stale context does no harm.
        ptr::from_ref(image).cast_mut().cast()
    });
    started.unwrap_or_else(|panic| {
        panics::swallow(panic);
        ptr::null_mut()
    })
}

fn start<P: Plugin>() -> Instance<P> {
    let failure = match catch_unwind(P::start) {
        Ok(Ok(plugin)) => return Instance::Running(Arc::new(plugin)),
        Ok(Err(text)) => text,
        Err(panic) => format!("it panicked: {}", panics::text_of(panic)),
    };
    log(
        log_level::ERROR,
        &format!("the plugin could not start: {failure}"),
    );
    Instance::Failed(failure.into())
}

unsafe extern "C" fn destroy<P: Exported>(_ctx: PluginCtx) {
    let stopped = catch_unwind(|| {
        let instance = P::image()
            .instance
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        // Calls outside frames are short, but for those of a plugin that uses `Unscoped`; destroy
        // must be quick.
        lifecycle::close(Duration::from_millis(500));
        log_queue::forget_early();
        if let Some(Instance::Running(plugin)) = instance {
            plugin.stop();
        }
    });
    if let Err(panic) = stopped {
        panics::swallow(panic);
    }
}

unsafe extern "C" fn get_manifest<P: Exported>(_ctx: PluginCtx) -> *const c_char {
    let manifest = catch_unwind(|| text::give(P::manifest()));
    manifest.unwrap_or_else(|panic| {
        panics::swallow(panic);
        ptr::null()
    })
}

unsafe extern "C" fn invoke<P: Exported>(
    _ctx: PluginCtx,
    kind: *const c_char,
    id: *const c_char,
    payload: *const c_char,
) -> *const c_char {
    let failed = |kind: Kind, text: &str| envelope::failure(kind, text);
    answer(
        || {
            let plugin = match P::image().running() {
                Ok(plugin) => plugin,
                Err(text) => return failed(Kind::Unavailable, &text),
            };
            // SAFETY: the ABI: arguments are NULL or NUL-terminated and valid during the call.
            let arguments = unsafe {
                argument("type", kind)
                    .and_then(|kind| Ok((kind, argument("id", id)?, argument("payload", payload)?)))
            };
            match arguments {
                Err(text) => failed(Kind::InvalidArgs, &text),
                Ok((kind, id, payload)) => in_frame(
                    allowed::<P>(budget::INVOKE),
                    |frame| plugin.invoke(frame, kind, id, payload),
                    |panic| failed(Kind::ExecutionError, &format!("the tool `{id}` {panic}")),
                ),
            }
        },
        |text| failed(Kind::ExecutionError, text),
    )
}

unsafe extern "C" fn handle_route<P: Exported>(
    _ctx: PluginCtx,
    request: *const c_char,
) -> *const c_char {
    answer(
        || {
            let plugin = match P::image().running() {
                Ok(plugin) => plugin,
                Err(text) => return envelope::response_error(503, &text),
            };
            // SAFETY: the ABI: the argument is NULL or NUL-terminated and valid during the call.
            match unsafe { argument("request", request) } {
                Err(text) => envelope::response_error(500, &text),
                Ok(request) => in_frame(
                    allowed::<P>(budget::ROUTE),
                    |frame| plugin.handle_route(frame, request),
                    |panic| envelope::response_error(500, &format!("the route handler {panic}")),
                ),
            }
        },
        |text| envelope::response_error(500, text),
    )
}

unsafe extern "C" fn on_config_changed<P: Exported>(
    _ctx: PluginCtx,
    key: *const c_char,
    value: *const c_char,
) {
    event::<P>(budget::CONFIG, "on_config_changed", |plugin, frame| {
        // SAFETY: the ABI: arguments are NULL or NUL-terminated and valid during the call.
        let key = unsafe { argument("key", key) }?;
        let value = match value.is_null() {
            true => None,
            // SAFETY: as above.
            false => Some(unsafe { argument("value", value) }?),
        };
        plugin.on_config_changed(frame, key, value);
        Ok(())
    });
}

unsafe extern "C" fn on_task_event<P: Exported>(
    _ctx: PluginCtx,
    task_id: *const c_char,
    event_type: c_int,
    event_json: *const c_char,
) {
    event::<P>(budget::TASK_EVENT, "on_task_event", |plugin, frame| {
        // SAFETY: the ABI: arguments are NULL or NUL-terminated and valid during the call.
        let task_id = unsafe { argument("task_id", task_id) }?;
        // SAFETY: as above.
        let event_json = unsafe { argument("event_json", event_json) }?;
        plugin.on_task_event(frame, task_id, event_type, event_json);
        Ok(())
    });
}

/// An argument of the host's, or a sentence about it.
///
/// # Safety
/// As [`text::borrow`].
unsafe fn argument<'a>(name: &str, argument: *const c_char) -> Result<&'a str, String> {
    // SAFETY: the caller's contract.
    unsafe { text::borrow(argument) }.map_err(|bad| match bad {
        BadText::Null => {
            format!(
                "the host passed NULL as `{name}`, expected a string; this is a bug in the \
                     host"
            )
        }
        BadText::NotUtf8 { at } => format!(
            "the host passed a `{name}` that is not UTF-8: the first bad byte is at {at}; this is \
             a bug in the host"
        ),
    })
}

/// The time that a frame has.
fn allowed<P: Plugin>(budget: Duration) -> Duration {
    match P::is_debugged() {
        true => NO_LIMIT,
        false => budget,
    }
}

/// Runs a handler as a frame. A panic becomes a log line of the frame and an answer.
fn in_frame(
    budget: Duration,
    handler: impl FnOnce(&Frame) -> String,
    on_panic: impl FnOnce(&str) -> String,
) -> String {
    Frame::enter(lifecycle::host(), budget, |frame| {
        match catch_unwind(AssertUnwindSafe(|| handler(frame))) {
            Ok(answer) => answer,
            Err(panic) => {
                let text = format!(
                    "panicked: {}; this is a bug in the plugin",
                    panics::text_of(panic)
                );
                let answer = on_panic(&text);
                log(log_level::ERROR, &format!("a handler {text}"));
                answer
            }
        }
    })
}

/// Runs an event handler as a frame. What goes wrong becomes a log line: an event has no answer.
fn event<P: Exported>(
    budget: Duration,
    name: &str,
    handler: impl FnOnce(&P, &Frame) -> Result<(), String>,
) {
    let guarded = catch_unwind(AssertUnwindSafe(|| {
        let Ok(plugin) = P::image().running() else {
            return;
        };
        Frame::enter(
            lifecycle::host(),
            allowed::<P>(budget),
            |frame| match catch_unwind(AssertUnwindSafe(|| handler(&plugin, frame))) {
                Ok(Ok(())) => {}
                Ok(Err(text)) => log(log_level::ERROR, &format!("{name}: {text}")),
                Err(panic) => report_panic(name, panic),
            },
        );
    }));
    if let Err(panic) = guarded {
        panics::swallow(panic);
    }
}

/// The host's copy of what `body` answers; `failed` makes an answer of a sentence.
fn answer(body: impl FnOnce() -> String, failed: impl Fn(&str) -> String) -> *const c_char {
    let answer = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        failed(&format!(
            "the plugin panicked: {}; this is a bug in the plugin",
            panics::text_of(panic)
        ))
    });
    match answer.bytes().position(|byte| byte == 0) {
        None => text::give(&answer),
        Some(at) => text::give(&failed(&format!(
            "the plugin's answer has a NUL character at byte {at}: the host would cut it there; \
             write it as \\u0000 in JSON"
        ))),
    }
}
