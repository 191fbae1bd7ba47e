//! Pages from the system, and what may be done with them. Used by the neighbours; knows nothing of
//! strings and tables.

use std::ffi::c_void;
use std::io;

/// Maps this many bytes, readable and writable.
pub(super) fn map(size: usize) -> io::Result<usize> {
    // SAFETY: an anonymous private mapping at an address of the system's choice touches nothing of
    // ours.
    let base = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            size,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANON,
            -1,
            0,
        )
    };
    if base == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    Ok(base as usize)
}

/// Changes what may be done with pages of [`map`].
pub(super) fn protect(start: usize, size: usize, protection: i32) -> io::Result<()> {
    // SAFETY: callers pass ranges of mappings of their own.
    let code = unsafe { libc::mprotect(start as *mut c_void, size, protection) };
    if code == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

pub(super) fn page_size() -> usize {
    // SAFETY: sysconf has no preconditions.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}
