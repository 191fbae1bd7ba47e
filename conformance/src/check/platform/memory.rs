//! Memory that shows what is done to it.

use super::fault::{self, Region};
use super::mapping::{map, page_size};
use super::probe;
use osaurus_abi::HostSlot;
use std::ffi::c_void;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

/// Makes the C library overwrite what is freed, so that a later use shows, and shows each time:
/// glibc's way, without the lists in which it keeps small pieces as they are, and macOS'.
pub(crate) const SCRIBBLE: [(&str, &str); 3] = [
    ("MALLOC_PERTURB_", "165"),
    (
        "GLIBC_TUNABLES",
        "glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0",
    ),
    ("MallocScribble", "1"),
];

/// As in [`SCRIBBLE`], for processes that were started without it.
#[cfg(all(target_os = "linux", not(miri)))]
const OVERWRITTEN_WITH: i32 = 165;

/// Allocations from this size on are mappings of their own on Linux, which end when they are freed.
const ROOMY: usize = 256 * 1024;
const MARK: usize = 16;

/// An allocation of the C library's, which the plugin may free, with a mark after the string that
/// shows whether it still exists.
#[derive(Debug)]
pub(crate) struct RoomyBlock {
    address: usize,
    mark_at: usize,
    mark: [u8; MARK],
}

impl RoomyBlock {
    /// Allocates a string with its NUL.
    pub(crate) fn holding(bytes: &[u8]) -> Option<RoomyBlock> {
        prepare();
        let mark_at = (bytes.len() + 1).next_multiple_of(MARK);
        // SAFETY: plain allocation; the result is checked before use.
        let memory = unsafe { libc::malloc(mark_at + MARK + ROOMY) }.cast::<u8>();
        if memory.is_null() {
            return None;
        }
        let mark = new_mark();
        // SAFETY: text, NUL and mark lie inside the allocation one after the other, and overlap
        // nothing.
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

    /// Whether it was not freed.
    pub(crate) fn is_there(&self) -> bool {
        is_allocated(self.address) && probe::is_readable(self.address + self.mark_at, &self.mark)
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

/// Keeps the C library from taking freed mappings as a reason to stop making them, and has it
/// overwrite what is freed: a large piece that it still had from earlier is not a mapping of its
/// own.
#[cfg(all(target_os = "linux", not(miri)))]
fn prepare() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    // SAFETY: sets numbers of the C library's; other threads may allocate meanwhile.
    ONCE.call_once(|| unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, 128 * 1024);
        libc::mallopt(libc::M_PERTURB, OVERWRITTEN_WITH);
    });
}

#[cfg(any(not(target_os = "linux"), miri))]
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

/// Pages of their own for a string, which note the first touch that is not allowed.
#[derive(Debug)]
pub(crate) struct Pages {
    address: usize,
    region: Region,
}

impl Pages {
    /// A string that may be read to its end, not beyond, and not written.
    pub(crate) fn read_only(bytes: &[u8], slot: Option<HostSlot>) -> io::Result<Pages> {
        let pages = Pages::holding(bytes, slot, fault::Kind::String)?;
        pages.region.arm(libc::PROT_READ)?;
        Ok(pages)
    }

    /// A string that may be used until it is [forbidden](Pages::forbid).
    pub(crate) fn until_freed(bytes: &[u8], slot: Option<HostSlot>) -> io::Result<Pages> {
        Pages::holding(bytes, slot, fault::Kind::FreedString)
    }

    fn holding(bytes: &[u8], slot: Option<HostSlot>, kind: fault::Kind) -> io::Result<Pages> {
        let size = (bytes.len() + 1).next_multiple_of(page_size());
        let base = map(size)?;
        // SAFETY: text and NUL lie inside the mapping, which is new and holds zeros.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), base as *mut u8, bytes.len()) };
        let region = Region::new(base, size, kind, slot.map_or(0, |slot| slot as usize));
        let region = region.ok_or_else(|| io::Error::other("too many watched ranges"))?;
        Ok(Pages {
            address: base,
            region,
        })
    }

    pub(crate) fn address(&self) -> usize {
        self.address
    }

    /// From now on any use is noted.
    pub(crate) fn forbid(&self) {
        // A range that cannot be armed shows nothing; nothing else depends on it.
        let _ = self.region.arm(libc::PROT_NONE);
    }

    /// Whether it was used as it must not be.
    pub(crate) fn touched(&self) -> bool {
        self.region.touched().is_some()
    }
}
