//! Keeps the host's signal dispositions through the start of a runtime. Python's `import signal`,
//! which half of its library does, takes SIGINT whatever the configuration says; Node resets all of
//! them. Used by `python` and `node`.
use std::ffi::c_int;
use std::mem::MaybeUninit;

/// Signals 1 to this number have dispositions on Linux; macOS has fewer, and the rest are errors to
/// skip.
const LAST: c_int = 64;

/// The dispositions of all signals at one moment.
pub struct Dispositions(Vec<(c_int, libc::sigaction)>);

impl Dispositions {
    /// Reads them.
    pub fn save() -> Self {
        let disposition = |signal| {
            let mut action = MaybeUninit::<libc::sigaction>::uninit();
            // SAFETY: sigaction(2) without a new action only writes the old one, when it returns 0.
            unsafe {
                (libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) == 0)
                    .then(|| (signal, action.assume_init()))
            }
        };
        Dispositions((1..=LAST).filter_map(disposition).collect())
    }

    /// Puts back what differs now.
    pub fn restore(&self) {
        for ((signal, before), (_, now)) in self.0.iter().zip(&Dispositions::save().0) {
            if before.sa_sigaction != now.sa_sigaction || before.sa_flags != now.sa_flags {
                // SAFETY: `before` is what the system gave for this signal.
                unsafe { libc::sigaction(*signal, before, std::ptr::null_mut()) };
            }
        }
    }
}

/// Ignores SIGPIPE unless the host handles it. Both runtimes count on that: without it a script
/// that writes to a closed connection ends the host, where it should get an error.
pub fn ignore_sigpipe() {
    let mut now = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: sigaction(2) without a new action writes the old one when it returns 0; signal(2)
    // then sets a constant one.
    unsafe {
        if libc::sigaction(libc::SIGPIPE, std::ptr::null(), now.as_mut_ptr()) == 0
            && now.assume_init().sa_sigaction == libc::SIG_DFL
        {
            libc::signal(libc::SIGPIPE, libc::SIG_IGN);
        }
    }
}

/// Makes the calling thread deaf to signals: handlers of the host never run on it.
pub fn block_all() {
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigfillset initialises the set; pthread_sigmask reads it and changes this thread
    // only.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), std::ptr::null_mut());
    }
}
