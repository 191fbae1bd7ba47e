//! One Python thread state per OS thread, kept for the thread's life. From CPython 3.11 on a fresh
//! state maps and unmaps its frame stack on every call, five times the price of the call itself.
//! Used by every function that the shim calls; must not know scripts.
use crate::room;
use pyo3::Python;
use pyo3::ffi;
use std::cell::RefCell;

thread_local! {
    static PINNED: RefCell<Option<Pinned>> = const { RefCell::new(None) };
}

/// Runs `body` attached to the interpreter, on a state that stays with this thread and with room on
/// the stack.
pub fn attach<R>(body: impl for<'py> FnOnce(Python<'py>) -> R) -> R {
    // A failing `try_with` means that the thread is ending: then a passing state will do.
    let _ = PINNED.try_with(|slot| {
        if let Ok(mut slot) = slot.try_borrow_mut()
            && slot.is_none()
        {
            *slot = Some(Pinned::new());
        }
    });
    room::with(|moved| {
        Python::attach(|py| {
            let _told = moved.tell();
            body(py)
        })
    })
}

/// Keeps the thread's state alive between calls.
struct Pinned {
    /// State and the token of the extra reference; `None` when the state is not ours to keep.
    guard: Option<(*mut ffi::PyThreadState, ffi::PyGILState_STATE)>,
}

impl Pinned {
    fn new() -> Self {
        // SAFETY: the shim calls the engine only while the interpreter is initialised; both
        // functions may be called on any thread. A thread that has a state already is Python's own
        // and will delete it itself.
        let guard = unsafe {
            if ffi::PyGILState_GetThisThreadState().is_null() {
                let token = ffi::PyGILState_Ensure();
                Some((ffi::PyEval_SaveThread(), token))
            } else {
                None
            }
        };
        Self { guard }
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        let Some((state, token)) = self.guard else {
            return;
        };
        // On the main thread this runs inside exit(): waiting for a GIL that a script never gives
        // back would keep the process from ending. The kernel cleans up. After finalisation there
        // is nothing to undo.
        // SAFETY: reads one flag of the interpreter.
        if is_main_thread() || unsafe { ffi::Py_IsInitialized() } == 0 {
            return;
        }
        // SAFETY: `state` was saved on this very thread, which holds no GIL now; the token is its
        // extra reference.
        unsafe {
            ffi::PyEval_RestoreThread(state);
            ffi::PyGILState_Release(token);
        }
    }
}

#[cfg(target_os = "linux")]
fn is_main_thread() -> bool {
    // SAFETY: both calls only read ids.
    unsafe { libc::gettid() == libc::getpid() }
}

#[cfg(not(target_os = "linux"))]
fn is_main_thread() -> bool {
    // SAFETY: reads a property of the calling thread.
    unsafe { libc::pthread_main_np() == 1 }
}
