//! Writes to a pipe that no one reads any more, without the signal that would end the host. Used by
//! `link`.
use std::io;

/// Runs a write. macOS: the pipe's own option (`pipe_within`) keeps the signal away.
#[cfg(target_os = "macos")]
pub fn without_sigpipe(write: impl FnOnce() -> io::Result<usize>) -> io::Result<usize> {
    write()
}

/// Runs a write with SIGPIPE blocked on this thread, and takes the signal back if one came of it:
/// the host's own disposition and its own pending signals stay as they are.
#[cfg(not(target_os = "macos"))]
pub fn without_sigpipe(write: impl FnOnce() -> io::Result<usize>) -> io::Result<usize> {
    use std::mem::MaybeUninit;
    use std::ptr::null_mut;

    let mut sigpipe = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigemptyset initialises the set that sigaddset and pthread_sigmask use;
    // pthread_sigmask writes the mask of before and changes this thread only.
    unsafe {
        libc::sigemptyset(sigpipe.as_mut_ptr());
        libc::sigaddset(sigpipe.as_mut_ptr(), libc::SIGPIPE);
        if libc::pthread_sigmask(libc::SIG_BLOCK, sigpipe.as_ptr(), before.as_mut_ptr()) != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    let outcome = write();
    // SAFETY: both sets were written above. A thread that had the signal blocked keeps one that it
    // may have been waiting for.
    unsafe {
        let was_blocked = libc::sigismember(before.as_ptr(), libc::SIGPIPE) == 1;
        if !was_blocked && matches!(&outcome, Err(e) if e.kind() == io::ErrorKind::BrokenPipe) {
            let now = libc::timespec {
                tv_sec: 0,
                tv_nsec: 0,
            };
            libc::sigtimedwait(sigpipe.as_ptr(), null_mut(), &raw const now);
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), null_mut());
    }
    outcome
}
