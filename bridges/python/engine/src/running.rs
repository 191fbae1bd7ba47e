//! The calls that run right now, and how to stop one: an exception sent to its thread, or a
//! cancelled task. Every change of a call's state happens with the GIL held, so an exception can
//! never reach the next call.
use pyo3::ffi;
use pyo3::prelude::*;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{c_long, c_ulong};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

thread_local! {
    /// Calls of this thread, innermost last: a host call may lead to another call of a script.
    static STACK: RefCell<Vec<Arc<Running>>> = const { RefCell::new(Vec::new()) };
}

/// One call.
pub struct Running(Mutex<State>);

enum State {
    /// Waits for a thread of the pool.
    Queued {
        cancelled: bool,
    },
    /// Runs Python on this thread. `covered`: another call runs on top of it.
    OnThread {
        thread: c_ulong,
        covered: bool,
        sent: bool,
    },
    /// Runs on the loop; the object is the supervisor's `Run`.
    Task(Py<PyAny>),
    Ended,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Running {
    /// A call that waits for a pool thread.
    pub fn queued() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State::Queued { cancelled: false })))
    }

    /// From now on the call runs on the loop.
    pub fn becomes_task(&self, run: &Bound<'_, PyAny>) {
        *locked(&self.0) = State::Task(run.clone().unbind());
    }

    /// Puts the call on this thread until the guard is dropped; `None` when it was cancelled in the
    /// queue.
    pub fn begin<'py>(self: &Arc<Self>, py: Python<'py>) -> Option<OnThread<'py>> {
        {
            let mut state = locked(&self.0);
            if matches!(*state, State::Queued { cancelled: true }) {
                *state = State::Ended;
                return None;
            }
            // SAFETY: reads the id of the calling thread.
            let thread = unsafe { ffi::PyThread_get_thread_ident() };
            *state = State::OnThread {
                thread,
                covered: false,
                sent: false,
            };
        }
        STACK.with_borrow_mut(|stack| {
            if let Some(below) = stack.last() {
                below.set_covered(true);
            }
            stack.push(Arc::clone(self));
        });
        Some(OnThread {
            py,
            call: Some(Arc::clone(self)),
        })
    }

    fn set_covered(&self, value: bool) {
        if let State::OnThread { covered, .. } = &mut *locked(&self.0) {
            *covered = value;
        }
    }

    /// Marks a call on the loop as ended.
    pub fn end_task(&self) {
        *locked(&self.0) = State::Ended;
    }

    /// Asks the call to stop. Harmless when it has ended. `signal` is the exception class to raise
    /// in it.
    pub fn cancel(&self, py: Python<'_>, signal: &Bound<'_, PyAny>) -> PyResult<()> {
        let task = match &mut *locked(&self.0) {
            State::Queued { cancelled } => {
                *cancelled = true;
                None
            }
            State::OnThread {
                thread,
                covered: false,
                sent,
            } => {
                send(*thread, signal.as_ptr());
                *sent = true;
                None
            }
            State::OnThread { .. } | State::Ended => None,
            State::Task(task) => Some(task.clone_ref(py)),
        };
        // Outside the lock: this runs Python code.
        match task {
            Some(task) => cancel_task(task.bind(py), signal),
            None => Ok(()),
        }
    }
}

/// Cancels a task; when the loop did not hear an earlier request, interrupts the loop's thread.
fn cancel_task(run: &Bound<'_, PyAny>, signal: &Bound<'_, PyAny>) -> PyResult<()> {
    let stuck: Option<c_ulong> = run.call_method0("cancel")?.extract()?;
    if let Some(thread) = stuck {
        send(thread, signal.as_ptr());
    }
    Ok(())
}

/// Raises (or, with NULL, takes back) an exception in a thread. The GIL is held.
fn send(thread: c_ulong, signal: *mut ffi::PyObject) {
    // SAFETY: the GIL is held, `signal` is NULL or a live exception class. The C parameter is an
    // unsigned long; the binding's signed type has the same size and passes the same bits.
    unsafe { ffi::PyThreadState_SetAsyncExc(thread as c_long, signal) };
}

/// While this lives, the call runs on this thread.
pub struct OnThread<'py> {
    py: Python<'py>,
    /// `None` once it has left.
    call: Option<Arc<Running>>,
}

impl OnThread<'_> {
    /// The call goes on as a task. True when it was asked to stop before.
    pub fn becomes_task(mut self, run: &Bound<'_, PyAny>) -> bool {
        let call = self.call.clone();
        let was_asked = self.leave();
        if let Some(call) = call {
            call.becomes_task(run);
        }
        was_asked
    }

    /// Takes the call off this thread, with what was sent and has not arrived. True when something
    /// was sent.
    fn leave(&mut self) -> bool {
        let _gil: Python<'_> = self.py;
        let Some(call) = self.call.take() else {
            return false;
        };
        let state = std::mem::replace(&mut *locked(&call.0), State::Ended);
        let sent_to = match state {
            State::OnThread {
                thread, sent: true, ..
            } => Some(thread),
            _ => None,
        };
        if let Some(thread) = sent_to {
            send(thread, std::ptr::null_mut());
        }
        STACK.with_borrow_mut(|stack| {
            stack.pop();
            if let Some(below) = stack.last() {
                below.set_covered(false);
            }
        });
        sent_to.is_some()
    }
}

impl Drop for OnThread<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// The running calls of one script, by frame.
#[derive(Default)]
pub struct Registry(Mutex<HashMap<usize, Arc<Running>>>);

impl Registry {
    /// Makes a call known, so that it can be cancelled.
    pub fn insert(&self, key: usize, call: Arc<Running>) {
        locked(&self.0).insert(key, call);
    }

    /// Forgets a call.
    pub fn remove(&self, key: usize) {
        locked(&self.0).remove(&key);
    }

    /// The call that serves a frame.
    pub fn get(&self, key: usize) -> Option<Arc<Running>> {
        locked(&self.0).get(&key).cloned()
    }
}
