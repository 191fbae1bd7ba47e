//! Handlers declared with `async def`: hands them to the loop and takes their outcome back.
//! Called by `dispatch`; the loop itself is `py/supervisor.py`.
use crate::call::{Outcome, Request, complete};
use crate::frame::set_loop_thread;
use crate::helpers;
use crate::running::Running;
use crate::script::Script;
use crate::shim::HostFrame;
use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;
use std::sync::{Arc, OnceLock};

/// Starts a handler on the loop. Its outcome completes the frame.
pub fn start(
    py: Python<'_>,
    script: &Arc<Script>,
    frame: HostFrame,
    request: Request<'_>,
) -> Result<(), String> {
    let (payload, context) = script.inputs(py, request)?;
    submit(py, script, frame, |run, acall, frame| {
        let args = (acall, frame, request.kind, request.target, payload, context);
        run.call_method1("start", args).map(drop)
    })
    .map_err(|error| script.describe(py, &error))
}

fn submit<'py>(
    py: Python<'py>,
    script: &Arc<Script>,
    frame: HostFrame,
    begin: impl FnOnce(&Bound<'py, PyAny>, &Bound<'py, PyAny>, crate::frame::Frame) -> PyResult<()>,
) -> PyResult<()> {
    let (module, supervisor) = helpers::supervisor(py)?;
    let ident: u64 = supervisor
        .getattr(py, "thread")?
        .getattr(py, "ident")?
        .extract(py)?;
    set_loop_thread(ident);
    let remote = script.remote_frame(py, frame.clone());
    let key = frame.key();
    let finish = Bound::new(
        py,
        Finish {
            script: Arc::clone(script),
            frame,
            call: OnceLock::new(),
        },
    )?;
    let task = module
        .bind(py)
        .getattr("Run")?
        .call1((supervisor, &finish))?;
    let call = Running::task(task.clone().unbind());
    let _ = finish.get().call.set(Arc::clone(&call));
    script.running().insert(key, call);
    begin(&task, script.acall(py), remote).inspect_err(|_| script.running().remove(key))
}

/// Takes the outcome of one asynchronous handler, on the loop's thread.
#[pyclass(frozen, module = "osaurus_engine")]
struct Finish {
    script: Arc<Script>,
    frame: HostFrame,
    call: OnceLock<Arc<Running>>,
}

#[pymethods]
impl Finish {
    fn __call__(
        &self,
        py: Python<'_>,
        result: &Bound<'_, PyAny>,
        failure: Option<&Bound<'_, PyBaseException>>,
    ) {
        if let Some(call) = self.call.get() {
            call.end_task();
        }
        self.script.running().remove(self.frame.key());
        let outcome: Outcome = match failure {
            Some(error) => Err(self
                .script
                .describe(py, &PyErr::from_value(error.clone().into_any()))),
            None => self.script.output(result),
        };
        py.detach(|| complete(&self.frame, outcome));
    }
}
