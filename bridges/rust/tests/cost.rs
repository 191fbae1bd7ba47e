//! What a frame and a direct host call cost in allocations. What they cost in time, `make bench`
//! shows.
#![allow(
    clippy::unwrap_used,
    reason = "a test helper that fails is a failed test"
)]

mod support;

use osaurus_plugin::{CallArg, Frame, HostSlot, RawCall};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ffi::c_char;
use std::time::Duration;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: everything is the system allocator's; only a thread-local number without destructor is
// added.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's contract.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's contract.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

unsafe extern "C" fn log_nothing(_level: i32, _message: *const c_char) {}

fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

fn log_call<'a>(args: &'a [CallArg<'a>]) -> RawCall<'a> {
    RawCall {
        slot: HostSlot::Log,
        args,
        on_chunk: None,
    }
}

#[test]
fn a_frame_allocates_once_and_a_short_call_not_at_all() {
    let mut table = support::slots::table();
    table.log = Some(log_nothing);
    let measure = |body: &dyn Fn(&Frame)| {
        // SAFETY: the table outlives the frame.
        unsafe { Frame::simulate(&raw const table, Duration::from_secs(5), body) }
    };
    measure(&|_| ());
    assert_eq!(allocations(|| measure(&|_| ())), 1);
    assert_eq!(allocations(|| measure(&|frame| drop(frame.handle()))), 1);
    measure(&|frame| {
        let args = [CallArg::Int(2), CallArg::Text("a line of ordinary length")];
        assert_eq!(allocations(|| drop(frame.call(&log_call(&args)))), 0);
    });
}
