//! The embedded engine: one plugin's script, reached through the tables of `osaurus-engine-abi`.
//! Called by the shim through [`Engine`]. Knows how long a call may take, not how Python runs it.
use super::claim::Claim;
use super::table::{EMPTY, EngineFrame, LastFrame, SHIM_API};
use super::watchdog;
use crate::engine::{Engine, EngineContext, EngineFailure, Kind, Request};
use osaurus_engine_abi::{
    Buffer, CallDesc, ENGINE_ABI_VERSION, EngineApi, STATUS_FAILED, STATUS_OK, STATUS_PENDING,
    STATUS_REFUSED, ScriptDesc, Slice,
};
use osaurus_plugin::{Frame, Served, log_level};
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

/// How long a handler may clean up after its deadline before its call is given up.
const GRACE: Duration = Duration::from_secs(1);
/// How long the unload handler may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// A loaded script.
pub struct Embedded(Arc<Script>);

struct Script {
    api: &'static EngineApi,
    handle: *mut c_void,
    description: String,
    has_unload: bool,
    /// No new calls.
    closed: AtomicBool,
    /// The unload handler has had its time.
    parted: AtomicBool,
    running: AtomicUsize,
    /// Until the script is unloaded.
    claim: Mutex<Option<Claim>>,
}

// SAFETY: contract of `EngineApi`: all functions may be called from any thread, several at once.
unsafe impl Send for Script {}
// SAFETY: as above.
unsafe impl Sync for Script {}

fn slice(text: &str) -> Slice {
    Slice {
        ptr: text.as_ptr(),
        len: text.len(),
    }
}

impl Embedded {
    /// Imports the plugin's script into the interpreter that it has claimed.
    ///
    /// # Errors
    /// `Script` with file and line; `Unavailable` when the interpreter holds other modules of these
    /// names.
    pub fn load(
        api: &'static EngineApi,
        context: &EngineContext,
        claim: Claim,
        description: String,
    ) -> Result<Embedded, EngineFailure> {
        let root = context.root.to_string_lossy();
        let desc = ScriptDesc {
            plugin_id: slice(&context.plugin_id),
            root: slice(&root),
            settings: slice(&context.settings_json),
            owner: ptr::null(),
            shim: &raw const SHIM_API,
        };
        let mut handle = ptr::null_mut();
        let mut error = Returned(EMPTY);
        // SAFETY: all pointers are valid during the call; `SHIM_API` is a static of an image that
        // is pinned.
        match unsafe { (api.load)(&raw const desc, &raw mut handle, &raw mut error.0) } {
            STATUS_OK => Ok(Embedded(Arc::new(Script {
                api,
                handle,
                description,
                has_unload: context.config.handlers.unload.is_some(),
                closed: AtomicBool::new(false),
                parted: AtomicBool::new(false),
                running: AtomicUsize::new(0),
                claim: Mutex::new(Some(claim)),
            }))),
            STATUS_REFUSED => {
                claim.withdraw();
                Err(EngineFailure::Unavailable {
                    looked_for: vec![error.text()],
                    fix: "Leave `mode` out to run the plugin in a process of its own.".into(),
                })
            }
            _ => Err(EngineFailure::Script { text: error.text() }),
        }
    }
}

/// Checks an engine library's table.
///
/// # Errors
/// A sentence.
///
/// # Safety
/// `entry` is the symbol `osaurus_engine_entry` of an engine library that stays loaded.
pub unsafe fn connect(entry: *mut c_void) -> Result<&'static EngineApi, String> {
    // SAFETY: the symbol has this type, by contract of `osaurus-engine-abi`.
    let entry =
        unsafe { std::mem::transmute::<*mut c_void, osaurus_engine_abi::EngineEntry>(entry) };
    // SAFETY: the interpreter runs and this thread holds no lock of it, as the entry function
    // wants.
    let api = unsafe { entry(&raw const SHIM_API).as_ref() };
    api.filter(|api| {
        api.version == ENGINE_ABI_VERSION && api.size as usize >= size_of::<EngineApi>()
    })
    .ok_or_else(|| {
        format!(
            "the engine library speaks another version of the engine tables than \
                     {ENGINE_ABI_VERSION}; build the plugin again"
        )
    })
}

/// A buffer of the engine's, freed when dropped.
struct Returned(Buffer);

impl Returned {
    fn bytes(&self) -> Option<&[u8]> {
        // SAFETY: contract of `Buffer`: `len` readable bytes until it is freed.
        (!self.0.ptr.is_null())
            .then(|| unsafe { std::slice::from_raw_parts(self.0.ptr, self.0.len) })
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(self.bytes().unwrap_or_default()).into_owned()
    }
}

impl Drop for Returned {
    fn drop(&mut self) {
        if let (false, Some(free)) = (self.0.ptr.is_null(), self.0.free) {
            // SAFETY: handed back exactly once, with the numbers that came with it.
            unsafe { free(self.0.ptr, self.0.len, self.0.cap) }
        }
    }
}

/// A counted reference in the form that the engine wants.
struct RawFrame(*const c_void);

impl RawFrame {
    fn new(frame: EngineFrame) -> Self {
        RawFrame(Arc::into_raw(Arc::new(frame)).cast())
    }
}

impl Drop for RawFrame {
    fn drop(&mut self) {
        // SAFETY: this object owns one count.
        unsafe { Arc::decrement_strong_count(self.0.cast::<EngineFrame>()) }
    }
}

/// Counts a call while it runs. The last one of a script that was shut down unloads it.
struct Active<'a>(&'a Script);

impl<'a> Active<'a> {
    fn enter(script: &'a Script) -> Self {
        script.running.fetch_add(1, Ordering::SeqCst);
        Active(script)
    }
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
        self.0.unload_if_over();
    }
}

/// What an alarm needs to stop a call. The watch is dropped before the frame and the script.
struct Target {
    script: *const Script,
    frame: *const c_void,
    fired: Arc<AtomicBool>,
}

// SAFETY: `cancel` may be called on any thread, and both pointers outlive the watch that owns this.
unsafe impl Send for Target {}

impl Target {
    fn stop(&self) {
        self.fired.store(true, Ordering::SeqCst);
        // SAFETY: the watch that owns this is dropped while the call still holds script and frame.
        unsafe { ((*self.script).api.cancel)((*self.script).handle, self.frame) }
    }
}

impl Script {
    /// Runs a handler on this thread or starts it elsewhere.
    fn begin(&self, frame: &RawFrame, request: &Request<'_>) -> (i32, Returned) {
        let desc = CallDesc {
            kind: request.kind as u32,
            reserved: 0,
            timeout_ms: request.timeout_ms(),
            target: slice(request.target),
            payload: slice(request.payload),
            context: slice(request.context),
        };
        let mut result = Returned(EMPTY);
        // SAFETY: script, frame and description are valid during the call; `result` is a place for
        // one buffer.
        let status =
            unsafe { (self.api.call)(self.handle, frame.0, &raw const desc, &raw mut result.0) };
        (status, result)
    }

    fn watch(&self, frame: &RawFrame, deadline: Instant) -> (watchdog::Watch, Arc<AtomicBool>) {
        let fired = Arc::new(AtomicBool::new(false));
        let target = Target {
            script: self,
            frame: frame.0,
            fired: Arc::clone(&fired),
        };
        (
            watchdog::watch(deadline, Box::new(move || target.stop())),
            fired,
        )
    }

    fn say_farewell(&self) -> bool {
        let last_frame = RawFrame::new(EngineFrame::Unload(LastFrame::default()));
        let handler = osaurus_payload::HandlerConfig::default();
        let request = Request {
            kind: Kind::Unload,
            target: "",
            payload: "null",
            context: "",
            handler: &handler,
            deadline: Instant::now() + FAREWELL,
        };
        let (_watch, _) = self.watch(&last_frame, request.deadline);
        let (status, result) = self.begin(&last_frame, &request);
        if status == STATUS_FAILED {
            osaurus_plugin::log(
                log_level::ERROR,
                &format!("the unload handler failed: {}", result.text()),
            );
        }
        // SAFETY: `last_frame` holds a count of this frame.
        match unsafe { &*last_frame.0.cast::<EngineFrame>() } {
            EngineFrame::Unload(last_frame) if status == STATUS_PENDING => {
                last_frame.wait(FAREWELL)
            }
            _ => true,
        }
    }

    /// After the last chance of calls to end.
    fn part(&self) {
        if !self.has_unload || self.say_farewell() {
            self.parted.store(true, Ordering::SeqCst);
            self.unload_if_over();
        }
    }

    fn unload_if_over(&self) {
        if !self.parted.load(Ordering::SeqCst) || self.running.load(Ordering::SeqCst) != 0 {
            return;
        }
        let claim = self
            .claim
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(claim) = claim {
            // SAFETY: no call runs and none will begin: a script parts after it was closed. The
            // claim is taken once, so the handle is given up once.
            unsafe { (self.api.unload)(self.handle) };
            drop(claim);
        }
    }
}

fn outcome(
    status: i32,
    text: String,
    fired: &AtomicBool,
    limit: Duration,
) -> Result<String, EngineFailure> {
    if status == STATUS_OK {
        return Ok(if text.is_empty() { "null".into() } else { text });
    }
    if fired.load(Ordering::SeqCst) {
        log_stopped(&text);
        return Err(EngineFailure::Timeout { after: limit });
    }
    Err(EngineFailure::Script { text })
}

fn log_stopped(text: &str) {
    osaurus_plugin::log(log_level::WARN, &format!("stopped at its deadline: {text}"));
}

impl Engine for Embedded {
    fn call(&self, frame: &Frame, request: &Request<'_>) -> Result<String, EngineFailure> {
        let script = &*self.0;
        let _active = Active::enter(script);
        if script.closed.load(Ordering::SeqCst) {
            return Err(EngineFailure::Unavailable {
                looked_for: vec!["the plugin was shut down".into()],
                fix: "Load the plugin again.".into(),
            });
        }
        let limit = request.time_left();
        let elsewhere = request.handler.is_async || request.handler.threads;
        if elsewhere {
            frame.announce_serve();
        }
        let raw = RawFrame::new(EngineFrame::Host(frame.handle()));
        let (_watch, fired) = script.watch(&raw, request.deadline);
        let (status, result) = script.begin(&raw, request);
        if status != STATUS_PENDING {
            return outcome(status, result.text(), &fired, limit);
        }
        let served = frame.serve(request.deadline);
        if let Served::Completed(status, text) = served {
            // A cancelled coroutine may answer with something that looks like a result.
            let in_time = !fired.load(Ordering::SeqCst);
            let status = if in_time { status } else { STATUS_FAILED };
            return outcome(status, text, &fired, limit);
        }
        // The watchdog asks the handler to stop; what it says in its grace time is of interest for
        // the log alone.
        if let Served::Completed(STATUS_FAILED, text) = frame.serve(Instant::now() + GRACE) {
            log_stopped(&text);
        }
        Err(EngineFailure::Timeout { after: limit })
    }

    fn describe(&self) -> String {
        self.0.description.clone()
    }

    fn shutdown(&self) {
        if self.0.closed.swap(true, Ordering::SeqCst) {
            return;
        }
        // On a thread of its own: a script that does not stop must not keep the host.
        let script = Arc::clone(&self.0);
        let (sender, receiver) = mpsc::sync_channel(1);
        let closing = move || {
            script.part();
            let _ = sender.send(());
        };
        let spawned = std::thread::Builder::new()
            .name("osaurus-unload".into())
            .spawn(closing);
        if spawned.is_ok() {
            let _ = receiver.recv_timeout(FAREWELL);
        }
    }
}
