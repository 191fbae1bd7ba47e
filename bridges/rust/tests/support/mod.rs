//! A small host in C style for the tests of this crate: its table lies against an unmapped page, it
//! knows plugin and agent by thread as Osaurus does, and it answers by what it is asked.
#![allow(dead_code, unused_imports, reason = "each test binary uses a part")]

pub mod child;
pub mod library;
pub mod slots;
mod table;

pub use table::GuardedTable;

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};

thread_local! {
    /// Whose call runs on this thread: the host's thread-local scope.
    static SCOPE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Host calls that came on a thread without a scope (chunk cancels and unscoped calls apart, none
/// may).
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

/// The agent of this thread, or "no agent".
pub fn agent_here() -> String {
    SCOPE.with_borrow(|agent| match agent {
        Some(agent) => agent.clone(),
        None => {
            UNSCOPED_CALLS.fetch_add(1, Ordering::SeqCst);
            "no agent".to_owned()
        }
    })
}
