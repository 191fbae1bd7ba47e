//! Runs the first step of a coroutine on the thread of its call, as a task of the loop, while the
//! loop's own thread waits: a handler that does not wait has ended then, and no thread was woken.
//! Used by `asynchronous`; `py/supervisor.py` has the loop and its turn.
use crate::frame::set_loop_thread;
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{IntoPyDict, PyDict, PyTuple};
use std::sync::Mutex;

/// The loop, and the functions that make a thread its own for a moment. They are C functions:
/// no exception that is sent to this thread comes between them.
pub struct SharedLoop {
    own_loop: Py<PyAny>,
    own_thread: u64,
    selector: Py<PyAny>,
    acquire: Py<PyAny>,
    release: Py<PyAny>,
    running_loop: Py<PyAny>,
    set_running_loop: Py<PyAny>,
    hooks: Py<PyAny>,
    set_hooks: Py<PyAny>,
    own_hooks: Py<PyTuple>,
    make_task: Py<PyAny>,
    task_options: Py<PyDict>,
    task_factory: Py<PyAny>,
    /// The supervisor's `Run` by task.
    runs: Py<PyDict>,
    ready: Py<PyAny>,
    timers: Py<PyAny>,
    wake: Py<PyAny>,
}

/// The supervisor's loop; `None` where it is of a kind that only its own thread may touch.
pub fn shared_loop(
    py: Python<'_>,
    supervisor: &Py<PyAny>,
) -> PyResult<Option<&'static SharedLoop>> {
    static SHARED: PyOnceLock<Option<SharedLoop>> = PyOnceLock::new();
    let shared = SHARED.get_or_try_init(py, || SharedLoop::new(supervisor.bind(py)))?;
    Ok(shared.as_ref())
}

impl SharedLoop {
    fn new(supervisor: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let py = supervisor.py();
        let own_loop = supervisor.getattr("loop")?;
        let selector = supervisor.getattr("selector")?;
        let names = [
            "_ready",
            "_scheduled",
            "_thread_id",
            "_asyncgen_firstiter_hook",
        ];
        for name in names {
            if selector.is_none() || !own_loop.hasattr(name)? {
                return Ok(None);
            }
        }
        let turn = selector.getattr("turn")?;
        let events = py.import("asyncio.events")?;
        let sys = py.import("sys")?;
        let own_hooks = [
            own_loop.getattr("_asyncgen_firstiter_hook")?,
            own_loop.getattr("_asyncgen_finalizer_hook")?,
        ];
        Ok(Some(Self {
            own_thread: supervisor.getattr("thread")?.getattr("ident")?.extract()?,
            selector: selector.unbind(),
            acquire: turn.getattr("acquire")?.unbind(),
            release: turn.getattr("release")?.unbind(),
            running_loop: events.getattr("_get_running_loop")?.unbind(),
            set_running_loop: events.getattr("_set_running_loop")?.unbind(),
            hooks: sys.getattr("get_asyncgen_hooks")?.unbind(),
            set_hooks: sys.getattr("set_asyncgen_hooks")?.unbind(),
            own_hooks: PyTuple::new(py, own_hooks)?.unbind(),
            make_task: py.import("asyncio")?.getattr("Task")?.unbind(),
            task_options: [("loop", &own_loop)].into_py_dict(py)?.unbind(),
            task_factory: own_loop.getattr("get_task_factory")?.unbind(),
            runs: supervisor.getattr("tops")?.extract()?,
            ready: own_loop.getattr("_ready")?.unbind(),
            timers: own_loop.getattr("_scheduled")?.unbind(),
            wake: own_loop.getattr("_write_to_self")?.unbind(),
            own_loop: own_loop.unbind(),
        }))
    }

    /// Runs the first step of the handler that the supervisor's `run` is for. False when the loop
    /// is busy, or another one runs on this thread: then nothing was done.
    pub fn run(&'static self, run: &Bound<'_, PyAny>, args: &Bound<'_, PyTuple>) -> PyResult<bool> {
        let Some(guard) = LoopGuard::enter(run.py(), self)? else {
            return Ok(false);
        };
        guard.first_step(run, args).map(|()| true)
    }

    fn task<'py>(&self, coroutine: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = coroutine.py();
        if self.task_factory.bind(py).call0()?.is_none() {
            let options = Some(self.task_options.bind(py));
            return self.make_task.bind(py).call((coroutine,), options);
        }
        self.own_loop
            .bind(py)
            .call_method1(intern!(py, "create_task"), (coroutine,))
    }

    /// Whether the loop has to look at something that was not there when it began to wait.
    fn has_work(&self, py: Python<'_>) -> bool {
        let is_filled = |list: &Py<PyAny>| list.bind(py).len().is_ok_and(|length| length > 0);
        is_filled(&self.ready) || is_filled(&self.timers)
    }
}

/// While this lives, the loop is this thread's.
struct LoopGuard<'py> {
    py: Python<'py>,
    shared: &'static SharedLoop,
    hooks: Py<PyTuple>,
}

impl<'py> LoopGuard<'py> {
    fn enter(py: Python<'py>, shared: &'static SharedLoop) -> PyResult<Option<Self>> {
        let own_loop = shared.own_loop.bind(py);
        // SAFETY: reads the id of the calling thread.
        let ident = unsafe { ffi::PyThread_get_thread_ident() } as u64;
        let hooks = shared.hooks.call0(py)?.extract(py)?;
        if !shared.running_loop.call0(py)?.is_none(py)
            || !shared.acquire.call1(py, (false,))?.is_truthy(py)?
        {
            return Ok(None);
        }
        let guard = Self { py, shared, hooks };
        shared.selector.setattr(py, intern!(py, "visited"), true)?;
        own_loop.setattr(intern!(py, "_thread_id"), ident)?;
        shared.set_running_loop.call1(py, (own_loop,))?;
        shared.set_hooks.call1(py, shared.own_hooks.bind(py))?;
        set_loop_thread(ident);
        Ok(Some(guard))
    }

    fn first_step(&self, run: &Bound<'py, PyAny>, args: &Bound<'py, PyTuple>) -> PyResult<()> {
        let (py, own_loop) = (self.py, self.shared.own_loop.bind(self.py));
        let coroutine = run.call_method1(intern!(py, "guarded"), args)?;
        let step = Bound::new(py, Step::default())?;
        // A new task asks its loop for its first step with `call_soon`. What other threads ask for
        // goes another way (`call_soon_threadsafe`), so this can only be the task's.
        own_loop.setattr(intern!(py, "call_soon"), &step)?;
        let task = self.shared.task(coroutine);
        own_loop.delattr(intern!(py, "call_soon"))?;
        let task = task?;
        run.setattr(intern!(py, "_task"), &task)?;
        self.shared.runs.bind(py).set_item(&task, run)?;
        step.get().run(py)
    }
}

impl Drop for LoopGuard<'_> {
    fn drop(&mut self) {
        let (py, shared) = (self.py, self.shared);
        set_loop_thread(shared.own_thread);
        let results = [
            shared.set_hooks.call1(py, self.hooks.bind(py)).map(drop),
            shared.set_running_loop.call1(py, (py.None(),)).map(drop),
            shared
                .own_loop
                .setattr(py, intern!(py, "_thread_id"), shared.own_thread),
            shared.release.call0(py).map(drop),
        ];
        let woken = match shared.has_work(py) {
            true => shared.wake.call0(py).map(drop),
            false => Ok(()),
        };
        for error in results.into_iter().chain([woken]).filter_map(Result::err) {
            error.write_unraisable(py, None);
        }
    }
}

/// Takes the place of `call_soon` while a task is made.
#[pyclass(frozen, module = "osaurus_engine")]
#[derive(Default)]
struct Step(Mutex<Option<(Py<PyAny>, Py<PyAny>)>>);

#[pymethods]
impl Step {
    #[pyo3(signature = (step, *, context))]
    fn __call__(&self, step: Py<PyAny>, context: Py<PyAny>) {
        if let Ok(mut place) = self.0.lock() {
            *place = Some((step, context));
        }
    }
}

impl Step {
    fn run(&self, py: Python<'_>) -> PyResult<()> {
        let step = self.0.lock().ok().and_then(|mut place| place.take());
        match step {
            Some((step, context)) => context
                .call_method1(py, intern!(py, "run"), (step,))
                .map(drop),
            // A task factory has run it.
            None => Ok(()),
        }
    }
}
