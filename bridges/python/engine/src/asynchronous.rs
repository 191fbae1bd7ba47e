//! Handlers declared with `async def`: begins them and takes their outcome. Called by `dispatch`.
//! The loop itself is `py/supervisor.py`; `first_step` runs what needs no loop.
use crate::call::{Outcome, Request, Started, complete};
use crate::first_step;
use crate::frame::set_loop_thread;
use crate::helpers;
use crate::running::Running;
use crate::script::Script;
use crate::shim::HostFrame;
use pyo3::exceptions::PyBaseException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Starts a handler. One that does not wait has ended then; the outcome of any other completes the
/// frame.
pub fn start(
    py: Python<'_>,
    script: &Arc<Script>,
    frame: HostFrame,
    request: Request<'_>,
) -> Result<Started, String> {
    let (payload, context) = script.inputs(py, request)?;
    let key = frame.key();
    let remote = script.remote_frame(py, frame.clone());
    let start = || -> PyResult<Started> {
        let acall = script.acall(py);
        let args = (
            acall,
            remote,
            request.kind,
            request.target,
            payload,
            context,
        );
        Call::new(py, script, frame)?.start(&args.into_pyobject(py)?)
    };
    start().map_err(|error| {
        script.running().remove(key);
        script.describe(py, &error)
    })
}

/// One call of a handler.
struct Call<'py> {
    /// The supervisor's `Run`.
    run: Bound<'py, PyAny>,
    finish: Bound<'py, Finish>,
    running: Arc<Running>,
    supervisor: &'static Py<PyAny>,
}

impl<'py> Call<'py> {
    fn new(py: Python<'py>, script: &Arc<Script>, frame: HostFrame) -> PyResult<Self> {
        let (module, supervisor) = helpers::supervisor(py)?;
        let running = Running::queued();
        script.running().insert(frame.key(), Arc::clone(&running));
        let finish = Finish {
            script: Arc::clone(script),
            frame,
            running: Arc::clone(&running),
            early: Mutex::new(Early::Awaited),
        };
        let finish = Bound::new(py, finish)?;
        let class = module.bind(py).getattr(intern!(py, "Run"))?;
        Ok(Self {
            run: class.call1((supervisor, &finish))?,
            finish,
            running,
            supervisor,
        })
    }

    /// `args` are the handler and its arguments.
    fn start(&self, args: &Bound<'py, PyTuple>) -> PyResult<Started> {
        let py = args.py();
        let is_begun = match first_step::shared_loop(py, self.supervisor)? {
            Some(shared) => self.first_step(shared, args)?,
            None => false,
        };
        if let Some(outcome) = self.finish.get().early_outcome() {
            return Ok(Started::Done(outcome));
        }
        if !is_begun {
            self.running.becomes_task(&self.run);
            set_loop_thread(supervisor_thread(py, self.supervisor)?);
            self.run.call_method1("start", args)?;
        }
        Ok(Started::Pending)
    }

    /// Runs the handler on this thread until it waits. False when nothing was done.
    fn first_step(
        &self,
        shared: &'static first_step::SharedLoop,
        args: &Bound<'py, PyTuple>,
    ) -> PyResult<bool> {
        let Some(on_thread) = self.running.begin(args.py()) else {
            return Ok(false);
        };
        let is_begun = shared.run(&self.run, args);
        // What was sent to this thread and has not arrived is for the task.
        if on_thread.becomes_task(&self.run) && !self.finish.get().is_over() {
            self.run.call_method0("cancel")?;
        }
        is_begun
    }
}

fn supervisor_thread(py: Python<'_>, supervisor: &Py<PyAny>) -> PyResult<u64> {
    supervisor
        .getattr(py, "thread")?
        .getattr(py, "ident")?
        .extract(py)
}

/// Takes the outcome of one handler, on the thread that ran its last step.
#[pyclass(frozen, module = "osaurus_engine")]
struct Finish {
    script: Arc<Script>,
    frame: HostFrame,
    running: Arc<Running>,
    early: Mutex<Early>,
}

/// An outcome that is there before the call was handed to the loop.
enum Early {
    Awaited,
    There(Outcome),
    /// The frame is completed with it.
    TooLate,
}

#[pymethods]
impl Finish {
    fn __call__(
        &self,
        py: Python<'_>,
        result: &Bound<'_, PyAny>,
        failure: Option<&Bound<'_, PyBaseException>>,
    ) {
        self.script.running().remove(self.frame.key());
        let outcome: Outcome = match failure {
            Some(error) => Err(self
                .script
                .describe(py, &PyErr::from_value(error.clone().into_any()))),
            None => self.script.output(result),
        };
        let mut early = self.early();
        match *early {
            Early::Awaited => *early = Early::There(outcome),
            Early::There(_) | Early::TooLate => {
                drop(early);
                self.running.end_task();
                py.detach(|| complete(&self.frame, outcome));
            }
        }
    }
}

impl Finish {
    fn early(&self) -> MutexGuard<'_, Early> {
        self.early.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        matches!(*self.early(), Early::There(_))
    }

    /// The outcome if it is there; one that comes later completes the frame.
    fn early_outcome(&self) -> Option<Outcome> {
        match std::mem::replace(&mut *self.early(), Early::TooLate) {
            Early::There(outcome) => Some(outcome),
            Early::Awaited | Early::TooLate => None,
        }
    }
}
