//! A plugin: its context is an allocation, and `invoke` hands a query on to the host.

use super::*;
use osaurus_abi::PluginCtx;
use std::ffi::CString;
use std::sync::atomic::AtomicUsize;

/// The table that the plugin was given.
pub(super) static TABLE: AtomicPtr<HostApi> = AtomicPtr::new(std::ptr::null_mut());
/// Results that came back.
pub(super) static FREED: AtomicUsize = AtomicUsize::new(0);

pub(super) fn table() -> PluginApi {
    PluginApi {
        free_string: Some(free_string),
        init: Some(init),
        destroy: Some(destroy),
        get_manifest: None,
        invoke: Some(invoke),
        version: 6,
        handle_route: None,
        on_config_changed: Some(on_config_changed),
        on_task_event: None,
    }
}

unsafe extern "C" fn init() -> PluginCtx {
    Box::into_raw(Box::new(0_u64)).cast()
}

unsafe extern "C" fn destroy(ctx: PluginCtx) {
    // SAFETY: made by `init`; whoever destroys it twice has a double free.
    drop(unsafe { Box::from_raw(ctx.cast::<u64>()) });
}

unsafe extern "C" fn invoke(
    _ctx: PluginCtx,
    _kind: *const c_char,
    _id: *const c_char,
    payload: *const c_char,
) -> *const c_char {
    // SAFETY: the host's table stays, and its answer is this plugin's until it is freed.
    unsafe {
        let host = &*TABLE.load(Ordering::SeqCst).cast_const();
        let answer = host.db_query.unwrap()(payload, null());
        let copy = CStr::from_ptr(answer).to_owned();
        host.free_string.unwrap()(answer);
        copy.into_raw()
    }
}

unsafe extern "C" fn on_config_changed(_: PluginCtx, key: *const c_char, value: *const c_char) {
    assert_eq!((read(key).as_str(), value.is_null()), ("key", true));
}

unsafe extern "C" fn free_string(text: *const c_char) {
    FREED.fetch_add(1, Ordering::SeqCst);
    // SAFETY: made by `invoke`.
    drop(unsafe { CString::from_raw(text.cast_mut()) });
}
