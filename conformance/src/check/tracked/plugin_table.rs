//! The plugin's functions as the reference host calls them: each opens a frame on its thread and
//! records the call.

use super::frames::Frame;
use super::host_table::argument;
use super::record::{Argument, Begun, Side};
use super::{Tracker, current};
use osaurus_abi::{PluginApi, PluginCtx};
use std::ffi::{CStr, c_char, c_int};
use std::ptr::{null, null_mut};
use std::sync::atomic::Ordering;

unsafe extern "C" fn init() -> PluginCtx {
    let Some((tracker, function)) = plugin(|api| api.init) else {
        return null_mut();
    };
    // SAFETY: the plugin's own function; the host calls it once.
    let ctx = tracker.inside("init", vec![], || (unsafe { function() }, None));
    tracker.ctx.store(ctx, Ordering::SeqCst);
    ctx
}

unsafe extern "C" fn destroy(ctx: PluginCtx) {
    if let Some((tracker, function)) = plugin(|api| api.destroy) {
        // SAFETY: the host hands on the context that init gave.
        tracker.inside("destroy", vec![], || (unsafe { function(ctx) }, None));
    }
}

unsafe extern "C" fn get_manifest(ctx: PluginCtx) -> *const c_char {
    let Some((tracker, function)) = plugin(|api| api.get_manifest) else {
        return null();
    };
    // SAFETY: as for destroy.
    tracker.text("get_manifest", vec![], || unsafe { function(ctx) })
}

unsafe extern "C" fn invoke(
    ctx: PluginCtx,
    kind: *const c_char,
    id: *const c_char,
    payload: *const c_char,
) -> *const c_char {
    let Some((tracker, function)) = plugin(|api| api.invoke) else {
        return null();
    };
    // SAFETY: the host's strings.
    let arguments = unsafe { [kind, id, payload].map(|text| argument(text)).to_vec() };
    // SAFETY: as for destroy; the strings live until the call returns.
    tracker.text("invoke", arguments, || unsafe {
        function(ctx, kind, id, payload)
    })
}

unsafe extern "C" fn handle_route(ctx: PluginCtx, request: *const c_char) -> *const c_char {
    let Some((tracker, function)) = plugin(|api| api.handle_route) else {
        return null();
    };
    // SAFETY: the host's string.
    let arguments = unsafe { vec![argument(request)] };
    // SAFETY: as for invoke.
    tracker.text("handle_route", arguments, || unsafe {
        function(ctx, request)
    })
}

unsafe extern "C" fn on_config_changed(ctx: PluginCtx, key: *const c_char, value: *const c_char) {
    if let Some((tracker, function)) = plugin(|api| api.on_config_changed) {
        // SAFETY: the host's strings.
        let arguments = unsafe { [key, value].map(|text| argument(text)).to_vec() };
        tracker.inside("on_config_changed", arguments, || {
            // SAFETY: as for invoke.
            (unsafe { function(ctx, key, value) }, None)
        });
    }
}

unsafe extern "C" fn on_task_event(
    ctx: PluginCtx,
    task: *const c_char,
    kind: c_int,
    payload: *const c_char,
) {
    if let Some((tracker, function)) = plugin(|api| api.on_task_event) {
        // SAFETY: the host's strings.
        let [id, event] = unsafe { [task, payload].map(|text| argument(text)) };
        let arguments = vec![id, Argument::Number(kind.into()), event];
        tracker.inside("on_task_event", arguments, || {
            // SAFETY: as for invoke.
            (unsafe { function(ctx, task, kind, payload) }, None)
        });
    }
}

unsafe extern "C" fn free_string(text: *const c_char) {
    if let Some((tracker, function)) = plugin(|api| api.free_string) {
        if tracker.hold_results {
            return;
        }
        let arguments = vec![Argument::Number(text as i64)];
        tracker.inside("free_string", arguments, || {
            // SAFETY: the plugin's own string goes back to it, once.
            (unsafe { function(text) }, None)
        });
    }
}

/// The plugin's function that the tracked one stands for.
fn plugin<F: Copy>(choose: impl FnOnce(&PluginApi) -> Option<F>) -> Option<(&'static Tracker, F)> {
    let tracker = current()?;
    Some((tracker, choose(tracker.plugin()?)?))
}

impl Tracker {
    /// A call that returns a string.
    fn text(
        &self,
        function: &'static str,
        arguments: Vec<Argument>,
        call: impl FnOnce() -> *const c_char,
    ) -> *const c_char {
        self.inside(function, arguments, || {
            let text = call();
            // SAFETY: the ABI promises NULL or a NUL-terminated string that stays until
            // free_string.
            let bytes =
                (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes().to_vec());
            (text, bytes.map(|bytes| (bytes, text as usize)))
        })
    }

    fn inside<T>(
        &self,
        function: &'static str,
        arguments: Vec<Argument>,
        call: impl FnOnce() -> (T, Option<(Vec<u8>, usize)>),
    ) -> T {
        let record: Begun = self
            .records
            .begin(Side::Plugin, (function, None), arguments);
        let frame = Frame::enter(record.number, function);
        let (result, answer) = call();
        drop(frame);
        let (bytes, address) = answer.map_or((None, 0), |(bytes, address)| (Some(bytes), address));
        self.records.end(&record, bytes.as_deref(), address);
        result
    }
}

/// The tracked functions, where the plugin has one.
pub(super) fn around(api: &PluginApi) -> PluginApi {
    PluginApi {
        free_string: api.free_string.and(Some(free_string)),
        init: api.init.and(Some(init)),
        destroy: api.destroy.and(Some(destroy)),
        get_manifest: api.get_manifest.and(Some(get_manifest)),
        invoke: api.invoke.and(Some(invoke)),
        version: api.version,
        handle_route: api.handle_route.and(Some(handle_route)),
        on_config_changed: api.on_config_changed.and(Some(on_config_changed)),
        on_task_event: api.on_task_event.and(Some(on_task_event)),
    }
}
