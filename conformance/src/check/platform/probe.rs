//! Reads memory that may not exist.

#[cfg(not(miri))]
use std::io::{self, PipeReader, PipeWriter, Read};
#[cfg(not(miri))]
use std::os::fd::AsRawFd;
#[cfg(not(miri))]
use std::sync::{Mutex, OnceLock, PoisonError};

/// Bytes that go through the pipe at a time.
const PIECE: usize = 16;

/// Whether this many bytes can be read there and are these.
pub(crate) fn is_readable(address: usize, expected: &[u8]) -> bool {
    let mut pieces = expected.chunks(PIECE).enumerate();
    pieces.all(|(index, piece)| {
        read(address + index * PIECE, piece.len()).is_some_and(|bytes| bytes == piece)
    })
}

/// Miri has no system that could be asked. It knows what exists, and ends the run where something
/// does not.
#[cfg(miri)]
fn read(address: usize, length: usize) -> Option<Vec<u8>> {
    // SAFETY: checked by Miri.
    Some(unsafe { std::slice::from_raw_parts(address as *const u8, length) }.to_vec())
}

/// Reads at most a piece: the system is asked to, and says whether there is something.
#[cfg(not(miri))]
fn read(address: usize, length: usize) -> Option<Vec<u8>> {
    static PIPE: OnceLock<Option<Mutex<(PipeReader, PipeWriter)>>> = OnceLock::new();
    let pipe = PIPE.get_or_init(|| io::pipe().ok().map(Mutex::new));
    let mut pipe = pipe
        .as_ref()?
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let writer = pipe.1.as_raw_fd();
    let length_written = write(writer, address, length);
    let mut bytes = vec![0; length];
    let count = usize::try_from(length_written).ok()?;
    pipe.0.read_exact(&mut bytes[..count]).ok()?;
    (count == length).then_some(bytes)
}

/// Lets the system read memory, or fail with EFAULT where there is none. As a bare system call,
/// because a sanitizer that watches the C library's `write` would take the question for a mistake.
#[cfg(all(target_os = "linux", not(miri)))]
fn write(descriptor: i32, address: usize, length: usize) -> i64 {
    // SAFETY: the system checks the address; the pipe is ours.
    unsafe { libc::syscall(libc::SYS_write, descriptor, address, length) }
}

/// Lets the system read memory, or fail with EFAULT where there is none.
#[cfg(all(not(target_os = "linux"), not(miri)))]
fn write(descriptor: i32, address: usize, length: usize) -> isize {
    // SAFETY: the system checks the address; the pipe is ours.
    unsafe { libc::write(descriptor, address as *const std::ffi::c_void, length) }
}
