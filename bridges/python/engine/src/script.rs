//! One loaded script: its import roots, its runtime, its running calls.
//! Called by `api` for every function of the engine table; `dispatch` chooses where a handler runs.
use crate::call::{Outcome, Request};
use crate::frame::{Frame, HostLog};
use crate::helpers;
use crate::json_in;
use crate::json_out;
use crate::pin;
use crate::running::{Registry, Running};
use crate::shim::{HostFrame, Shim};
use osaurus_engine_abi::kind;
use pyo3::prelude::*;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// What of the SDK the engine talks to.
const RUNTIME: &str = "osaurus_plugin._runtime";
/// Version of the contract with `osaurus_plugin._runtime`.
const RUNTIME_VERSION: u32 = 2;

/// Where a handler runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum HandlerPlace {
    /// The thread on which the host called.
    HostThread,
    /// A thread of the engine.
    Pool,
    /// The event loop.
    Loop,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Handler {
    threads: bool,
}

/// The part of the plugin's bridge settings that concerns the engine.
#[derive(Deserialize)]
struct Settings {
    entry: String,
    #[serde(default)]
    roots: Vec<String>,
    #[serde(default)]
    tools: HashMap<String, Handler>,
    #[serde(default)]
    routes: HashMap<String, Handler>,
    #[serde(default)]
    handlers: HashMap<String, Option<Handler>>,
}

impl Settings {
    fn threads(&self, kind: u32, target: &str) -> bool {
        let event = |name: &str| self.handlers.get(name).and_then(Option::as_ref);
        let handler = match kind {
            kind::TOOL => self.tools.get(target),
            kind::ROUTE => self.routes.get(target),
            kind::CONFIG_CHANGED => event("config"),
            kind::TASK_EVENT => event("task"),
            kind::ARTIFACT => event("artifact"),
            _ => None,
        };
        handler.is_some_and(|handler| handler.threads)
    }
}

/// One loaded script.
pub struct Script {
    shim: Shim,
    /// Import roots, absolute, the author's own first.
    roots: Vec<String>,
    call: Py<PyAny>,
    acall: Py<PyAny>,
    is_async: Py<PyAny>,
    decode: Py<PyAny>,
    /// Tools whose numbers must arrive with all their digits, which only Python's own parser keeps.
    exact_tools: HashSet<String>,
    refusal: Py<PyAny>,
    deadline: Py<PyAny>,
    settings: Settings,
    /// Found places by target, one map per kind.
    places: Mutex<[HashMap<String, HandlerPlace>; 6]>,
    running: Registry,
}

/// Why a script was not loaded.
pub enum NotLoaded {
    /// The interpreter cannot take it, and nothing of it was imported.
    Refused(String),
    /// It failed, with the author's file and line.
    Failed(String),
}

impl Script {
    /// Imports a script.
    pub fn load(shim: Shim, plugin: &str, root: &str, settings: &str) -> Result<Self, NotLoaded> {
        let parsed: Settings = serde_json::from_str(settings).map_err(|error| {
            NotLoaded::Failed(format!(
                "the settings of {plugin} are not readable: {error}"
            ))
        })?;
        let roots: Vec<String> = parsed.roots.iter().map(|r| absolute(root, r)).collect();
        pin::attach(|py| {
            let failed = |error| NotLoaded::Failed(explain(py, &error));
            let helpers = helpers::get(py).map_err(failed)?;
            let modules = helpers.modules.bind(py);
            if helpers.is_lent {
                let clash = modules.call_method1("clash", (&roots,)).map_err(failed)?;
                if let Ok(Some(clash)) = clash.extract() {
                    return Err(NotLoaded::Refused(clash));
                }
            }
            Self::import(py, shim, &roots, parsed, settings).map_err(|error| {
                let text = explain(py, &error);
                let _ = modules.call_method1("leave", (&roots,));
                NotLoaded::Failed(text)
            })
        })
    }

    fn import(
        py: Python<'_>,
        shim: Shim,
        roots: &[String],
        parsed: Settings,
        settings: &str,
    ) -> PyResult<Self> {
        let helpers = helpers::get(py)?;
        helpers
            .output
            .call_method1(py, "set_log", (HostLog(shim),))?;
        helpers.modules.call_method1(py, "enter", (roots,))?;
        let module = py.import(RUNTIME)?;
        let version: u32 = module.getattr("RUNTIME_VERSION")?.extract()?;
        if version != RUNTIME_VERSION {
            return Err(pyo3::exceptions::PyImportError::new_err(format!(
                "the plugin carries osaurus_plugin with runtime version {version}, this engine needs \
                 {RUNTIME_VERSION}; build the plugin again with one version of osaurus-bridge"
            )));
        }
        let settings = json_in::parse(py, settings, "the settings")
            .map_err(pyo3::exceptions::PyValueError::new_err)?;
        let runtime = module.call_method1("load", (&parsed.entry, settings))?;
        runtime.call_method1("set_log", (HostLog(shim),))?;
        Ok(Self {
            shim,
            roots: roots.to_vec(),
            call: runtime.getattr("call")?.unbind(),
            acall: runtime.getattr("acall")?.unbind(),
            is_async: runtime.getattr("is_async")?.unbind(),
            decode: runtime.getattr("decode")?.unbind(),
            exact_tools: runtime.getattr("exact_tools")?.extract()?,
            refusal: module.getattr("refusal")?.unbind(),
            deadline: module.getattr("DeadlineExceeded")?.unbind(),
            settings: parsed,
            places: Mutex::default(),
            running: Registry::default(),
        })
    }

    /// The shim that loaded the script.
    pub fn shim(&self) -> Shim {
        self.shim
    }

    /// Runs a plain handler on this thread.
    pub fn run(
        &self,
        py: Python<'_>,
        frame: HostFrame,
        call: &Arc<Running>,
        request: Request<'_>,
        on_host_thread: bool,
    ) -> Outcome {
        let key = frame.key();
        let outcome = self.run_known(py, frame, call, request, on_host_thread);
        self.running.remove(key);
        outcome
    }

    fn run_known(
        &self,
        py: Python<'_>,
        frame: HostFrame,
        call: &Arc<Running>,
        request: Request<'_>,
        on_host_thread: bool,
    ) -> Outcome {
        let (payload, context) = self.inputs(py, request)?;
        let frame = Frame::new(frame, self.refusal.clone_ref(py), on_host_thread);
        let Some(on_thread) = call.begin(py) else {
            return Err("the call reached its deadline before a thread was free".into());
        };
        let args = (frame, request.kind, request.target, payload, context);
        let result = self.call.bind(py).call1(args);
        drop(on_thread);
        let result = result.map_err(|error| self.describe(py, &error))?;
        self.output(&result)
    }

    /// The arguments of a handler, as Python objects.
    pub fn inputs<'py>(
        &self,
        py: Python<'py>,
        request: Request<'_>,
    ) -> Result<(Bound<'py, PyAny>, Option<Bound<'py, PyAny>>), String> {
        let payload = self.payload(py, request)?;
        let context = match request.context {
            "" => None,
            text => Some(json_in::parse(py, text, "the context")?),
        };
        Ok((payload, context))
    }

    fn payload<'py>(
        &self,
        py: Python<'py>,
        request: Request<'_>,
    ) -> Result<Bound<'py, PyAny>, String> {
        if request.kind != kind::TOOL || !self.exact_tools.contains(request.target) {
            return json_in::parse(py, request.payload, "the payload");
        }
        let text = (request.kind, request.target, request.payload);
        let decoded = self.decode.bind(py).call1(text);
        decoded.map_err(|error| format!("the payload is not valid JSON: {error}"))
    }

    /// What a handler returned, as JSON text.
    pub fn output(&self, result: &Bound<'_, PyAny>) -> Outcome {
        if result.is_none() {
            return Ok(None);
        }
        json_out::write(result).map(Some)
    }

    /// A frame object for a handler that does not run on the host's thread.
    pub fn remote_frame(&self, py: Python<'_>, frame: HostFrame) -> Frame {
        Frame::new(frame, self.refusal.clone_ref(py), false)
    }

    /// The coroutine function that runs asynchronous handlers.
    pub fn acall<'py>(&self, py: Python<'py>) -> &Bound<'py, PyAny> {
        self.acall.bind(py)
    }

    /// The script's running calls.
    pub fn running(&self) -> &Registry {
        &self.running
    }

    /// An exception as a message for the author.
    pub fn describe(&self, py: Python<'_>, error: &PyErr) -> String {
        explain(py, error)
    }

    /// Where the handler of a request runs.
    pub fn place(&self, py: Python<'_>, request: Request<'_>) -> Result<HandlerPlace, String> {
        let index = request.kind as usize;
        let lookup = |places: &[HashMap<String, HandlerPlace>; 6]| {
            places
                .get(index)
                .and_then(|map| map.get(request.target))
                .copied()
        };
        if let Some(place) = lookup(&self.places.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(place);
        }
        let is_async = self
            .is_async
            .bind(py)
            .call1((request.kind, request.target))
            .and_then(|answer| answer.is_truthy())
            .map_err(|error| self.describe(py, &error))?;
        let place = match (
            is_async,
            self.settings.threads(request.kind, request.target),
        ) {
            (true, _) => HandlerPlace::Loop,
            (false, true) => HandlerPlace::Pool,
            (false, false) => HandlerPlace::HostThread,
        };
        // Task ids are endless; tools and routes are not.
        if matches!(request.kind, kind::TOOL | kind::ROUTE) {
            let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
            places[index].insert(request.target.to_owned(), place);
        }
        Ok(place)
    }

    /// Asks the handler that serves a frame to stop.
    pub fn cancel(&self, key: usize) {
        let Some(call) = self.running.get(key) else {
            return;
        };
        pin::attach(|py| {
            if let Err(error) = call.cancel(py, self.deadline.bind(py)) {
                error.write_unraisable(py, None);
            }
        });
    }

    /// Forgets the script's modules.
    pub fn unload(&self) {
        pin::attach(|py| {
            let result = helpers::get(py).and_then(|helpers| {
                helpers
                    .modules
                    .call_method1(py, "leave", (&self.roots,))
                    .map(drop)
            });
            if let Err(error) = result {
                error.write_unraisable(py, None);
            }
        });
    }
}

fn absolute(root: &str, folder: &str) -> String {
    let path = match folder {
        "" | "." => Path::new(root).to_path_buf(),
        folder => Path::new(root).join(folder),
    };
    path.to_string_lossy().into_owned()
}

/// An exception as a message for the author, in the words that a worker has for it.
fn explain(py: Python<'_>, error: &PyErr) -> String {
    py.import("osaurus_plugin._load_errors")
        .and_then(|module| module.call_method1("explain", (error.value(py),)))
        .and_then(|text| text.extract())
        .unwrap_or_else(|_| unexpected(py, error))
}

/// An error of the engine's own Python code, or one that cannot be described.
fn unexpected(py: Python<'_>, error: &PyErr) -> String {
    let trace = error
        .traceback(py)
        .and_then(|trace| trace.format().ok())
        .unwrap_or_default();
    format!("{error}\n{trace}")
}
