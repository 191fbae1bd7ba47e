//! What a frame and a direct host call cost: allocations exactly, time roughly (run with --release for the figures).
#![allow(
    clippy::unwrap_used,
    reason = "a test helper that fails is a failed test"
)]

mod support;

use osaurus_plugin::{CallArg, Frame, HostSlot, RawCall};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ffi::c_char;
use std::hint::black_box;
use std::time::{Duration, Instant};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: everything is the system allocator's; only a thread-local number without destructor is added.
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
    let run = |body: &dyn Fn(&Frame)| {
        // SAFETY: the table outlives the frame.
        unsafe { Frame::simulate(&raw const table, Duration::from_secs(5), body) }
    };
    run(&|_| ());
    assert_eq!(allocations(|| run(&|_| ())), 1);
    assert_eq!(allocations(|| run(&|frame| drop(frame.handle()))), 1);
    run(&|frame| {
        let args = [CallArg::Int(2), CallArg::Text("a line of ordinary length")];
        assert_eq!(allocations(|| drop(frame.call(&log_call(&args)))), 0);
    });
}

/// Nanoseconds of one round of `work`: the best of many batches, because other work on the machine only adds.
fn best(mut work: impl FnMut()) -> f64 {
    const ROUNDS: u32 = 500;
    let batch = || {
        let start = Instant::now();
        (0..ROUNDS).for_each(|_| work());
        start.elapsed().as_nanos() as f64 / f64::from(ROUNDS)
    };
    std::iter::repeat_with(batch)
        .take(400)
        .fold(f64::MAX, f64::min)
}

#[test]
fn a_direct_call_costs_little_more_than_the_raw_one() {
    let mut table = support::slots::table();
    table.log = Some(log_nothing);
    let raw = table.log.unwrap();
    // SAFETY: a C string.
    let plain = best(|| unsafe { black_box(raw)(2, black_box(c"a line".as_ptr())) });
    // SAFETY: the table outlives the frame.
    let ours = unsafe {
        Frame::simulate(&raw const table, Duration::from_secs(60), |frame| {
            best(|| {
                let args = [CallArg::Int(2), CallArg::Text(black_box("a line"))];
                black_box(frame.call(&log_call(&args))).unwrap();
            })
        })
    };
    let budget = Duration::from_secs(60);
    // SAFETY: the table outlives the frame.
    let frame = best(|| unsafe {
        Frame::simulate(&raw const table, budget, |frame| drop(frame.handle()));
    });
    println!(
        "raw call {plain:.1} ns, through a frame {ours:.1} ns, a frame with a handle {frame:.1} ns"
    );
    // An unoptimised build only shows that it is no catastrophe.
    let limit = if cfg!(debug_assertions) {
        5_000.0
    } else {
        100.0
    };
    assert!(ours - plain < limit, "{ours} against {plain}");
}
