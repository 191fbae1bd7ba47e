//! Which plugin and which agent a thread works for. Osaurus keeps both in thread-local state that
//! is set around each call into a plugin and then cleared; calls from other threads fall back to
//! the plugin that was called last (process-wide) and have no agent. Calls into plugins enter
//! scopes; `callers` resolves them for the slots.

use crate::common::ids::{AgentId, ScopeKey};
use crate::host::activity::ResolvedBy;
use parking_lot::Mutex;
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// A plugin's frame on a thread.
#[derive(Clone, Copy)]
pub(crate) struct Active {
    pub(crate) key: ScopeKey,
    pub(crate) agent: Option<AgentId>,
    pub(crate) frame: u64,
}

thread_local! {
    static ACTIVE: Cell<Option<Active>> = const { Cell::new(None) };
}

static KEYS: Mutex<Option<HashMap<(u64, String), ScopeKey>>> = Mutex::new(None);
static LAST_DISPATCHED: AtomicU64 = AtomicU64::new(0);
static INIT_CONTEXT: AtomicU64 = AtomicU64::new(0);
static NEXT_FRAME: AtomicU64 = AtomicU64::new(1);

/// The key of a plugin id in a host.
pub(crate) fn key(host: u64, plugin_id: &str) -> ScopeKey {
    let mut keys = KEYS.lock();
    let keys = keys.get_or_insert_default();
    let next = keys.len() as u64 + 1;
    *keys.entry((host, plugin_id.to_string())).or_insert(next)
}

struct Clear;

impl Drop for Clear {
    fn drop(&mut self) {
        ACTIVE.set(None);
    }
}

/// Runs `call` as a frame of this plugin and agent on the calling thread. Both are cleared
/// afterwards; an outer scope is not restored, as in Osaurus.
pub(crate) fn enter<T>(key: ScopeKey, agent: Option<AgentId>, call: impl FnOnce() -> T) -> T {
    LAST_DISPATCHED.store(key, Ordering::SeqCst);
    ACTIVE.set(Some(Active {
        key,
        agent,
        frame: NEXT_FRAME.fetch_add(1, Ordering::Relaxed),
    }));
    let _clear = Clear;
    call()
}

struct ClearInit;

impl Drop for ClearInit {
    fn drop(&mut self) {
        INIT_CONTEXT.store(0, Ordering::SeqCst);
        ACTIVE.set(None);
    }
}

/// Runs a loading step: the plugin is active on this thread without an agent, and is where calls
/// from unknown threads go as long as no plugin was ever called.
pub(crate) fn loading<T>(key: ScopeKey, step: impl FnOnce() -> T) -> T {
    INIT_CONTEXT.store(key, Ordering::SeqCst);
    ACTIVE.set(Some(Active {
        key,
        agent: None,
        frame: NEXT_FRAME.fetch_add(1, Ordering::Relaxed),
    }));
    let _clear = ClearInit;
    step()
}

/// The agent bound to this thread.
pub(crate) fn current_agent() -> Option<AgentId> {
    active().and_then(|active| active.agent)
}

/// The frame on this thread; 0 outside of one.
pub(crate) fn frame() -> u64 {
    active().map_or(0, |active| active.frame)
}

/// The frame on this thread, with its plugin and agent.
pub(crate) fn active() -> Option<Active> {
    ACTIVE.try_with(Cell::get).ok().flatten()
}

/// Where calls from threads without a frame go: the plugin that was called last, else the one that
/// is being loaded.
pub(crate) fn fallback() -> Option<(ScopeKey, ResolvedBy)> {
    let last = LAST_DISPATCHED.load(Ordering::SeqCst);
    let init = INIT_CONTEXT.load(Ordering::SeqCst);
    match (last, init) {
        (0, 0) => None,
        (0, init) => Some((init, ResolvedBy::InitContext)),
        (last, _) => Some((last, ResolvedBy::GlobalFallback)),
    }
}
