//! One call of the host, as long as it lasts: the right to call back, bound to the thread that the
//! host called in on. Made by `export` for each call; lent to the plugin. The queue between threads
//! is in `desk`.
//!
//! A plugin that works on the host's thread only needs [`Frame::host`]. One that works elsewhere
//! hands a [`FrameHandle`] to the other thread and lets the host's thread wait in [`Frame::serve`].

mod desk;

pub use desk::{Served, log};
pub(crate) use desk::{outside_frames, report_panic};

use crate::call::{OwnedCall, RawCall};
use crate::error::HostError;
use crate::host::Host;
use crate::lifecycle;
use crate::table::HostTable;
use crate::text::HostString;
use desk::FrameCore;
use osaurus_abi::HostApi;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a call may take before the plugin should give it up: below the host's own limits.
pub mod budget {
    use std::time::Duration;
    /// A tool or artifact call (the host gives up at 120 s).
    pub const INVOKE: Duration = Duration::from_secs(115);
    /// A route (the host gives up at 30 s).
    pub const ROUTE: Duration = Duration::from_secs(28);
    /// A config event. The host has no limit, but delivers them one by one and waits for some.
    pub const CONFIG: Duration = Duration::from_secs(28);
    /// A task event. The host has no limit.
    pub const TASK_EVENT: Duration = Duration::from_secs(115);
}

/// One call of the host, on the host's thread; cannot leave it.
///
/// ```
/// # fn example(frame: &osaurus_plugin::Frame) -> Result<(), osaurus_plugin::HostError> {
/// let colour = frame.host().config_get("colour")?;
/// # Ok(())
/// # }
/// ```
pub struct Frame {
    core: Arc<FrameCore>,
    /// `!Send` and `!Sync`: a frame is its thread.
    thread: PhantomData<*const ()>,
}

impl Frame {
    /// Runs `body` as a call of the host on this thread. Frames nest; the inner one is active.
    pub(crate) fn enter<R>(
        host: Option<HostTable>,
        budget: Duration,
        body: impl FnOnce(&Frame) -> R,
    ) -> R {
        let frame = Frame {
            core: Arc::new(FrameCore::new(host, Instant::now() + budget)),
            thread: PhantomData,
        };
        // Leaves the frame on return and on unwinding alike.
        let _left = frame.core.enter();
        if lifecycle::open() {
            desk::deliver_early_lines();
        }
        body(&frame)
    }

    /// Runs `body` as if the host of this table had called in. For tests and benchmarks of code
    /// that needs a frame.
    ///
    /// # Safety
    /// `host` is NULL or a host table that lives and tells its size by `version` until this
    /// returns.
    pub unsafe fn simulate<R>(
        host: *const HostApi,
        budget: Duration,
        body: impl FnOnce(&Frame) -> R,
    ) -> R {
        // SAFETY: the caller's contract.
        Frame::enter(unsafe { HostTable::new(host) }, budget, body)
    }

    /// Typed calls of all host functions, on this thread.
    ///
    /// ```
    /// # fn example(frame: &osaurus_plugin::Frame) -> Result<(), osaurus_plugin::HostError> {
    /// let agent = frame.host().agent_id()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn host(&self) -> Host<'_> {
        Host::new(&*self.core)
    }

    /// A counted reference for other threads.
    ///
    /// ```
    /// # fn example(frame: &osaurus_plugin::Frame) -> Result<(), osaurus_plugin::HostError> {
    /// let handle = frame.handle();
    /// frame.announce_serve();
    /// std::thread::scope(|threads| {
    ///     threads.spawn(|| handle.complete(0, "done".to_owned()));
    ///     frame.serve(frame.deadline());
    /// });
    /// # Ok(())
    /// # }
    /// ```
    pub fn handle(&self) -> FrameHandle {
        self.core.mark_shared();
        FrameHandle(Arc::clone(&self.core))
    }

    /// When the call should be given up, a little before the host does.
    ///
    /// ```
    /// # fn example(frame: &osaurus_plugin::Frame) -> Result<(), osaurus_plugin::HostError> {
    /// let remaining = frame.deadline().saturating_duration_since(std::time::Instant::now());
    /// # Ok(())
    /// # }
    /// ```
    pub fn deadline(&self) -> Instant {
        self.core.deadline()
    }

    /// The ABI version that the host says, 2 or higher; 1 when it gave no table.
    ///
    /// ```
    /// # fn example(frame: &osaurus_plugin::Frame) -> Result<(), osaurus_plugin::HostError> {
    /// if frame.abi_version() >= 4 {
    ///     println!("{:?}", frame.host().agent_id()?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn abi_version(&self) -> u32 {
        lifecycle::host().map_or(1, |table| table.version())
    }

    /// Calls the host on this thread.
    ///
    /// ```
    /// use osaurus_plugin::{CallArg, HostSlot, RawCall};
    /// # fn example(frame: &osaurus_plugin::Frame) -> Result<(), osaurus_plugin::HostError> {
    /// let call = RawCall {
    ///     slot: HostSlot::ConfigGet,
    ///     args: &[CallArg::Text("colour")],
    ///     on_chunk: None,
    /// };
    /// let colour = frame.call(&call)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn call(&self, call: &RawCall<'_>) -> Result<Option<HostString>, HostError> {
        self.core.call(call)
    }

    /// Writes the log lines of threads that are in no call of the host. Host calls and
    /// [`Frame::serve`] do that, too: this is for a thread that waits in another way.
    ///
    /// ```
    /// # fn example(frame: &osaurus_plugin::Frame) -> Result<(), osaurus_plugin::HostError> {
    /// while !std::path::Path::new("/tmp/ready").exists() {
    ///     frame.deliver_log();
    ///     std::thread::sleep(std::time::Duration::from_millis(50));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn deliver_log(&self) {
        desk::deliver_waiting();
    }

    /// Says that [`Frame::serve`] will follow: from now on a [`FrameHandle::call`] of another
    /// thread waits for it instead of being refused. Call it before the work is handed over, or its
    /// first host call may come too early.
    pub fn announce_serve(&self) {
        self.core.announce_serve();
    }

    /// Waits until [`FrameHandle::complete`] was called or `deadline` has passed, and meanwhile
    /// runs the host calls that other threads bring, on this thread. Calls that came before
    /// `complete` are made before this returns, unless the deadline passes.
    ///
    /// ```
    /// use osaurus_plugin::Served;
    /// # fn example(frame: &osaurus_plugin::Frame) -> Result<(), osaurus_plugin::HostError> {
    /// match frame.serve(frame.deadline()) {
    ///     Served::Completed(status, result) => println!("{status}: {result}"),
    ///     Served::DeadlinePassed => println!("too late"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn serve(&self, deadline: Instant) -> Served {
        desk::serve(&self.core, deadline)
    }
}

/// A counted reference to a [`Frame`], for any thread. Outlives the frame harmlessly: its calls are
/// then refused.
#[derive(Clone)]
pub struct FrameHandle(Arc<FrameCore>);

impl FrameHandle {
    /// Makes a host call and waits for its answer: directly on the frame's own thread, else by
    /// bringing it to the frame's thread while that serves (or has announced to). Refused
    /// otherwise, and after the frame's end.
    pub fn call(&self, call: RawCall<'_>) -> Result<Option<HostString>, HostError> {
        self.0.call(&call)
    }

    /// Typed calls; each as [`FrameHandle::call`].
    pub fn host(&self) -> Host<'_> {
        Host::new(&*self.0)
    }

    /// Queues a host call for the frame's thread and returns. `done` gets the answer exactly once:
    /// on the frame's thread, or here and now when the frame has ended. Never waits for the host.
    pub fn post(
        &self,
        call: OwnedCall,
        done: Box<dyn FnOnce(Result<Option<HostString>, HostError>) + Send>,
    ) {
        self.0.post(call, done);
    }

    /// Ends the call that is being served, with a result. Later completions, and later calls of
    /// other threads, find it ended. Never waits.
    pub fn complete(&self, status: i32, result: String) {
        self.0.complete(status, result);
    }

    /// True until the call was completed or has returned.
    pub fn is_live(&self) -> bool {
        self.0.is_live()
    }

    /// When the call should be given up.
    pub fn deadline(&self) -> Instant {
        self.0.deadline()
    }

    /// The reference as a pointer that carries its count, for a C interface.
    pub fn into_raw(self) -> *const c_void {
        Arc::into_raw(self.0).cast()
    }

    /// Takes back what [`FrameHandle::into_raw`] gave.
    ///
    /// # Safety
    /// `raw` came from `into_raw` (or was retained) and this count was not given back yet.
    pub unsafe fn from_raw(raw: *const c_void) -> FrameHandle {
        // SAFETY: the caller's contract: a count of this Arc is ours.
        FrameHandle(unsafe { Arc::from_raw(raw.cast()) })
    }

    /// Adds a count.
    ///
    /// # Safety
    /// `raw` came from `into_raw` and holds at least one count now.
    pub unsafe fn retain(raw: *const c_void) {
        // SAFETY: the caller's contract.
        unsafe { Arc::increment_strong_count(raw.cast::<FrameCore>()) }
    }

    /// Gives a count back.
    ///
    /// # Safety
    /// As [`FrameHandle::from_raw`].
    pub unsafe fn release(raw: *const c_void) {
        // SAFETY: the caller's contract.
        drop(unsafe { FrameHandle::from_raw(raw) });
    }

    /// Looks at a raw reference without touching its count.
    ///
    /// # Safety
    /// `raw` came from `into_raw` and keeps a count for as long as `'a`.
    pub unsafe fn borrow_raw<'a>(raw: *const c_void) -> FrameRef<'a> {
        // SAFETY: the caller's contract; ManuallyDrop leaves the count alone.
        FrameRef(
            ManuallyDrop::new(unsafe { FrameHandle::from_raw(raw) }),
            PhantomData,
        )
    }
}

/// A borrowed [`FrameHandle`].
pub struct FrameRef<'a>(ManuallyDrop<FrameHandle>, PhantomData<&'a ()>);

impl Deref for FrameRef<'_> {
    type Target = FrameHandle;

    fn deref(&self) -> &FrameHandle {
        &self.0
    }
}
