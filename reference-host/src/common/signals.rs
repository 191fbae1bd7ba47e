//! SIGPIPE as an application in Swift has it, at its default: what writes to a connection whose
//! reader is gone ends the process. Rust's runtime ignores the signal, which would hide that from
//! plugins. Programs that load plugins call [`leave_sigpipe_at_its_default`] first; the host's own
//! threads that write to pipes and sockets hold it off.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::mem::MaybeUninit;
use std::ptr;

/// Undoes what Rust's runtime has done to SIGPIPE at the start of the program. Printing to a closed
/// pipe then ends the program without a word, as it ends others.
pub fn leave_sigpipe_at_its_default() {
    // SAFETY: signal(2) with a constant disposition.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
}

/// From here on a write of this thread to a pipe without a reader is an error and not a signal.
/// (Linux sends it to the thread that writes; sockets on macOS raise none, as Rust sets them up.)
pub(crate) fn hold_sigpipe_off() {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigemptyset(3) initialises the set; pthread_sigmask(3) changes the mask of this
    // thread only.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), libc::SIGPIPE);
        libc::pthread_sigmask(libc::SIG_BLOCK, set.as_ptr(), ptr::null_mut());
    }
}

/// Leaves no core file when this process crashes, or one that it starts: the key of the stored data
/// is in its memory. A user who wants one raises the limit again.
pub fn leave_no_core_file() {
    let limit = Rlimit {
        current: Some(0),
        ..getrlimit(Resource::Core)
    };
    let _ = setrlimit(Resource::Core, limit);
}
