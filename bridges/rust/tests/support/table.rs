//! The host's table as a plugin gets it: exactly as large as it says, so that a read beyond its end
//! shows.

use super::slots;
use osaurus_plugin::abi::{ABI_VERSION_LATEST, HostApi};

/// A table of exactly `size` bytes; reading beyond it is a crash, and under Miri an error.
pub struct GuardedTable(Memory);

impl GuardedTable {
    /// The first `size` bytes of the fake's table, with this `version`.
    pub fn new(version: u32, size: usize) -> Self {
        let mut table = slots::table();
        table.version = version;
        assert!(size <= size_of::<HostApi>());
        let memory = Memory::new(size);
        // SAFETY: `size` bytes of ours, and no more than the whole table.
        unsafe {
            let source = (&raw const table).cast::<u8>();
            std::ptr::copy_nonoverlapping(source, memory.start(), size);
        }
        memory.seal();
        GuardedTable(memory)
    }

    /// A host of the newest version.
    pub fn newest() -> Self {
        GuardedTable::new(ABI_VERSION_LATEST, size_of::<HostApi>())
    }

    pub fn as_ptr(&self) -> *const HostApi {
        self.0.start().cast()
    }
}

// SAFETY: the memory is only read after the table was made.
unsafe impl Sync for GuardedTable {}
// SAFETY: as above.
unsafe impl Send for GuardedTable {}

/// The end of a page in front of one that cannot be touched.
#[cfg(not(miri))]
struct Memory {
    map: *mut libc::c_void,
    page: usize,
    size: usize,
}

#[cfg(not(miri))]
impl Memory {
    fn new(size: usize) -> Self {
        // SAFETY: plain calls without preconditions; the result is checked.
        unsafe {
            let page = usize::try_from(libc::sysconf(libc::_SC_PAGESIZE)).unwrap();
            let map = libc::mmap(
                std::ptr::null_mut(),
                2 * page,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANON,
                -1,
                0,
            );
            assert_ne!(map, libc::MAP_FAILED);
            Memory { map, page, size }
        }
    }

    fn start(&self) -> *mut u8 {
        // SAFETY: inside the mapping.
        unsafe { self.map.cast::<u8>().add(self.page - self.size) }
    }

    fn seal(&self) {
        // SAFETY: the second page of the mapping.
        let code = unsafe {
            let beyond = self.map.cast::<u8>().add(self.page);
            libc::mprotect(beyond.cast(), self.page, libc::PROT_NONE)
        };
        assert_eq!(code, 0);
    }
}

#[cfg(not(miri))]
impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours.
        unsafe { libc::munmap(self.map, 2 * self.page) };
    }
}

/// An allocation: Miri has no protected pages, and knows where each allocation ends.
#[cfg(miri)]
struct Memory(*mut u8, std::alloc::Layout);

#[cfg(miri)]
impl Memory {
    fn new(size: usize) -> Self {
        let layout = std::alloc::Layout::from_size_align(size, align_of::<HostApi>()).unwrap();
        // SAFETY: no table has no bytes.
        Memory(unsafe { std::alloc::alloc(layout) }, layout)
    }

    fn start(&self) -> *mut u8 {
        self.0
    }

    fn seal(&self) {}
}

#[cfg(miri)]
impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout.
        unsafe { std::alloc::dealloc(self.0, self.1) };
    }
}
