//! Which calls into the plugin are under way, on which thread: a thread has a frame as long as the
//! host is inside the plugin on it.

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};

thread_local! {
    static FRAMES: RefCell<Vec<(u64, &'static str)>> = const { RefCell::new(Vec::new()) };
}

static OPEN: AtomicUsize = AtomicUsize::new(0);

/// A frame on this thread, until it is dropped.
pub(super) struct Frame(());

impl Frame {
    pub(super) fn enter(number: u64, function: &'static str) -> Frame {
        OPEN.fetch_add(1, Ordering::SeqCst);
        FRAMES.with_borrow_mut(|frames| frames.push((number, function)));
        Frame(())
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        FRAMES.with_borrow_mut(|frames| frames.pop());
        OPEN.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The innermost frame on this thread: its call's number, and the function.
pub(super) fn innermost() -> Option<(u64, &'static str)> {
    FRAMES
        .try_with(|frames| frames.try_borrow().ok()?.last().copied())
        .ok()
        .flatten()
}

/// The functions of the frames on this thread, outermost first.
pub(crate) fn on_this_thread() -> impl Iterator<Item = &'static str> {
    let frames = FRAMES.try_with(|frames| frames.try_borrow().map(|frames| frames.clone()));
    let frames = frames.ok().and_then(Result::ok).unwrap_or_default();
    frames.into_iter().map(|(_, function)| function)
}

/// How many calls into the plugin are under way in the whole process.
pub(super) fn open() -> usize {
    OPEN.load(Ordering::SeqCst)
}
