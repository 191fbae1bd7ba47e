//! Which plugin and which agent a host call belongs to. Osaurus keeps both in thread-local state that is set around
//! each call into a plugin and then cleared; calls from other threads fall back to the plugin that was called last
//! (process-wide) and have no agent. The plugin module enters scopes, the slots resolve them.

use crate::common::ids::AgentId;
use crate::host::activity::ResolvedBy;
use crate::plugin::context::PluginContext;
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// One plugin id within one host; the same again when the plugin is loaded again. 0 is nobody.
pub(crate) type ScopeKey = u64;

#[derive(Clone, Copy)]
struct Active {
    key: ScopeKey,
    agent: Option<AgentId>,
    frame: u64,
}

thread_local! {
    static ACTIVE: Cell<Option<Active>> = const { Cell::new(None) };
}

static REGISTRY: RwLock<Option<HashMap<ScopeKey, Arc<PluginContext>>>> = RwLock::new(None);
static KEYS: Mutex<Option<HashMap<(u64, String), ScopeKey>>> = Mutex::new(None);
static LAST_DISPATCHED: AtomicU64 = AtomicU64::new(0);
static INIT_CONTEXT: AtomicU64 = AtomicU64::new(0);
static NEXT_FRAME: AtomicU64 = AtomicU64::new(1);

/// The key of a plugin id in a host.
pub(crate) fn key(host: u64, plugin_id: &str) -> ScopeKey {
    let mut keys = KEYS.lock().unwrap_or_else(PoisonError::into_inner);
    let keys = keys.get_or_insert_default();
    let next = keys.len() as u64 + 1;
    *keys.entry((host, plugin_id.to_string())).or_insert(next)
}

/// Makes a context findable.
pub(crate) fn register(context: &Arc<PluginContext>) {
    let mut registry = REGISTRY.write().unwrap_or_else(PoisonError::into_inner);
    registry
        .get_or_insert_default()
        .insert(context.key, Arc::clone(context));
}

/// Takes a context out again, unless another load of the same plugin has replaced it.
pub(crate) fn unregister(context: &Arc<PluginContext>) {
    let mut registry = REGISTRY.write().unwrap_or_else(PoisonError::into_inner);
    let registry = registry.get_or_insert_default();
    if registry
        .get(&context.key)
        .is_some_and(|found| Arc::ptr_eq(found, context))
    {
        registry.remove(&context.key);
    }
}

fn lookup(key: ScopeKey) -> Option<Arc<PluginContext>> {
    REGISTRY
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .as_ref()?
        .get(&key)
        .cloned()
}

struct Clear;

impl Drop for Clear {
    fn drop(&mut self) {
        ACTIVE.set(None);
    }
}

/// Runs `call` as a frame of this plugin and agent on the calling thread. Both are cleared afterwards; an outer
/// scope is not restored, as in Osaurus.
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

/// Runs a loading step: the plugin is active on this thread without an agent, and is where calls from unknown
/// threads go as long as no plugin was ever called.
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

/// The caller of a host call.
pub(crate) struct Caller {
    pub(crate) context: Option<Arc<PluginContext>>,
    pub(crate) agent: Option<AgentId>,
    pub(crate) frame: u64,
    pub(crate) how: ResolvedBy,
}

/// Finds plugin and agent for a call on this thread.
pub(crate) fn resolve() -> Caller {
    if let Some(active) = active() {
        let context = lookup(active.key);
        let how = if context.is_some() {
            ResolvedBy::Scope
        } else {
            ResolvedBy::Nobody
        };
        return Caller {
            context,
            agent: active.agent,
            frame: active.frame,
            how,
        };
    }
    let last = LAST_DISPATCHED.load(Ordering::SeqCst);
    let init = INIT_CONTEXT.load(Ordering::SeqCst);
    let (key, how) = match (last, init) {
        (0, 0) => (0, ResolvedBy::Nobody),
        (0, init) => (init, ResolvedBy::InitContext),
        (last, _) => (last, ResolvedBy::GlobalFallback),
    };
    let context = lookup(key).filter(|context| may_fall_back(context));
    let how = if context.is_some() {
        how
    } else {
        ResolvedBy::Nobody
    };
    Caller {
        context,
        agent: None,
        frame: 0,
        how,
    }
}

/// The documents say that calls from threads of the plugin's own find nobody.
fn may_fall_back(context: &PluginContext) -> bool {
    !context.host.settings.profile.documented()
}

/// The agent bound to this thread.
pub(crate) fn current_agent() -> Option<AgentId> {
    active().and_then(|active| active.agent)
}

/// The frame on this thread; 0 outside of one.
pub(crate) fn frame() -> u64 {
    active().map_or(0, |active| active.frame)
}

fn active() -> Option<Active> {
    ACTIVE.try_with(Cell::get).ok().flatten()
}
