//! The engine's C table: checks what comes in, contains panics, and passes on to `script`.
//! The only exported symbol is [`osaurus_engine_entry`].
use crate::buffers::{into_buffer, text};
use crate::call::{Outcome, Request, Started};
use crate::dispatch;
use crate::script::{NotLoaded, Script};
use crate::shim::Shim;
use osaurus_engine_abi::{
    Buffer, CallDesc, ENGINE_ABI_VERSION, EngineApi, STATUS_FAILED, STATUS_OK, STATUS_PENDING,
    STATUS_REFUSED, ScriptDesc, ShimApi,
};
use std::ffi::c_void;
use std::mem::{ManuallyDrop, size_of};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;

static API: EngineApi = EngineApi {
    version: ENGINE_ABI_VERSION,
    size: size_of::<EngineApi>() as u32,
    load,
    call,
    cancel,
    unload,
};

/// Hands out the engine's table, or NULL when the shim speaks another version.
///
/// # Safety
/// `shim` is NULL or points to a table that lives forever.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn osaurus_engine_entry(shim: *const ShimApi) -> *const EngineApi {
    // SAFETY: checked for NULL; valid by the contract of `EngineEntry`.
    match unsafe { shim.as_ref() } {
        Some(shim) if fits(shim) => &raw const API,
        _ => ptr::null(),
    }
}

fn fits(shim: &ShimApi) -> bool {
    shim.version == ENGINE_ABI_VERSION && shim.size as usize >= size_of::<ShimApi>()
}

unsafe extern "C" fn load(
    desc: *const ScriptDesc,
    script: *mut *mut c_void,
    error: *mut Buffer,
) -> i32 {
    let loaded = catch_unwind(|| {
        // SAFETY: `desc` is valid during the call (contract of `EngineApi::load`).
        unsafe { load_checked(desc) }
    });
    let (status, text) = match loaded.unwrap_or_else(|_| Err(NotLoaded::Failed(PANIC.into()))) {
        Ok(loaded) => {
            // SAFETY: `script` is a place for one pointer, by contract.
            unsafe { script.write(Arc::into_raw(Arc::new(loaded)).cast_mut().cast()) };
            return STATUS_OK;
        }
        Err(NotLoaded::Failed(text)) => (STATUS_FAILED, text),
        Err(NotLoaded::Refused(text)) => (STATUS_REFUSED, text),
    };
    // SAFETY: `error` is a place for one buffer, by contract.
    unsafe { error.write(into_buffer(text.into_bytes())) };
    status
}

const PANIC: &str = "the Python engine panicked; this is a bug of osaurus-bridge, please report it";

/// # Safety
/// `desc` is NULL or valid, with slices that are valid during the call.
unsafe fn load_checked(desc: *const ScriptDesc) -> Result<Script, NotLoaded> {
    // SAFETY: passed on to the caller.
    let (shim, [plugin, root, settings]) = unsafe { described(desc) }.map_err(NotLoaded::Failed)?;
    Script::load(shim, plugin, root, settings)
}

/// # Safety
/// `desc` is NULL or valid for `'a`, with its slices.
unsafe fn described<'a>(desc: *const ScriptDesc) -> Result<(Shim, [&'a str; 3]), String> {
    // SAFETY: valid by the contract of this function.
    let desc = unsafe { desc.as_ref() }.ok_or("load was called without a description")?;
    // SAFETY: `shim` is the table given to the entry function; it lives forever.
    let shim = unsafe { desc.shim.as_ref() }
        .filter(|shim| fits(shim))
        .ok_or("load was called without a shim table of this version")?;
    // SAFETY: the slices are valid during the call, by contract.
    let strings = unsafe {
        [
            text(desc.plugin_id, "the plugin id")?,
            text(desc.root, "the payload folder")?,
            text(desc.settings, "the settings")?,
        ]
    };
    Ok((Shim::new(shim, desc.owner), strings))
}

/// A script handle as a counted reference that this call does not own.
///
/// # Safety
/// `script` came from [`load`] and was not unloaded.
unsafe fn borrowed(script: *mut c_void) -> ManuallyDrop<Arc<Script>> {
    // SAFETY: `load` made the pointer with `Arc::into_raw`; ManuallyDrop leaves the count alone.
    ManuallyDrop::new(unsafe { Arc::from_raw(script.cast_const().cast()) })
}

unsafe extern "C" fn call(
    script: *mut c_void,
    frame: *const c_void,
    desc: *const CallDesc,
    result: *mut Buffer,
) -> i32 {
    let started = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: handle, frame and description are valid during the call (contract of
        // `EngineApi::call`).
        unsafe { call_checked(script, frame, desc) }
    }));
    let outcome = match started.unwrap_or_else(|_| Started::Done(Err(PANIC.into()))) {
        Started::Pending => return STATUS_PENDING,
        Started::Done(outcome) => outcome,
    };
    let (status, bytes) = split(outcome);
    if let Some(bytes) = bytes {
        // SAFETY: `result` is a place for one buffer, by contract.
        unsafe { result.write(into_buffer(bytes)) };
    }
    status
}

fn split(outcome: Outcome) -> (i32, Option<Vec<u8>>) {
    match outcome {
        Ok(bytes) => (STATUS_OK, bytes),
        Err(text) => (STATUS_FAILED, Some(text.into_bytes())),
    }
}

/// # Safety
/// As for [`EngineApi::call`].
unsafe fn call_checked(
    script: *mut c_void,
    frame: *const c_void,
    desc: *const CallDesc,
) -> Started {
    // SAFETY: the handle is valid by the contract of this function.
    let script = unsafe { borrowed(script) };
    // SAFETY: the description and its slices are valid during the call.
    match unsafe { request(desc) } {
        Ok(request) => {
            // SAFETY: the frame is live during the call.
            let frame = unsafe { script.shim().retain(frame) };
            dispatch::start(&script, frame, request)
        }
        Err(text) => Started::Done(Err(text)),
    }
}

/// # Safety
/// `desc` is NULL or valid for `'a`, with its slices.
unsafe fn request<'a>(desc: *const CallDesc) -> Result<Request<'a>, String> {
    // SAFETY: valid by the contract of this function.
    let desc = unsafe { desc.as_ref() }.ok_or("call was made without a description")?;
    // SAFETY: as above.
    unsafe {
        Ok(Request {
            kind: desc.kind,
            target: text(desc.target, "the target")?,
            payload: text(desc.payload, "the payload")?,
            context: text(desc.context, "the context")?,
        })
    }
}

unsafe extern "C" fn cancel(script: *mut c_void, frame: *const c_void) {
    let _ = catch_unwind(|| {
        // SAFETY: the handle is valid during the call, by contract.
        unsafe { borrowed(script) }.cancel(frame as usize);
    });
}

unsafe extern "C" fn unload(script: *mut c_void) {
    let _ = catch_unwind(|| {
        // SAFETY: `load` made the pointer with `Arc::into_raw`, and the caller gives it up.
        let script: Arc<Script> = unsafe { Arc::from_raw(script.cast_const().cast()) };
        script.unload();
    });
}
