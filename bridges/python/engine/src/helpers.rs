//! The engine's own Python modules, compiled from the sources under `py/`, and what they install
//! once. Used by scripts and the loop. The interpreter may hold two engines of different builds:
//! names are unique.
use crate::shim;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyCFunction, PyDict, PyTuple};
use std::ffi::CString;

const MODULES: &str = include_str!("../py/modules.py");
const OUTPUT: &str = include_str!("../py/output.py");
const SUPERVISOR: &str = include_str!("../py/supervisor.py");

/// Attribute of `sys` that stage 1 sets when it started the interpreter itself.
const STARTED_FOR_PLUGINS: &str = "_osaurus_started";

/// The modules that every script needs.
pub struct Helpers {
    /// `modules.py`.
    pub modules: Py<PyModule>,
    /// `output.py`.
    pub output: Py<PyModule>,
    /// The host is a Python itself and lends its interpreter.
    pub is_lent: bool,
}

/// The helpers, installed at the first use.
pub fn get(py: Python<'_>) -> PyResult<&'static Helpers> {
    static HELPERS: PyOnceLock<Helpers> = PyOnceLock::new();
    HELPERS.get_or_try_init(py, || install(py))
}

/// The asyncio supervisor module with its one `Supervisor`, made at the first use.
pub fn supervisor(py: Python<'_>) -> PyResult<&'static (Py<PyModule>, Py<PyAny>)> {
    static LOOP: PyOnceLock<(Py<PyModule>, Py<PyAny>)> = PyOnceLock::new();
    LOOP.get_or_try_init(py, || {
        let say = get(py)?.output.getattr(py, "say")?;
        let module = compile(py, "supervisor", SUPERVISOR)?;
        let instance = module.getattr("Supervisor")?.call1((say,))?;
        Ok((module.unbind(), instance.unbind()))
    })
}

fn install(py: Python<'_>) -> PyResult<Helpers> {
    let modules = compile(py, "modules", MODULES)?;
    let output = compile(py, "output", OUTPUT)?;
    let is_lent = !py.import("sys")?.hasattr(STARTED_FOR_PLUGINS)?;
    if !is_lent {
        output.call_method0("install")?;
    }
    watch_forks(py)?;
    Ok(Helpers {
        modules: modules.unbind(),
        output: output.unbind(),
        is_lent,
    })
}

fn watch_forks(py: Python<'_>) -> PyResult<()> {
    let mark = PyCFunction::new_closure(
        py,
        None,
        None,
        |_: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| shim::mark_forked(),
    )?;
    let options = PyDict::new(py);
    options.set_item("after_in_child", mark)?;
    py.import("os")?
        .call_method("register_at_fork", (), Some(&options))?;
    Ok(())
}

fn compile<'py>(py: Python<'py>, name: &str, source: &str) -> PyResult<Bound<'py, PyModule>> {
    let unique = format!("_osaurus_engine_{:x}_{name}", MODULES.as_ptr() as usize);
    PyModule::from_code(
        py,
        &CString::new(source)?,
        &CString::new(format!("<osaurus engine: {name}.py>"))?,
        &CString::new(unique)?,
    )
}
