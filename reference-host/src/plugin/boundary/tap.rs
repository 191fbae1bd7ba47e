//! A listener on the boundary: told of every call in either direction when it begins and when it
//! ends, with whole strings, in an order that agrees with cause and effect. Set by
//! `HostBuilder::tap`; the loader, the plugin's frames and the tapped table speak to it. What a
//! listener does with what it hears, this module does not know.

use crate::common::ids::AgentId;
use crate::common::json;
use parking_lot::Mutex;
use std::cell::Cell;
use std::ffi::c_char;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

/// Something that crossed the boundary.
#[derive(Debug, Clone, Copy)]
pub enum Crossing<'a> {
    /// The host is about to call the plugin.
    CallBegins {
        /// Number of the call into the plugin, from 1.
        call: u64,
        /// A number for the calling thread, the same for all its calls.
        thread: u64,
        /// The plugin's id; while it is loaded, the name of its file.
        plugin: &'a str,
        /// The bound agent.
        agent: Option<AgentId>,
        /// The function: its name in the plugin's table, or the entry symbol.
        slot: &'static str,
        /// Its arguments as strings, without the context.
        args: &'a [Option<&'a str>],
    },
    /// The plugin has returned.
    CallEnds {
        /// Number of the call.
        call: u64,
        /// What it returned; None for NULL and for nothing.
        result: Option<&'a str>,
    },
    /// The plugin has called the host.
    HostCallBegins {
        /// Number of the host call, from 1.
        host_call: u64,
        /// The call of the plugin on this thread; 0 for a thread that the host did not call on.
        call: u64,
        /// A number for the calling thread, as in `CallBegins`.
        thread: u64,
        /// The function's name in the host's table.
        slot: &'static str,
        /// Its arguments as strings; None for NULL. A stream's callback and its data are left out.
        args: &'a [Option<String>],
    },
    /// A piece of a stream is about to be handed to the plugin.
    Chunk {
        /// Number of the host call that streams.
        host_call: u64,
        /// The piece.
        text: &'a str,
    },
    /// The host is about to return.
    HostCallEnds {
        /// Number of the host call.
        host_call: u64,
        /// What it returns; None for NULL and for nothing.
        result: Option<&'a str>,
    },
}

/// Hears what crosses the boundary, on the thread on which it crosses. It must not call the host or
/// the plugin, and must not panic.
pub trait Tap: Send + Sync {
    /// Something crosses. `free_string` of either side is left out.
    fn crosses(&self, crossing: Crossing<'_>);
}

/// A host's listener with its counters.
pub(crate) struct Line {
    tap: Arc<dyn Tap>,
    calls: AtomicU64,
    host_calls: AtomicU64,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").finish_non_exhaustive()
    }
}

/// The host that was tapped last: who hears calls from threads that no host called on.
static LATEST: Mutex<Weak<Line>> = Mutex::new(Weak::new());

thread_local! {
    /// The call into the plugin on this thread.
    static CALL: Cell<u64> = const { Cell::new(0) };
    /// The host call on this thread whose end was not told yet.
    static PENDING: Cell<u64> = const { Cell::new(0) };
}

/// Tells the end of the host call on this thread now, because what happens before it returns
/// follows from its answer.
///
/// # Safety
/// `given` is NULL or a NUL-terminated string.
pub(crate) unsafe fn host_call_ends_already(given: *const c_char) {
    let pending = PENDING.get();
    if let (1.., Some(line)) = (pending, Line::latest()) {
        // SAFETY: this function's contract.
        let result = unsafe { json::text(given) };
        line.host_call_ends(pending, result.as_deref());
    }
}

impl Line {
    pub(crate) fn new(tap: Arc<dyn Tap>) -> Arc<Line> {
        let line = Arc::new(Line {
            tap,
            calls: AtomicU64::new(0),
            host_calls: AtomicU64::new(0),
        });
        *LATEST.lock() = Arc::downgrade(&line);
        line
    }

    pub(crate) fn latest() -> Option<Arc<Line>> {
        let latest = LATEST.lock();
        latest.upgrade()
    }

    /// Tells of a host call on this thread; its number.
    pub(crate) fn host_call(&self, slot: &'static str, args: &[Option<String>]) -> u64 {
        let host_call = self.host_calls.fetch_add(1, Ordering::Relaxed) + 1;
        self.tap.crosses(Crossing::HostCallBegins {
            host_call,
            call: CALL.get(),
            thread: crate::host::activity::thread_number(),
            slot,
            args,
        });
        PENDING.set(host_call);
        host_call
    }

    pub(crate) fn chunk(&self, host_call: u64, text: &str) {
        self.tap.crosses(Crossing::Chunk { host_call, text });
    }

    /// Tells it once.
    pub(crate) fn host_call_ends(&self, host_call: u64, result: Option<&str>) {
        if PENDING.replace(0) == host_call {
            self.tap
                .crosses(Crossing::HostCallEnds { host_call, result });
        }
    }
}

/// A call into the plugin that a tap hears of, on this thread until it ends. Nothing where there is
/// no tap.
#[must_use]
pub(crate) struct Tapped(Option<(Arc<Line>, u64)>);

impl Tapped {
    pub(crate) fn begins(
        line: Option<&Arc<Line>>,
        plugin: &str,
        slot: &'static str,
        agent: Option<AgentId>,
        args: &[Option<&str>],
    ) -> Tapped {
        let Some(line) = line else {
            return Tapped(None);
        };
        let call = line.calls.fetch_add(1, Ordering::Relaxed) + 1;
        line.tap.crosses(Crossing::CallBegins {
            call,
            thread: crate::host::activity::thread_number(),
            plugin,
            agent,
            slot,
            args,
        });
        CALL.set(call);
        Tapped(Some((Arc::clone(line), call)))
    }

    pub(crate) fn ends(self, result: Option<&str>) {
        CALL.set(0);
        if let Some((line, call)) = &self.0 {
            line.tap.crosses(Crossing::CallEnds {
                call: *call,
                result,
            });
        }
    }
}
