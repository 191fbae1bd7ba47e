//! Which frames are live in this image, and which are served. For log lines and calls that need any
//! thread of this plugin.

use super::{FrameCore, lock};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// How many frames are entered, on all threads.
static LIVE: AtomicUsize = AtomicUsize::new(0);

/// Whether a call of the host is under way on any thread.
pub(crate) fn any_is_live() -> bool {
    LIVE.load(Ordering::SeqCst) != 0
}

/// From a frame, when it begins and ends.
pub(super) fn count_live(begins: bool) {
    match begins {
        true => LIVE.fetch_add(1, Ordering::SeqCst),
        false => LIVE.fetch_sub(1, Ordering::SeqCst),
    };
}

/// The frames that are being served, for calls that need any thread of this plugin.
static SERVING: Mutex<Vec<Arc<FrameCore>>> = Mutex::new(Vec::new());

/// On the list of serving frames until dropped.
pub(super) struct Listed<'a>(&'a Arc<FrameCore>);

impl<'a> Listed<'a> {
    pub(super) fn new(core: &'a Arc<FrameCore>) -> Self {
        lock(&SERVING).push(Arc::clone(core));
        Listed(core)
    }
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        let mut serving = lock(&SERVING);
        serving.retain(|frame| !Arc::ptr_eq(frame, self.0));
        if serving.is_empty() {
            // Frees the memory: the image may be unloaded.
            *serving = Vec::new();
        }
    }
}

/// The frames that are being served now.
pub(super) fn serving() -> Vec<Arc<FrameCore>> {
    lock(&SERVING).clone()
}

/// Wakes a frame that is being served, so that it looks for log lines. One that is inside the host
/// will look afterwards.
pub(crate) fn ring_serving() {
    for frame in serving() {
        let idle = lock(&frame.desk).idle;
        frame.bell.notify_one();
        if idle {
            return;
        }
    }
}
