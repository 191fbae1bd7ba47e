//! The host table in memory: exactly as many bytes as the advertised version has, right against a
//! page that cannot be read, so that a plugin which looks past the end of an older host's table
//! faults at once.

use crate::host::abi::AbiLevel;
use crate::host::settings::Settings;
use crate::slots::{self, Answers};
use osaurus_abi::HostApi;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::ffi::{c_char, c_void};
use std::io;
use std::sync::OnceLock;

/// A function that is not known yet: it ignores its arguments.
type Unknown = unsafe extern "C" fn() -> *const c_char;

/// A host table that ends where readable memory ends. Dropping it unmaps it.
#[derive(Debug)]
pub struct GuardedTable {
    base: *mut c_void,
    mapped: usize,
    table: *const HostApi,
}

// SAFETY: the mapping is written once in `new` and read-only afterwards; the pointers are plain
// addresses.
unsafe impl Send for GuardedTable {}
// SAFETY: as above: shared access only reads.
unsafe impl Sync for GuardedTable {}

impl GuardedTable {
    /// Maps a table of this version. Version 1 has none: its table is one of no bytes, so any read
    /// faults.
    pub fn new(level: AbiLevel) -> io::Result<GuardedTable> {
        Self::holding(&slots::full_table(level.version()), level.host_table_size())
    }

    /// Maps a table of this version whose functions are all served by `A`.
    pub fn answered_by<A: Answers>(level: AbiLevel) -> io::Result<GuardedTable> {
        let table = slots::answering_table::<A>(level.version());
        Self::holding(&table, level.host_table_size())
    }

    /// Maps the first `size` bytes of this table, a page at most. What is longer than the table has
    /// slots after it that are not implemented: they are a draft's.
    pub fn holding(full: &HostApi, size: usize) -> io::Result<GuardedTable> {
        let page = page_size();
        let size = size.min(page);
        let copied = size.min(size_of::<HostApi>());
        let mapped = page * 2;
        // SAFETY: an anonymous private mapping at an address of the system's choice touches nothing
        // of ours.
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                mapped,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANON,
                -1,
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let guarded = GuardedTable {
            base,
            mapped,
            table: base.wrapping_byte_add(page - size).cast(),
        };
        let start = guarded.table.cast_mut().cast::<u8>();
        // SAFETY: `size` bytes lie between the table's address and the second page, both ours and
        // writable; the source is a whole HostApi, and `known` is no more than either.
        unsafe {
            std::ptr::copy_nonoverlapping(std::ptr::from_ref(full).cast::<u8>(), start, copied);
        }
        for offset in (copied..size).step_by(size_of::<usize>()) {
            // SAFETY: a whole slot inside of the `size` bytes, since both are multiples of a slot
            // after a whole HostApi; an address needs no alignment in an unaligned write.
            unsafe {
                start
                    .add(offset)
                    .cast::<Unknown>()
                    .write_unaligned(slots::not_implemented)
            };
        }
        guarded.protect(0, page, libc::PROT_READ)?;
        guarded.protect(page, page, libc::PROT_NONE)?;
        Ok(guarded)
    }

    /// The address that a plugin's entry gets.
    pub fn as_ptr(&self) -> *const HostApi {
        self.table
    }

    /// The table of this version that all plugins of the process share. It lives until the process
    /// ends, because a plugin may keep the pointer and its library is never closed.
    pub(crate) fn shared(settings: &Settings) -> io::Result<&'static GuardedTable> {
        type Tables = HashMap<(AbiLevel, bool, bool), &'static GuardedTable>;
        static TABLES: OnceLock<Mutex<Tables>> = OnceLock::new();
        let mut tables = TABLES.get_or_init(Mutex::default).lock();
        let (level, documented) = (settings.abi, settings.profile.documented());
        let place = (level, documented, settings.tap.is_some());
        if let Some(table) = tables.get(&place) {
            return Ok(table);
        }
        let full = match settings.tap {
            Some(_) => slots::tapped_table(level.version()),
            None => slots::full_table(level.version()),
        };
        let table = if documented {
            Self::with_missing_slots_null(&full, level)
        } else {
            Self::holding(&full, level.host_table_size())
        };
        let table: &'static GuardedTable = Box::leak(Box::new(table?));
        tables.insert(place, table);
        Ok(table)
    }

    /// Quirks 16 and 18: the documents say that slots which a version lacks are there, and NULL.
    fn with_missing_slots_null(full: &HostApi, level: AbiLevel) -> io::Result<GuardedTable> {
        // SAFETY: zero is None for every function and 0 for the version.
        let mut table = unsafe { std::mem::zeroed::<HostApi>() };
        let size = level.host_table_size().min(size_of::<HostApi>());
        // SAFETY: both are whole tables, and no more than one is copied; a function or None is
        // copied whole.
        unsafe {
            std::ptr::copy_nonoverlapping(
                std::ptr::from_ref(full).cast::<u8>(),
                (&raw mut table).cast::<u8>(),
                size,
            );
        }
        Self::holding(&table, level.host_table_size().max(size_of::<HostApi>()))
    }

    /// Miri cannot protect pages; the tests that it runs read no further than the table.
    #[cfg(miri)]
    fn protect(&self, _offset: usize, _length: usize, _protection: i32) -> io::Result<()> {
        Ok(())
    }

    #[cfg(not(miri))]
    fn protect(&self, offset: usize, length: usize, protection: i32) -> io::Result<()> {
        // SAFETY: offset and length stay inside the mapping that `self` owns, on page boundaries.
        let status = unsafe { libc::mprotect(self.base.byte_add(offset), length, protection) };
        if status == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }
}

impl Drop for GuardedTable {
    fn drop(&mut self) {
        // SAFETY: `new` mapped exactly this range and nothing else frees it.
        unsafe { libc::munmap(self.base, self.mapped) };
    }
}

fn page_size() -> usize {
    // SAFETY: sysconf has no preconditions.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}
