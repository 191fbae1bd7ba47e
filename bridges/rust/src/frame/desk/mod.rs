//! The state of a frame that threads share: which thread it is, and the desk where other threads
//! leave host calls. Called by `frame`. A call is made on the frame's own thread or not at all.

mod jobs;
mod log;
mod serving;

pub use log::log;
pub(crate) use log::{deliver_early_lines, deliver_waiting, report_panic};

use crate::call::{Answer, MakeCall, OwnedArg, OwnedCall, RawCall};
use crate::error::HostError;
use crate::log_queue;
use crate::perform::perform;
use crate::stream::{self, StreamScope};
use crate::table::HostTable;
use jobs::{BorrowedCall, Done, Job, Reply, finish};
use osaurus_abi::HostSlot;
use serving::{Listed, count_live, serving};
use std::cell::Cell;
use std::collections::VecDeque;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// How [`crate::Frame::serve`] ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Served {
    /// [`crate::FrameHandle::complete`] was called with this status and result.
    Completed(i32, String),
    /// The deadline came first. The frame still lives, and may be served again.
    DeadlinePassed,
}

thread_local! {
    /// The innermost frame of this thread. No destructor, so that no exit handler is left behind.
    static CURRENT: Cell<*const FrameCore> = const { Cell::new(ptr::null()) };
}

/// Runs `look` with this thread's innermost frame, if there is one.
pub(crate) fn with_current<R>(look: impl FnOnce(&FrameCore) -> R) -> Option<R> {
    // SAFETY: CURRENT points to a frame whose `Entered` guard lives further up this thread's stack,
    // and that guard borrows the frame.
    unsafe { CURRENT.get().as_ref() }.map(look)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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

// SAFETY: `outer` is followed only on the frame's own thread, while both frames are entered there;
// all else is Sync.
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
    /// The handler runs on the frame's thread; no one looks at the desk.
    Inline,
    /// The frame's thread looks at the desk, or has announced to.
    Serving,
    /// The host's call has returned.
    Ended,
}

/// Ends the frame's time on its thread.
pub(crate) struct Entered<'a>(&'a Arc<FrameCore>);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        count_live(false);
        deliver_waiting();
        CURRENT.set(self.0.outer);
        // Without a handle no one can have left anything at the desk.
        if self.0.shared.load(Ordering::Relaxed) {
            self.0.end();
        }
    }
}

impl MakeCall for FrameCore {
    fn make(&self, call: &RawCall<'_>) -> Answer {
        self.call(call)
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
        count_live(true);
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
            frame: ptr::from_ref(self).addr(),
            deadline: Some(self.deadline),
            ..outside_frames()
        };
        perform(self.host, call, Some(scope))
    }

    pub(crate) fn call(&self, call: &RawCall<'_>) -> Answer {
        if ptr::eq(CURRENT.get(), self) {
            deliver_waiting();
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
        if stream::inside_chunk_of(ptr::from_ref(self).addr()) {
            return Err(HostError::InsideChunk { slot });
        }
        let reply = Arc::new(Reply::default());
        {
            let mut desk = lock(&self.desk);
            if desk.phase == Phase::Ended || desk.completed {
                return Err(HostError::FrameEnded { slot });
            }
            if desk.phase == Phase::Inline {
                return Err(HostError::WrongThread { slot });
            }
            let hop = Job::Hop(BorrowedCall::new(call), Arc::clone(&reply));
            desk.jobs.push_back(hop);
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

pub(crate) fn serve(core: &Arc<FrameCore>, deadline: Instant) -> Served {
    let _listed = Listed::new(core);
    let mut desk = lock(&core.desk);
    desk.phase = Phase::Serving;
    let served = loop {
        if log_queue::is_waiting() {
            drop(desk);
            deliver_waiting();
            desk = lock(&core.desk);
        }
        let remaining = deadline.saturating_duration_since(Instant::now());
        let job = if remaining.is_zero() {
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
        if remaining.is_zero() {
            break Served::DeadlinePassed;
        }
        desk.idle = true;
        desk = match core.bell.wait_timeout(desk, remaining) {
            Ok((desk, _)) => desk,
            Err(poisoned) => poisoned.into_inner().0,
        };
        desk.idle = false;
    };
    desk.phase = Phase::Inline;
    // No one may wait for a thread that no longer looks at the desk.
    let late = std::mem::take(&mut desk.jobs);
    drop(desk);
    for job in late {
        job.refuse(|slot| HostError::DeadlinePassed { slot });
    }
    served
}

/// Leaves a `complete_cancel` with a frame of this plugin and host that has nothing to do now.
/// False if there is none.
fn cancel_on_idle_frame(table: HostTable, stream_id: &str) -> bool {
    serving().iter().any(|frame| {
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

/// A stream that belongs to no frame.
pub(crate) fn outside_frames() -> StreamScope {
    StreamScope {
        frame: 0,
        deadline: None,
        cancel_elsewhere: cancel_on_idle_frame,
        report_panic: |text| log::log_panic("a chunk callback", text),
    }
}
