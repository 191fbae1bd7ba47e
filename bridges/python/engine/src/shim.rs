//! What the shim offers, as Rust types: its table, and counted references to the host's calls.
//! Must not know Python: everything here may block and is called without the GIL.
use crate::buffers::{Received, slice};
use osaurus_engine_abi::{DoneFn, HostCall, STATUS_OK, ShimApi};
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};

/// Set in a child that Python forked: host calls would reach a copy of the host there.
static FORKED: AtomicBool = AtomicBool::new(false);

/// Why nothing of the host works in a forked child.
pub const FORKED_TEXT: &str = "this is a forked child process; host calls work only in the host's own process. \
     Return the data to the parent and make the call there";

/// Remembers that this process is a fork of the host.
pub fn mark_forked() {
    FORKED.store(true, Ordering::Relaxed);
}

/// Whether this process is a fork of the host.
pub fn is_forked() -> bool {
    FORKED.load(Ordering::Relaxed)
}

/// The table of the shim that loaded a script, with the pointer that names the script there.
#[derive(Clone, Copy)]
pub struct Shim {
    api: &'static ShimApi,
    owner: *const c_void,
}

// SAFETY: the table is immutable and its functions may be called on any thread; `owner` is only
// handed back.
unsafe impl Send for Shim {}
// SAFETY: as above.
unsafe impl Sync for Shim {}

impl Shim {
    /// Binds a shim's table to a script's owner pointer.
    pub fn new(api: &'static ShimApi, owner: *const c_void) -> Self {
        Self { api, owner }
    }

    /// Writes a line to the host's log. Any thread.
    pub fn log(&self, level: i32, message: &str) {
        if is_forked() {
            eprintln!("{message}");
            return;
        }
        // SAFETY: `owner` is the pointer that the shim gave with the script, which is still loaded.
        unsafe { (self.api.log)(self.owner, level, slice(message.as_bytes())) }
    }

    /// Takes a reference to a frame.
    ///
    /// # Safety
    /// `raw` is a live frame of this shim.
    pub unsafe fn retain(self, raw: *const c_void) -> HostFrame {
        // SAFETY: `raw` is live by the contract of this function.
        unsafe { (self.api.frame_retain)(raw) };
        HostFrame { shim: self, raw }
    }
}

/// One call of the host, as a counted reference.
pub struct HostFrame {
    shim: Shim,
    raw: *const c_void,
}

// SAFETY: `ShimApi` lets frames be used and released on any thread.
unsafe impl Send for HostFrame {}
// SAFETY: as above.
unsafe impl Sync for HostFrame {}

impl Drop for HostFrame {
    fn drop(&mut self) {
        // SAFETY: this object holds exactly one reference.
        unsafe { (self.shim.api.frame_release)(self.raw) }
    }
}

impl Clone for HostFrame {
    fn clone(&self) -> Self {
        // SAFETY: `self` keeps the frame alive.
        unsafe { self.shim.retain(self.raw) }
    }
}

impl HostFrame {
    /// Makes a host call and waits. The value on success, else the status and a sentence.
    pub fn call(&self, call: &HostCall) -> Result<Received, (i32, Received)> {
        let mut value = Received::new();
        // SAFETY: the frame is alive, `call` and `value` outlive the call, the GIL is released by
        // our caller.
        let status = unsafe { (self.shim.api.host_call)(self.raw, call, value.place()) };
        if status == STATUS_OK {
            Ok(value)
        } else {
            Err((status, value))
        }
    }

    /// Queues a host call.
    ///
    /// # Safety
    /// `user` stays valid until `done` was called with it, which happens exactly once.
    pub unsafe fn post(&self, call: &HostCall, done: DoneFn, user: *mut c_void) {
        // SAFETY: the frame is alive; arguments are copied during the call; `user` by our own
        // contract.
        unsafe { (self.shim.api.host_post)(self.raw, call, done, user) }
    }

    /// Ends a pending call.
    pub fn complete(&self, status: i32, result: &[u8]) {
        // SAFETY: the frame is alive, and the bytes are read during the call.
        unsafe { (self.shim.api.complete)(self.raw, status, slice(result)) }
    }

    /// Identity of the call, for lookups only.
    pub fn key(&self) -> usize {
        self.raw as usize
    }
}
