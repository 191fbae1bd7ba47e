//! Memory that shows what is done to it.

use super::fault::{self, Region};
use osaurus_abi::HostSlot;
use std::ffi::c_void;
use std::io;
use std::io::{PipeReader, PipeWriter, Read};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Allocations from this size on are mappings of their own on Linux, which end when they are freed.
const ROOMY: usize = 256 * 1024;
const MARK: usize = 16;

/// An allocation of the C library's, which the plugin may free, with a mark behind the text by which can be told
/// whether it still exists.
#[derive(Debug)]
pub(crate) struct RoomyBlock {
    address: usize,
    mark_at: usize,
    mark: [u8; MARK],
}

impl RoomyBlock {
    /// Allocates a text with its NUL.
    pub(crate) fn holding(bytes: &[u8]) -> Option<RoomyBlock> {
        prepare();
        let mark_at = (bytes.len() + 1).next_multiple_of(MARK);
        // SAFETY: plain allocation; the result is checked before use.
        let memory = unsafe { libc::malloc(mark_at + MARK + ROOMY) }.cast::<u8>();
        if memory.is_null() {
            return None;
        }
        let mark = new_mark();
        // SAFETY: text, NUL and mark lie inside the allocation one after the other, and overlap nothing.
        unsafe {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), memory, bytes.len());
            memory.add(bytes.len()).write(0);
            std::ptr::copy_nonoverlapping(mark.as_ptr(), memory.add(mark_at), MARK);
        }
        Some(RoomyBlock {
            address: memory as usize,
            mark_at,
            mark,
        })
    }

    pub(crate) fn address(&self) -> usize {
        self.address
    }

    /// Whether nobody has freed it.
    pub(crate) fn is_there(&self) -> bool {
        is_allocated(self.address) && read(self.address + self.mark_at) == Some(self.mark)
    }

    /// Frees it.
    pub(crate) fn free(self) {
        // SAFETY: allocated in `holding`; the caller knows that the plugin has not freed it.
        unsafe { libc::free(self.address as *mut c_void) };
    }
}

fn new_mark() -> [u8; MARK] {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let mut mark = *b"osaurus\0........";
    mark[8..].copy_from_slice(&number.to_ne_bytes());
    mark
}

/// Keeps the C library from taking freed mappings as a reason to stop making them.
#[cfg(target_os = "linux")]
fn prepare() {
    static ONCE: OnceLock<()> = OnceLock::new();
    // SAFETY: sets a number of the C library's; other threads may allocate meanwhile.
    ONCE.get_or_init(|| unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, 128 * 1024);
    });
}

#[cfg(not(target_os = "linux"))]
fn prepare() {}

#[cfg(target_os = "macos")]
fn is_allocated(address: usize) -> bool {
    // SAFETY: the C library looks the address up and does not follow it.
    unsafe { libc::malloc_size(address as *const c_void) > 0 }
}

#[cfg(not(target_os = "macos"))]
fn is_allocated(_address: usize) -> bool {
    true
}

/// Reads memory that may not exist: the system is asked to, and says so.
fn read(address: usize) -> Option<[u8; MARK]> {
    static PIPE: OnceLock<Option<Mutex<(PipeReader, PipeWriter)>>> = OnceLock::new();
    let pipe = PIPE.get_or_init(|| io::pipe().ok().map(Mutex::new));
    let mut pipe = pipe
        .as_ref()?
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let writer = pipe.1.as_raw_fd();
    // SAFETY: write reads the memory in the system and fails with EFAULT where there is none.
    let written = unsafe { libc::write(writer, address as *const c_void, MARK) };
    let mut bytes = [0; MARK];
    let count = usize::try_from(written).ok()?;
    pipe.0.read_exact(&mut bytes[..count]).ok()?;
    (count == MARK).then_some(bytes)
}

/// Pages of their own: a text that ends where memory ends and cannot be written.
#[derive(Debug)]
pub(crate) struct Pages {
    base: usize,
    size: usize,
    address: usize,
    region: Option<Region>,
}

impl Pages {
    /// Maps a text with its NUL, and a page behind it that cannot be read.
    pub(crate) fn holding(bytes: &[u8], slot: Option<HostSlot>) -> io::Result<Pages> {
        let page = page_size();
        let size = (bytes.len() + 1).next_multiple_of(page);
        let base = map(size + page)?;
        // malloc promises this alignment, and plugins may rely on it.
        let address = (base + size - bytes.len() - 1) & !15;
        // SAFETY: text and NUL lie inside the mapping, which is new.
        unsafe {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), address as *mut u8, bytes.len());
            ((address + bytes.len()) as *mut u8).write(0);
        }
        protect(base, size, libc::PROT_READ)?;
        protect(base + size, page, libc::PROT_NONE)?;
        let region = fault::watch(base, size + page, fault::Kind::String, slot);
        Ok(Pages {
            base,
            size,
            address,
            region,
        })
    }

    pub(crate) fn address(&self) -> usize {
        self.address
    }

    /// From now on reading it faults.
    pub(crate) fn forbid(&mut self) {
        let _ = protect(self.base, self.size, libc::PROT_NONE);
        if let Some(region) = &self.region {
            region.change(fault::Kind::FreedString);
        }
    }
}

/// Maps this many bytes, readable and writable.
pub(super) fn map(size: usize) -> io::Result<usize> {
    // SAFETY: an anonymous private mapping at an address of the system's choice touches nothing of ours.
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
