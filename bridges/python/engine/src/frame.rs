//! The objects that Python code holds: `Frame` (one call of the host) and the log function.
//! Every way into the host releases the GIL first. Must not know which handler is running.
use crate::buffers::{NO_SLICE, Received, bytes, slice};
use crate::pin;
use crate::shim::{FORKED_TEXT, HostFrame, Shim, is_forked};
use osaurus_engine_abi::{Arg, Buffer, HostCall, STATUS_OK, STATUS_REFUSED, Slice};
use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyString, PyTuple};
use std::ffi::{c_ulong, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Slot index of `complete_stream`.
const COMPLETE_STREAM: u32 = 12;
/// The most arguments that a host call takes.
const MAX_ARGS: usize = 3;

/// Thread of the asyncio loop, 0 while there is none.
static LOOP_THREAD: AtomicU64 = AtomicU64::new(0);

/// Remembers which thread must never wait for the host.
pub fn set_loop_thread(ident: u64) {
    LOOP_THREAD.store(ident, Ordering::Relaxed);
}

fn this_thread() -> c_ulong {
    // SAFETY: reads the id of the calling thread.
    unsafe { ffi::PyThread_get_thread_ident() }
}

/// Carries raw pointers into a closure that runs on the same thread, without the GIL.
struct SameThread<T>(T);
// SAFETY: `detach` runs its closure on the calling thread; nothing moves to another one.
unsafe impl<T> Send for SameThread<T> {}

impl<T> SameThread<T> {
    fn into_inner(self) -> T {
        self.0
    }
}

/// One call of the host, as scripts see it.
#[pyclass(frozen, name = "Frame", module = "osaurus_engine")]
pub struct Frame {
    host: HostFrame,
    /// `_runtime.refusal`: makes the exception of a status and a sentence.
    refusal: Py<PyAny>,
    /// The thread on which host calls run directly, 0 for none.
    direct: u64,
}

impl Frame {
    /// A frame whose handler runs on the host's own thread (`direct`), or elsewhere.
    pub fn new(host: HostFrame, refusal: Py<PyAny>, direct: bool) -> Self {
        let direct = if direct { this_thread() as u64 } else { 0 };
        Self {
            host,
            refusal,
            direct,
        }
    }

    fn refuse(&self, py: Python<'_>, text: impl Into<String>) -> PyErr {
        self.refuse_as(py, STATUS_REFUSED, &text.into())
    }

    fn refuse_as(&self, py: Python<'_>, status: i32, text: &str) -> PyErr {
        match self.refusal.bind(py).call1((status, text)) {
            Ok(error) => PyErr::from_value(error),
            Err(error) => error,
        }
    }

    /// What travels with a posted call of this frame.
    fn posted(&self, py: Python<'_>, done: Py<PyAny>, chunks: Option<Box<Chunks>>) -> Posted {
        Posted {
            done,
            refusal: self.refusal.clone_ref(py),
            chunks,
        }
    }

    fn may_block(&self) -> Result<(), &'static str> {
        if is_forked() {
            return Err(FORKED_TEXT);
        }
        if LOOP_THREAD.load(Ordering::Relaxed) == this_thread() as u64 {
            return Err(
                "a blocking host call on the asyncio thread would stop every other handler; \
                 await the call, or run the blocking code with asyncio.to_thread()",
            );
        }
        Ok(())
    }

    /// Makes the call without the GIL and turns its value into a str.
    fn run<'py>(&self, py: Python<'py>, call: HostCall) -> PyResult<Option<Bound<'py, PyString>>> {
        self.may_block().map_err(|text| self.refuse(py, text))?;
        let call = SameThread(call);
        let outcome = py.detach(move || self.host.call(&call.into_inner()));
        match outcome {
            Ok(value) => value_text(py, &value).map_err(|text| self.refuse(py, text)),
            Err((status, text)) => Err(self.refuse_as(py, status, &sentence(&text))),
        }
    }
}

#[pymethods]
impl Frame {
    /// Makes a host call and waits.
    #[pyo3(signature = (slot, args, /))]
    fn call<'py>(
        &self,
        py: Python<'py>,
        slot: u32,
        args: &Bound<'py, PyTuple>,
    ) -> PyResult<Option<Bound<'py, PyString>>> {
        let mut strings = Kept::default();
        let call = host_call(slot, args, &mut strings).map_err(|text| self.refuse(py, text))?;
        self.run(py, call)
    }

    /// Queues a host call for the host's thread; `done(value, refusal)` is called later, on any
    /// thread.
    #[pyo3(signature = (slot, args, done, /))]
    fn post(
        &self,
        py: Python<'_>,
        slot: u32,
        args: &Bound<'_, PyTuple>,
        done: Py<PyAny>,
    ) -> PyResult<()> {
        let mut strings = Kept::default();
        let call = host_call(slot, args, &mut strings).map_err(|text| self.refuse(py, text))?;
        post(py, &self.host, call, self.posted(py, done, None))
    }

    /// `complete_stream`: `on_chunk(text)` returns False to stop it. Waits when `done` is None.
    #[pyo3(signature = (request, on_chunk, done=None, /))]
    fn stream<'py>(
        &self,
        py: Python<'py>,
        request: &Bound<'py, PyString>,
        on_chunk: Py<PyAny>,
        done: Option<Py<PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyString>>> {
        let args = PyTuple::new(py, [request])?;
        let mut strings = Kept::default();
        let mut call = host_call(COMPLETE_STREAM, &args, &mut strings)
            .map_err(|text| self.refuse(py, text))?;
        let chunks = Box::new(Chunks::new(on_chunk));
        call.on_chunk = Some(receive_chunk);
        call.chunk_user = (&raw const *chunks).cast_mut().cast();
        if let Some(done) = done {
            let posted = self.posted(py, done, Some(chunks));
            return post(py, &self.host, call, posted).map(|()| None);
        }
        let outcome = self.run(py, call);
        match chunks.take_error() {
            Some(error) => Err(error),
            None => outcome,
        }
    }

    /// Whether a blocking call here runs the host call on this very thread.
    #[getter]
    fn on_host_thread(&self) -> bool {
        self.direct != 0 && self.direct == this_thread() as u64
    }
}

/// Texts that a [`HostCall`] under construction points into.
#[derive(Default)]
struct Kept<'py>(Vec<Bound<'py, PyString>>);

/// Builds the call. Its slices point into the str objects that `args` and `kept` hold.
fn host_call<'py>(
    slot: u32,
    args: &Bound<'py, PyTuple>,
    kept: &mut Kept<'py>,
) -> Result<HostCall, String> {
    let count = args.len();
    if count > MAX_ARGS {
        return Err(format!(
            "host calls take at most {MAX_ARGS} arguments, not {count}"
        ));
    }
    let mut call = HostCall {
        slot,
        argc: count as u32,
        args: [Arg {
            text: NO_SLICE,
            int: 0,
        }; MAX_ARGS],
        on_chunk: None,
        chunk_user: ptr::null_mut(),
    };
    for (place, value) in call.args.iter_mut().zip(args.iter()) {
        *place = argument(slot, value, kept)?;
    }
    Ok(call)
}

fn argument<'py>(slot: u32, value: Bound<'py, PyAny>, kept: &mut Kept<'py>) -> Result<Arg, String> {
    let mut arg = Arg {
        text: NO_SLICE,
        int: 0,
    };
    if let Ok(text) = value.cast::<PyString>() {
        let utf8 = text.to_str().map_err(|_| {
            format!(
                "an argument of the host call {slot} holds a lone surrogate (half of a UTF-16 pair), which UTF-8 \
                 cannot hold; clean it with .encode(\"utf-8\", \"replace\").decode()"
            )
        })?;
        arg.text = slice(utf8.as_bytes());
        kept.0.push(text.clone());
    } else if let Ok(number) = value.cast::<PyInt>() {
        arg.int = number.extract().map_err(|_| {
            format!("an argument of the host call {slot} is {number}, beyond 32 bits")
        })?;
    } else if !value.is_none() {
        return Err(format!(
            "arguments of host calls are str, int or None, not {}",
            value.get_type()
        ));
    }
    Ok(arg)
}

fn value_text<'py>(
    py: Python<'py>,
    value: &Received,
) -> Result<Option<Bound<'py, PyString>>, String> {
    value
        .bytes()
        .map(|text| {
            PyString::from_bytes(py, text)
                .map_err(|error| format!("the host answered with text that is not UTF-8: {error}"))
        })
        .transpose()
}

fn sentence(text: &Received) -> String {
    String::from_utf8_lossy(text.bytes().unwrap_or(b"the host call was refused")).into_owned()
}

/// What travels with a posted call.
struct Posted {
    done: Py<PyAny>,
    /// As in [`Frame`].
    refusal: Py<PyAny>,
    /// Keeps the chunk receiver alive until the call is over.
    chunks: Option<Box<Chunks>>,
}

impl Posted {
    fn refuse(&self, py: Python<'_>, status: i32, text: &str) -> PyResult<()> {
        let refusal = self.refusal.call1(py, (status, text))?;
        self.done.call1(py, (py.None(), refusal)).map(drop)
    }
}

fn post(py: Python<'_>, host: &HostFrame, call: HostCall, posted: Posted) -> PyResult<()> {
    if is_forked() {
        return posted.refuse(py, STATUS_REFUSED, FORKED_TEXT);
    }
    let call = SameThread((call, Box::into_raw(Box::new(posted))));
    py.detach(move || {
        let (call, posted) = call.into_inner();
        // SAFETY: the box lives until `posted_done` takes it back, which the shim calls exactly
        // once.
        unsafe { host.post(&call, posted_done, posted.cast()) }
    });
    Ok(())
}

unsafe extern "C" fn posted_done(user: *mut c_void, status: i32, value: *mut Buffer) {
    let _ = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: `user` is the box that `post` handed over; this is its only return.
        let posted = unsafe { Box::from_raw(user.cast::<Posted>()) };
        // SAFETY: the shim passes NULL or a buffer that is ours from now on.
        let value = unsafe { Received::take(value) };
        pin::attach(|py| {
            if let Err(error) = hand_over(py, *posted, status, &value) {
                error.write_unraisable(py, None);
            }
        });
    }));
}

fn hand_over(py: Python<'_>, posted: Posted, status: i32, value: &Received) -> PyResult<()> {
    let broken = posted
        .chunks
        .as_ref()
        .and_then(|chunks| chunks.take_error());
    let outcome = match (broken, status) {
        (Some(error), _) => Err((STATUS_REFUSED, format!("on_chunk failed: {error}"))),
        (None, STATUS_OK) => value_text(py, value).map_err(|text| (STATUS_REFUSED, text)),
        (None, status) => Err((status, sentence(value))),
    };
    match outcome {
        Ok(text) => posted.done.call1(py, (text, py.None())).map(drop),
        Err((status, text)) => posted.refuse(py, status, &text),
    }
}

/// Receives the chunks of one stream.
struct Chunks {
    on_chunk: Py<PyAny>,
    error: Mutex<Option<PyErr>>,
}

impl Chunks {
    fn new(on_chunk: Py<PyAny>) -> Self {
        Self {
            on_chunk,
            error: Mutex::new(None),
        }
    }

    fn take_error(&self) -> Option<PyErr> {
        self.error.lock().ok().and_then(|mut error| error.take())
    }

    /// 0 to go on, 1 to stop.
    fn receive(&self, py: Python<'_>, chunk: &[u8]) -> i32 {
        let text = PyBytes::new(py, chunk).call_method1("decode", ("utf-8", "replace"));
        let answer = text
            .and_then(|text| self.on_chunk.call1(py, (text,)))
            .and_then(|go_on| Ok(go_on.is_none(py) || go_on.is_truthy(py)?));
        match answer {
            Ok(true) => 0,
            Ok(false) => 1,
            Err(error) => {
                if let Ok(mut place) = self.error.lock() {
                    place.get_or_insert(error);
                }
                1
            }
        }
    }
}

unsafe extern "C" fn receive_chunk(user: *mut c_void, chunk: Slice) -> i32 {
    catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: `user` is the `Chunks` that the caller of the stream keeps alive until the call
        // is over.
        let chunks = unsafe { &*user.cast::<Chunks>() };
        // SAFETY: a chunk is borrowed for the duration of this call.
        let chunk = unsafe { bytes(chunk) };
        pin::attach(|py| chunks.receive(py, chunk))
    }))
    .unwrap_or(1)
}

/// `log(level, text)`: writes lines to the host's log.
#[pyclass(frozen, name = "HostLog", module = "osaurus_engine")]
pub struct HostLog(pub Shim);

#[pymethods]
impl HostLog {
    fn __call__(&self, py: Python<'_>, level: i32, text: &Bound<'_, PyString>) -> PyResult<()> {
        let text = text.to_string_lossy().into_owned();
        let shim = self.0;
        py.detach(move || catch_unwind(AssertUnwindSafe(|| shim.log(level, &text))))
            .map_err(|_| PyRuntimeError::new_err("the host's log failed"))
    }
}
