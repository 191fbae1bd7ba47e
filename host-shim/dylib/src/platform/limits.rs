//! What this process may do, and how long it may live: memory for code, open files, its parent's
//! end.
use std::ffi::c_int;
#[cfg(not(target_os = "linux"))]
use std::time::Duration;

/// For a worker that may loop endlessly: ends this process when its parent is gone.
#[cfg(target_os = "linux")]
pub fn follow_parent() {
    // `process::fork` has asked the kernel for it.
}

/// For a worker that may loop endlessly: ends this process when its parent is gone.
#[cfg(not(target_os = "linux"))]
pub fn follow_parent() {
    // SAFETY: getppid(2) has no arguments.
    let parent = unsafe { libc::getppid() };
    let watch = move || {
        // SAFETY: as above.
        while unsafe { libc::getppid() } == parent {
            std::thread::sleep(Duration::from_secs(1));
        }
        // SAFETY: kill(2) of this very process.
        unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
    };
    // Without the thread, the worker still ends when its sockets do and it does not loop.
    let _ = std::thread::Builder::new()
        .name("osaurus-parent".into())
        .spawn(watch);
}

#[cfg(target_os = "macos")]
const JIT_MEMORY: c_int = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_JIT;
#[cfg(not(target_os = "macos"))]
const JIT_MEMORY: c_int = libc::MAP_PRIVATE | libc::MAP_ANON;

/// Whether this process may make code: a hardened runtime without `allow-jit` and some sandboxes
/// refuse it.
pub fn may_jit() -> bool {
    const SIZE: usize = 16 << 10;
    let rights = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
    // SAFETY: mmap(2) of new memory that no one uses.
    let memory = unsafe { libc::mmap(std::ptr::null_mut(), SIZE, rights, JIT_MEMORY, -1, 0) };
    if memory == libc::MAP_FAILED {
        return false;
    }
    // SAFETY: what mmap gave a moment ago.
    unsafe { libc::munmap(memory, SIZE) };
    true
}

/// How many descriptors this process may have open. Node raises that at its start.
pub struct DescriptorLimit(libc::rlimit);

impl DescriptorLimit {
    /// The limit now.
    pub fn read() -> Option<Self> {
        let mut limit = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: getrlimit(2) writes one structure.
        let result = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
        (result == 0).then_some(Self(limit))
    }

    /// Sets it again.
    pub fn restore(&self) {
        // SAFETY: setrlimit(2) reads one structure, which the system gave.
        unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const self.0) };
    }
}
