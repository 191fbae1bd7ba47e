//! The state of a frame that threads share: which thread it is, and the desk where other threads leave host calls.
//! Called by `frame`. A call is made on the frame's own thread or not at all.

use crate::call::{self, OwnedArg, OwnedCall, RawCall};
use crate::error::HostError;
use crate::frame::Served;
use crate::log;
use crate::stream::{self, StreamScope};
use crate::table::HostTable;
use crate::text::HostString;
use osaurus_abi::HostSlot;
use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

pub(crate) type Answer = Result<Option<HostString>, HostError>;
type Done = Box<dyn FnOnce(Answer) + Send>;

thread_local! {
    /// The innermost frame of this thread. No destructor, so that no exit handler is left behind.
    static CURRENT: Cell<*const FrameCore> = const { Cell::new(ptr::null()) };
}

/// Runs `look` with this thread's innermost frame, if there is one.
pub(crate) fn with_current<R>(look: impl FnOnce(&FrameCore) -> R) -> Option<R> {
    // SAFETY: CURRENT points to a frame whose `Entered` guard lives further up this thread's stack, and that guard
    // borrows the frame.
    unsafe { CURRENT.get().as_ref() }.map(look)
}

/// How many frames are entered, on all threads.
static LIVE: AtomicUsize = AtomicUsize::new(0);

/// Whether a call of the host is under way on any thread.
pub(crate) fn any_is_live() -> bool {
    LIVE.load(Ordering::SeqCst) != 0
}

/// What threads share of a frame.
pub(crate) struct FrameCore {
    host: Option<HostTable>,
    deadline: Instant,
    /// The frame that was innermost on this thread before; it outlives this one.
    outer: *const FrameCore,
    /// There was a handle. Written and read on the frame's own thread.
    shared: AtomicBool,
    desk: Mutex<Desk>,
    /// Rung when a job or the outcome arrives.
    bell: Condvar,
}

// SAFETY: `outer` is followed only on the frame's own thread, while both frames are entered there; all else is Sync.
unsafe impl Send for FrameCore {}
// SAFETY: as above.
unsafe impl Sync for FrameCore {}

struct Desk {
    phase: Phase,
    /// The frame's thread waits for work right now.
    idle: bool,
    jobs: VecDeque<Job>,
    outcome: Option<(i32, String)>,
    completed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The handler runs on the frame's thread; nobody looks at the desk.
    Inline,
    /// The frame's thread looks at the desk, or has announced to.
    Serving,
    /// The host's call has returned.
    Ended,
}

/// A host call that waits for the frame's thread. Every job is answered exactly once.
enum Job {
    /// The caller waits, so its arguments are borrowed.
    Hop(BorrowedCall, Arc<Reply>),
    /// Nobody waits.
    Posted(OwnedCall, Done),
}

/// The call of a thread that waits in [`FrameCore::hop`].
struct BorrowedCall(*const RawCall<'static>);
// SAFETY: the call's parts are all Sync (texts, numbers, a `dyn Fn + Sync`), and its owner waits until it is answered.
unsafe impl Send for BorrowedCall {}

/// Where a hopping thread waits. Counted: the answering thread may still hold it when the waiting one has gone on.
struct Reply {
    answer: Mutex<Option<Answer>>,
    bell: Condvar,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Reply {
    fn give(&self, answer: Answer) {
        *lock(&self.answer) = Some(answer);
        self.bell.notify_one();
    }

    fn wait(&self) -> Answer {
        let mut slot = lock(&self.answer);
        loop {
            if let Some(answer) = slot.take() {
                return answer;
            }
            slot = self.bell.wait(slot).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Job {
    fn slot(&self) -> HostSlot {
        match self {
            // SAFETY: the owner of the call waits for the answer, which has not been given yet.
            Job::Hop(call, _) => unsafe { (*call.0).slot },
            Job::Posted(call, _) => call.slot,
        }
    }

    fn run(self, frame: &FrameCore) {
        match self {
            Job::Hop(call, reply) => {
                // SAFETY: as in `slot`; the reference is not used after `give`.
                let answer = frame.call_here(unsafe { &*call.0 });
                reply.give(answer);
            }
            Job::Posted(call, done) => {
                let answer = call.with_raw(|raw| frame.call_here(raw));
                finish(done, answer);
            }
        }
    }

    fn refuse(self, why: fn(HostSlot) -> HostError) {
        let refusal = Err(why(self.slot()));
        match self {
            Job::Hop(_, reply) => reply.give(refusal),
            Job::Posted(_, done) => finish(done, refusal),
        }
    }
}

fn finish(done: Done, answer: Answer) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| done(answer))) {
        crate::export::report_panic("the receiver of a posted host call", panic);
    }
}

/// Ends the frame's time on its thread.
pub(crate) struct Entered<'a>(&'a Arc<FrameCore>);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::SeqCst);
        log::deliver_waiting();
        CURRENT.set(self.0.outer);
        // Without a handle nobody can have left anything at the desk.
        if self.0.shared.load(Ordering::Relaxed) {
            self.0.end();
        }
    }
}

impl FrameCore {
    pub(crate) fn new(host: Option<HostTable>, deadline: Instant) -> Self {
        FrameCore {
            host,
            deadline,
            outer: CURRENT.get(),
            shared: AtomicBool::new(false),
            desk: Mutex::new(Desk {
                phase: Phase::Inline,
                idle: false,
                jobs: VecDeque::new(),
                outcome: None,
                completed: false,
            }),
            bell: Condvar::new(),
        }
    }

    /// Makes this the innermost frame of the thread until the guard is dropped.
    pub(crate) fn enter(self: &Arc<Self>) -> Entered<'_> {
        CURRENT.set(Arc::as_ptr(self));
        LIVE.fetch_add(1, Ordering::SeqCst);
        Entered(self)
    }

    fn end(&self) {
        let jobs = {
            let mut desk = lock(&self.desk);
            desk.phase = Phase::Ended;
            std::mem::take(&mut desk.jobs)
        };
        for job in jobs {
            job.refuse(|slot| HostError::FrameEnded { slot });
        }
    }

    /// From the frame, before it gives a handle away.
    pub(crate) fn mark_shared(&self) {
        self.shared.store(true, Ordering::Relaxed);
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    pub(crate) fn is_live(&self) -> bool {
        let desk = lock(&self.desk);
        desk.phase != Phase::Ended && !desk.completed
    }

    pub(crate) fn announce_serve(&self) {
        let mut desk = lock(&self.desk);
        if desk.phase == Phase::Inline {
            desk.phase = Phase::Serving;
        }
    }

    /// The host call itself, on the thread that runs this.
    fn perform(&self, call: &RawCall<'_>) -> Answer {
        let scope = StreamScope {
            frame: Some(self),
            deadline: Some(self.deadline),
        };
        call::perform(self.host, call, &scope)
    }

    #[inline]
    pub(crate) fn call(&self, call: &RawCall<'_>) -> Answer {
        if ptr::eq(CURRENT.get(), self) {
            log::deliver_waiting();
            return self.perform(call);
        }
        match self.hop(call) {
            Err(HostError::WrongThread { slot } | HostError::InsideChunk { slot })
                if matches!(slot, HostSlot::Log | HostSlot::LogStructured) =>
            {
                self.log_later(call)
            }
            answer => answer,
        }
    }

    /// A log line needs no answer: it waits until the frame's thread can take it along.
    fn log_later(&self, call: &RawCall<'_>) -> Answer {
        if let Some(table) = self.host {
            table.slot_is_promised(call.slot)?;
        }
        log::keep_call(call.args);
        Ok(None)
    }

    /// A call from the desk: the frame's thread runs this, but maybe under a newer frame.
    fn call_here(&self, call: &RawCall<'_>) -> Answer {
        match ptr::eq(CURRENT.get(), self) {
            true => self.perform(call),
            false => Err(HostError::FrameShadowed { slot: call.slot }),
        }
    }

    /// Is this frame on this thread's stack, under a newer one?
    fn is_shadowed_here(&self) -> bool {
        let mut frame = CURRENT.get();
        // SAFETY: as in `with_current`; each `outer` is a frame further up this thread's stack.
        while let Some(core) = unsafe { frame.as_ref() } {
            if ptr::eq(core, self) {
                return true;
            }
            frame = core.outer;
        }
        false
    }

    /// Brings a call to the frame's thread and waits.
    fn hop(&self, call: &RawCall<'_>) -> Answer {
        let slot = call.slot;
        if self.is_shadowed_here() {
            return Err(HostError::FrameShadowed { slot });
        }
        if stream::inside_chunk_of(self) {
            return Err(HostError::InsideChunk { slot });
        }
        let reply = Arc::new(Reply {
            answer: Mutex::new(None),
            bell: Condvar::new(),
        });
        {
            let mut desk = lock(&self.desk);
            if desk.phase == Phase::Ended || desk.completed {
                return Err(HostError::FrameEnded { slot });
            }
            if desk.phase == Phase::Inline {
                return Err(HostError::WrongThread { slot });
            }
            let borrowed = BorrowedCall(ptr::from_ref(call).cast());
            desk.jobs.push_back(Job::Hop(borrowed, Arc::clone(&reply)));
            self.bell.notify_one();
        }
        reply.wait()
    }

    pub(crate) fn post(&self, call: OwnedCall, done: Done) {
        let slot = call.slot;
        {
            let mut desk = lock(&self.desk);
            if desk.phase != Phase::Ended && !desk.completed {
                desk.jobs.push_back(Job::Posted(call, done));
                self.bell.notify_one();
                return;
            }
        }
        finish(done, Err(HostError::FrameEnded { slot }));
    }

    pub(crate) fn complete(&self, status: i32, result: String) {
        let mut desk = lock(&self.desk);
        if desk.phase == Phase::Ended || desk.completed {
            return;
        }
        desk.completed = true;
        desk.outcome = Some((status, result));
        self.bell.notify_one();
    }
}

/// The frames that are being served, for calls that need any thread of this plugin.
static SERVING: Mutex<Vec<Arc<FrameCore>>> = Mutex::new(Vec::new());

/// On the list of serving frames until dropped.
struct Listed<'a>(&'a Arc<FrameCore>);

impl<'a> Listed<'a> {
    fn new(core: &'a Arc<FrameCore>) -> Self {
        lock(&SERVING).push(Arc::clone(core));
        Listed(core)
    }
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        let mut serving = lock(&SERVING);
        serving.retain(|frame| !Arc::ptr_eq(frame, self.0));
        if serving.is_empty() {
            // Leaves no memory behind in an image that may be unloaded.
            *serving = Vec::new();
        }
    }
}

pub(crate) fn serve(core: &Arc<FrameCore>, deadline: Instant) -> Served {
    let _listed = Listed::new(core);
    let mut desk = lock(&core.desk);
    desk.phase = Phase::Serving;
    let served = loop {
        if log::is_waiting() {
            drop(desk);
            log::deliver_waiting();
            desk = lock(&core.desk);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let job = if left.is_zero() {
            None
        } else {
            desk.jobs.pop_front()
        };
        if let Some(job) = job {
            drop(desk);
            job.run(core);
            desk = lock(&core.desk);
            continue;
        }
        if let Some((status, result)) = desk.outcome.take() {
            break Served::Completed(status, result);
        }
        if left.is_zero() {
            break Served::DeadlinePassed;
        }
        desk.idle = true;
        desk = match core.bell.wait_timeout(desk, left) {
            Ok((desk, _)) => desk,
            Err(poisoned) => poisoned.into_inner().0,
        };
        desk.idle = false;
    };
    desk.phase = Phase::Inline;
    // Nobody may wait for a thread that no longer looks at the desk.
    let late = std::mem::take(&mut desk.jobs);
    drop(desk);
    for job in late {
        job.refuse(|slot| HostError::DeadlinePassed { slot });
    }
    served
}

/// Wakes a frame that is being served, so that it looks for log lines. One that is inside the host will look afterwards.
pub(crate) fn ring_serving() {
    let frames: Vec<Arc<FrameCore>> = lock(&SERVING).clone();
    for frame in frames {
        let idle = lock(&frame.desk).idle;
        frame.bell.notify_one();
        if idle {
            return;
        }
    }
}

/// Leaves a `complete_cancel` with a frame of this plugin and host that has nothing to do now. False if there is none.
pub(crate) fn cancel_on_idle_frame(table: HostTable, stream_id: &str) -> bool {
    let frames: Vec<Arc<FrameCore>> = lock(&SERVING).clone();
    frames.iter().any(|frame| {
        let mut desk = lock(&frame.desk);
        let idle = desk.idle && desk.jobs.is_empty() && !desk.completed;
        if !idle || frame.host != Some(table) {
            return false;
        }
        let cancel = OwnedCall::new(
            HostSlot::CompleteCancel,
            vec![OwnedArg::Text(stream_id.to_owned())],
        );
        desk.jobs.push_back(Job::Posted(cancel, Box::new(|_| ())));
        frame.bell.notify_one();
        true
    })
}
