//! The image's one host pointer, and when it may be used outside a frame: from the first call of
//! the host until `destroy`. Called by `export`, `frame` and `unscoped`. Reads nothing of the
//! host's table.

use crate::table::HostTable;
use osaurus_abi::HostApi;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

static HOST: AtomicPtr<HostApi> = AtomicPtr::new(ptr::null_mut());
/// Bit 0: open. The rest counts the calls outside frames in progress, in steps of 2.
static GATE: AtomicUsize = AtomicUsize::new(0);
const OPEN: usize = 1;
const ONE_CALL: usize = 2;

/// The plugin's id, for log lines that the host may charge to another plugin.
static PLUGIN_ID: OnceLock<fn() -> &'static str> = OnceLock::new();

/// From the entry: keeps the pointer. A host that enters again begins anew.
pub(crate) fn set_host(host: *const HostApi, plugin_id: fn() -> &'static str) {
    GATE.fetch_and(!OPEN, Ordering::SeqCst);
    HOST.store(host.cast_mut(), Ordering::SeqCst);
    let _ = PLUGIN_ID.set(plugin_id);
}

/// The host's table, if there is one.
pub(crate) fn host() -> Option<HostTable> {
    // SAFETY: the pointer came from the host's entry call; it is read only in a frame or with a
    // `Pass`, while the ABI keeps the table alive.
    unsafe { HostTable::new(HOST.load(Ordering::Acquire)) }
}

pub(crate) fn plugin_id() -> &'static str {
    PLUGIN_ID.get().map_or("", |id| id())
}

/// From every frame: the host has called, so its table lives. True the first time.
#[inline]
pub(crate) fn open() -> bool {
    let first = GATE.load(Ordering::Acquire) & OPEN == 0;
    if first {
        GATE.fetch_or(OPEN, Ordering::SeqCst);
    }
    first
}

/// Whether the host has called, and has not destroyed the plugin since.
pub(crate) fn is_open() -> bool {
    GATE.load(Ordering::SeqCst) & OPEN != 0
}

/// From `destroy`: no call outside frames starts any more; waits for those in progress, at most
/// `patience`.
pub(crate) fn close(patience: Duration) {
    GATE.fetch_and(!OPEN, Ordering::SeqCst);
    let end = Instant::now() + patience;
    while GATE.load(Ordering::SeqCst) >= ONE_CALL && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A call outside frames that is in progress.
pub(crate) struct Pass(());

impl Drop for Pass {
    fn drop(&mut self) {
        GATE.fetch_sub(ONE_CALL, Ordering::SeqCst);
    }
}

/// Leave to use the host's table outside a frame; `None` before the first call of the host and
/// after `destroy`.
pub(crate) fn pass() -> Option<Pass> {
    let before = GATE.fetch_add(ONE_CALL, Ordering::SeqCst);
    let pass = Pass(());
    (before & OPEN != 0).then_some(pass)
}
