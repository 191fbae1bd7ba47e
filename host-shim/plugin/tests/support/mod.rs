//! A small host in C style for the tests of this crate: its table lies against an unmapped page, it knows plugin
//! and agent by thread as Osaurus does, and it answers by what it is asked.
#![allow(dead_code, reason = "each test binary uses a part")]

pub mod child;
pub mod library;
pub mod slots;

use osaurus_plugin::abi::HostApi;
use std::cell::RefCell;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

thread_local! {
    /// Whose call runs on this thread: the host's thread-local scope.
    static SCOPE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Host calls that came on a thread without a scope (chunk cancels and unscoped calls apart, none may).
pub static UNSCOPED_CALLS: AtomicUsize = AtomicUsize::new(0);
/// Strings that the host gave away and that came back through its `free_string`.
pub static GIVEN: AtomicUsize = AtomicUsize::new(0);
/// See [`GIVEN`].
pub static FREED: AtomicUsize = AtomicUsize::new(0);

/// Runs `call` in the scope of `agent`, as the host does around each call of a plugin.
pub fn scoped<R>(agent: &str, call: impl FnOnce() -> R) -> R {
    let outer = SCOPE.replace(Some(agent.to_owned()));
    let result = call();
    SCOPE.set(outer);
    result
}

/// The agent of this thread, or "nobody".
pub fn agent_here() -> String {
    SCOPE.with_borrow(|agent| match agent {
        Some(agent) => agent.clone(),
        None => {
            UNSCOPED_CALLS.fetch_add(1, Ordering::SeqCst);
            "nobody".to_owned()
        }
    })
}

/// A table of exactly `size` bytes whose end touches an unmapped page.
pub struct GuardedTable {
    map: *mut libc::c_void,
    page: usize,
    size: usize,
}

// SAFETY: the mapping is only read after it was made.
unsafe impl Sync for GuardedTable {}
// SAFETY: as above.
unsafe impl Send for GuardedTable {}

impl GuardedTable {
    /// The first `size` bytes of the fake's table, with this `version`.
    pub fn new(version: u32, size: usize) -> Self {
        let mut table = slots::table();
        table.version = version;
        // SAFETY: plain mmap, checked; the copy stays inside the first page and inside `table`.
        unsafe {
            let page = usize::try_from(libc::sysconf(libc::_SC_PAGESIZE)).unwrap();
            let map = libc::mmap(
                ptr::null_mut(),
                2 * page,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANON,
                -1,
                0,
            );
            assert_ne!(map, libc::MAP_FAILED);
            let start = map.cast::<u8>().add(page - size);
            ptr::copy_nonoverlapping((&raw const table).cast::<u8>(), start, size);
            assert_eq!(
                libc::mprotect(map.cast::<u8>().add(page).cast(), page, libc::PROT_NONE),
                0
            );
            GuardedTable { map, page, size }
        }
    }

    /// A version 6 host.
    pub fn newest() -> Self {
        GuardedTable::new(6, 200)
    }

    pub fn as_ptr(&self) -> *const HostApi {
        // SAFETY: inside the mapping.
        unsafe { self.map.cast::<u8>().add(self.page - self.size).cast() }
    }
}

impl Drop for GuardedTable {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours.
        unsafe { libc::munmap(self.map, 2 * self.page) };
    }
}
