//! Every string that the host gave the plugin, from its making to its end. The memory is such that
//! what is done to it in between can be seen: see `memory`.

use super::memory::{Memory, Strings};
use super::record::{Call, ThreadTag};
use crate::check::evidence::Evidence;
use osaurus_abi::HostSlot;
use std::collections::{HashMap, VecDeque};
use std::ffi::{CString, c_char};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many freed strings stay readable, so that a plugin that still reads one shows no other
/// symptom.
pub(super) const KEPT_FREED: usize = if cfg!(miri) { 16 } else { 256 };

/// What became of a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Freed {
    /// Nothing so far.
    No,
    /// The host's free_string got it, on this thread.
    ByHost(ThreadTag),
    /// Its memory is gone, and the host's free_string did not do it.
    Elsewhere,
}

/// A string that a host call returned.
#[derive(Debug, Clone)]
pub struct HostString {
    /// The call that returned it.
    pub call: Call,
    /// Its text's beginning.
    pub bytes: Vec<u8>,
    /// Where it is.
    pub address: usize,
    /// What became of it.
    pub freed: Freed,
    /// Whether it was written (`ReadOnly`) or used after it was freed (`ForbiddenOnceFreed`).
    pub touched: bool,
}

impl HostString {
    /// Evidence that names the string, the call that returned it and its thread.
    pub fn evidence(&self, what: impl Into<String>) -> Evidence {
        self.call.evidence(what).bytes(&self.bytes)
    }
}

/// A wrong use of a string that was seen when it happened.
#[derive(Debug, Clone)]
pub(crate) enum Misuse {
    /// Given to free_string again.
    FreedTwice(Evidence),
    /// Not a string of this host's.
    NotOurs(Evidence),
    /// Passed to a host call after it was freed.
    UsedAfterFree(Evidence),
}

/// All strings of a load.
#[derive(Debug)]
pub(crate) struct Registry {
    kind: Strings,
    asked: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    strings: Vec<(HostString, Memory)>,
    by_address: HashMap<usize, usize>,
    resting: VecDeque<usize>,
    copies: Vec<CString>,
    misuses: Vec<Misuse>,
}

impl Registry {
    /// `freed_by_host`: whether the host's table has `free_string`.
    pub(super) fn new(kind: Strings, freed_by_host: bool) -> Registry {
        let on_pages = matches!(kind, Strings::ReadOnly | Strings::ForbiddenOnceFreed);
        Registry {
            kind: if on_pages && !freed_by_host {
                Strings::Watched
            } else {
                kind
            },
            asked: AtomicU64::new(0),
            state: Mutex::default(),
        }
    }

    /// Counts a call that returns a string; how many came before it.
    pub(super) fn count_asked(&self) -> u64 {
        self.asked.fetch_add(1, Ordering::SeqCst)
    }

    /// Hands a string out.
    pub(super) fn give(&self, bytes: &[u8], call: &Call) -> *const c_char {
        let Some(memory) = Memory::holding(self.kind, bytes, call.slot) else {
            return std::ptr::null();
        };
        let address = memory.address();
        if self.kind != Strings::Plain {
            self.lock().add(memory, bytes, call);
        }
        address as *const c_char
    }

    /// The plugin calls the host's free_string.
    pub(super) fn take_back(&self, text: *const c_char, call: &Call) {
        if text.is_null() {
            return;
        }
        if self.kind == Strings::Plain {
            // SAFETY: the plugin gives back a string it got from this host (malloc) and owns.
            unsafe { libc::free(text.cast_mut().cast()) };
            return;
        }
        self.lock().take_back(text as usize, call, self.kind);
    }

    /// The text itself, or a copy where it is a string that the host freed: the plugin must not do
    /// that, and reading it here would crash. Where the C library freed a string, its place may be
    /// a string of the plugin's own by now.
    pub(super) fn readable(&self, text: *const c_char, slot: HostSlot) -> *const c_char {
        let mut state = self.lock();
        let Some(index) = state.by_address.get(&(text as usize)).copied() else {
            return text;
        };
        let (string, memory) = &mut state.strings[index];
        if string.freed == Freed::No && memory.is_there() {
            return text;
        }
        if !matches!(string.freed, Freed::ByHost(_)) {
            string.freed = Freed::Elsewhere;
            state.by_address.remove(&(text as usize));
            return text;
        }
        let what = format!("a string that was freed is passed to {}", slot.name());
        let misuse = Misuse::UsedAfterFree(string.evidence(what));
        let copy = CString::new(string.bytes.clone()).unwrap_or_default();
        state.misuses.push(misuse);
        state.copies.push(copy);
        // Its place is known only now: a pointer from before would not survive the move.
        state
            .copies
            .last()
            .map_or(std::ptr::null(), |copy| copy.as_ptr())
    }

    /// All strings so far, in the order in which they were given.
    pub(crate) fn all(&self) -> Vec<HostString> {
        let state = self.lock();
        let describe = |(string, memory): &(HostString, Memory)| {
            let mut string = string.clone();
            string.touched = memory.touched();
            if string.freed == Freed::No && !memory.is_there() {
                string.freed = Freed::Elsewhere;
            }
            string
        };
        state.strings.iter().map(describe).collect()
    }

    /// Wrong uses so far.
    pub(crate) fn misuses(&self) -> Vec<Misuse> {
        self.lock().misuses.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, memory: Memory, bytes: &[u8], call: &Call) {
        let address = memory.address();
        // The system gave the same place again: what had it before was freed without our knowledge.
        if let Some(before) = self.by_address.insert(address, self.strings.len()) {
            let (string, _) = &mut self.strings[before];
            if string.freed == Freed::No {
                string.freed = Freed::Elsewhere;
            }
        }
        let string = HostString {
            call: call.clone(),
            bytes: bytes[..bytes.len().min(4096)].to_vec(),
            address,
            freed: Freed::No,
            touched: false,
        };
        self.strings.push((string, memory));
    }

    fn take_back(&mut self, address: usize, call: &Call, kind: Strings) {
        let Some(index) = self.by_address.get(&address).copied() else {
            let what = "free_string of the host got a pointer that is not a string of the host's";
            self.misuses.push(Misuse::NotOurs(call.evidence(what)));
            return;
        };
        let (string, memory) = &mut self.strings[index];
        if let Freed::ByHost(first) = &string.freed {
            let what =
                format!("the string is given to free_string again; the first time was on {first}");
            let misuse = Misuse::FreedTwice(string.evidence(what));
            self.misuses.push(misuse);
            return;
        }
        string.freed = Freed::ByHost(call.thread.clone());
        memory.rest(kind);
        self.resting.push_back(index);
        if self.resting.len() > KEPT_FREED
            && let Some(oldest) = self.resting.pop_front()
        {
            self.release(oldest);
        }
    }

    fn release(&mut self, index: usize) {
        let (string, memory) = &mut self.strings[index];
        memory.release();
        if self.by_address.get(&string.address) == Some(&index) {
            self.by_address.remove(&string.address);
        }
    }
}
