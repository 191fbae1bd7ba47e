//! Host calls that other threads leave at a frame's desk. Every one is answered exactly once.

use super::FrameCore;
use super::log::report_panic;
use crate::call::{Answer, OwnedCall, RawCall};
use crate::error::HostError;
use osaurus_abi::HostSlot;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

pub(super) type Done = Box<dyn FnOnce(Answer) + Send>;

/// A host call that waits for the frame's thread. Every job is answered exactly once.
pub(super) enum Job {
    /// The caller waits, so its arguments are borrowed.
    Hop(BorrowedCall, Arc<Reply>),
    /// No one waits.
    Posted(OwnedCall, Done),
}

/// The call of a thread that waits in [`FrameCore::hop`].
pub(super) struct BorrowedCall(*const RawCall<'static>);
// SAFETY: the call's parts are all Sync (strings, numbers, a `dyn Fn + Sync`), and its owner waits
// until it is answered.
unsafe impl Send for BorrowedCall {}

/// Where a hopping thread waits. Counted: the answering thread may still hold it when the waiting
/// one has gone on.
#[derive(Default)]
pub(super) struct Reply {
    answer: Mutex<Option<Answer>>,
    bell: Condvar,
}

impl BorrowedCall {
    /// The caller waits until the call is answered.
    pub(super) fn new(call: &RawCall<'_>) -> Self {
        BorrowedCall(std::ptr::from_ref(call).cast())
    }
}

impl Reply {
    fn give(&self, answer: Answer) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        self.bell.notify_one();
    }

    pub(super) fn wait(&self) -> Answer {
        let mut slot = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
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

    pub(super) fn run(self, frame: &FrameCore) {
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

    pub(super) fn refuse(self, why: fn(HostSlot) -> HostError) {
        let refusal = Err(why(self.slot()));
        match self {
            Job::Hop(_, reply) => reply.give(refusal),
            Job::Posted(_, done) => finish(done, refusal),
        }
    }
}

/// Hands an answer to who posted the call.
pub(super) fn finish(done: Done, answer: Answer) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| done(answer))) {
        report_panic("the receiver of a posted host call", panic);
    }
}
