//! SIGPIPE as an application in Swift has it, at its default: what writes to a connection that nobody reads any more ends
//! the process. Rust's runtime ignores the signal, which would hide that from plugins. Programs that load plugins call
//! [`leave_sigpipe_at_its_default`] first; the host's own threads that write to pipes and sockets hold it off.

use std::mem::MaybeUninit;
use std::ptr;

/// Undoes what Rust's runtime has done to SIGPIPE at the start of the program. Printing to a closed pipe then ends the
/// program without a word, as it ends others.
pub fn leave_sigpipe_at_its_default() {
    // SAFETY: signal(2) with a constant disposition.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
}

/// From here on a write of this thread to what nobody reads is an error and no signal. (Linux sends it to the thread that
/// writes; sockets on macOS raise none, as Rust sets them up.)
pub(crate) fn hold_sigpipe_off() {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigemptyset(3) initialises the set; pthread_sigmask(3) changes the mask of this thread only.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), libc::SIGPIPE);
        libc::pthread_sigmask(libc::SIG_BLOCK, set.as_ptr(), ptr::null_mut());
    }
}

/// Leaves no core file when this process crashes, or one that it starts: the key of the stored data is in its memory. A user who
/// wants one raises the limit again.
pub fn leave_no_core_file() {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: getrlimit(2) writes one structure, setrlimit(2) reads it; only the soft limit is lowered.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_CORE, &raw mut limit) == 0 {
            limit.rlim_cur = 0;
            libc::setrlimit(libc::RLIMIT_CORE, &raw const limit);
        }
    }
}
