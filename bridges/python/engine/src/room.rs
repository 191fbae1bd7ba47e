//! Room on the stack: what runs here has at least [`ENOUGH`], on a larger stack of the same thread
//! where the host's is small. Python recurses by counting, not by looking: on 512 KiB, which a
//! dispatch queue of macOS gives, it runs into the end of the stack before it raises
//! RecursionError. Used by `pin`; knows nothing of Python but how it is told.
use corosensei::stack::{DefaultStack, Stack};
use pyo3::ffi;
use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::mem::transmute;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// What CPython 3.10 to 3.13 needs for its own limits to come first: 3 MiB, measured, and something
/// for the host's calls.
const ENOUGH: usize = 4 << 20;
const SIZE: usize = 8 << 20;
/// Making a stack costs 20 us, taking a kept one 0.1.
const KEPT: usize = 16;

/// The stack that a thread runs on, lowest address first.
#[derive(Clone, Copy)]
struct Bounds {
    lowest: usize,
    top: usize,
    is_ours: bool,
}

thread_local! {
    static CURRENT: Cell<Option<Bounds>> = const { Cell::new(None) };
}

static FREE: Mutex<Vec<DefaultStack>> = Mutex::new(Vec::new());

fn free() -> MutexGuard<'static, Vec<DefaultStack>> {
    FREE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `body` with room. It is told whether that is another stack than at its caller's.
pub fn with<R>(body: impl FnOnce(Moved) -> R) -> R {
    let current = current();
    let here = (&raw const current).addr();
    if here.saturating_sub(current.lowest) >= ENOUGH {
        return body(Moved(None));
    }
    let stack = free().pop();
    let stack = stack.map_or_else(|| DefaultStack::new(SIZE), Ok);
    match stack {
        Ok(stack) => Elsewhere::enter(stack, current).run(body),
        // No memory for a stack: a shallow handler still works.
        Err(_) => body(Moved(None)),
    }
}

fn current() -> Bounds {
    CURRENT.get().unwrap_or_else(|| {
        let bounds = of_thread();
        CURRENT.set(Some(bounds));
        bounds
    })
}

/// A stack in use. Gives it back and returns the thread to its own, also when `body` panics.
struct Elsewhere {
    stack: Option<DefaultStack>,
    outer: Bounds,
}

impl Elsewhere {
    fn enter(stack: DefaultStack, outer: Bounds) -> Self {
        CURRENT.set(Some(Bounds {
            lowest: stack.limit().get(),
            top: stack.base().get(),
            is_ours: true,
        }));
        Self {
            stack: Some(stack),
            outer,
        }
    }

    fn run<R>(mut self, body: impl FnOnce(Moved) -> R) -> R {
        let moved = Moved(Some(self.outer));
        match self.stack.as_mut() {
            Some(stack) => corosensei::on_stack(stack, move || body(moved)),
            None => body(moved),
        }
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        CURRENT.set(Some(self.outer));
        let mut free = free();
        if free.len() < KEPT {
            free.extend(self.stack.take());
        }
    }
}

/// Whether the thread has changed its stack, and from which.
pub struct Moved(Option<Bounds>);

impl Moved {
    /// Tells the interpreter, to which this thread is attached, for as long as the guard lives.
    pub fn tell(self) -> Option<ReportedStack> {
        let outer = self.0?;
        let protection = protection()?;
        protection.set(current());
        Some(ReportedStack { protection, outer })
    }
}

/// The interpreter knows of the other stack.
pub struct ReportedStack {
    protection: &'static Protection,
    outer: Bounds,
}

impl Drop for ReportedStack {
    fn drop(&mut self) {
        self.protection.set(self.outer);
    }
}

type Set = unsafe extern "C" fn(*mut ffi::PyThreadState, *mut c_void, usize) -> c_int;
type Reset = unsafe extern "C" fn(*mut ffi::PyThreadState);

/// CPython 3.14 and later compare addresses with the bounds of the thread's stack.
struct Protection {
    set: Set,
    reset: Reset,
}

impl Protection {
    fn set(&self, bounds: Bounds) {
        // SAFETY: the thread is attached (contract of `Moved::tell`), so it has a state; the bounds
        // are those of the stack that it is about to run on.
        unsafe {
            let state = ffi::PyThreadState_Get();
            if bounds.is_ours {
                let start = std::ptr::with_exposed_provenance_mut(bounds.lowest);
                (self.set)(state, start, bounds.top - bounds.lowest);
            } else {
                (self.reset)(state);
            }
        }
    }
}

/// `None` before 3.14, which counts.
fn protection() -> Option<&'static Protection> {
    static FOUND: OnceLock<Option<Protection>> = OnceLock::new();
    FOUND
        .get_or_init(|| {
            // SAFETY: dlsym(3) with constant names.
            let [set, reset] = [
                c"PyUnstable_ThreadState_SetStackProtection",
                c"PyUnstable_ThreadState_ResetStackProtection",
            ]
            .map(|name| unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) });
            if set.is_null() || reset.is_null() {
                return None;
            }
            // SAFETY: CPython's functions of these names have these signatures.
            unsafe {
                Some(Protection {
                    set: transmute::<*mut c_void, Set>(set),
                    reset: transmute::<*mut c_void, Reset>(reset),
                })
            }
        })
        .as_ref()
}

#[cfg(target_os = "linux")]
fn of_thread() -> Bounds {
    let (mut lowest, mut size) = (std::ptr::null_mut(), 0);
    // SAFETY: pthread_getattr_np fills an attribute object, which is read and destroyed here.
    unsafe {
        let mut attributes: libc::pthread_attr_t = std::mem::zeroed();
        if libc::pthread_getattr_np(libc::pthread_self(), &raw mut attributes) == 0 {
            libc::pthread_attr_getstack(&raw const attributes, &raw mut lowest, &raw mut size);
            libc::pthread_attr_destroy(&raw mut attributes);
        }
    }
    Bounds {
        lowest: lowest.addr(),
        top: lowest.addr() + size,
        is_ours: false,
    }
}

#[cfg(target_os = "macos")]
fn of_thread() -> Bounds {
    // SAFETY: both functions read properties of the calling thread.
    let (top, size) = unsafe {
        let me = libc::pthread_self();
        (
            libc::pthread_get_stackaddr_np(me),
            libc::pthread_get_stacksize_np(me),
        )
    };
    Bounds {
        lowest: top.addr() - size,
        top: top.addr(),
        is_ours: false,
    }
}
