//! The plugins that can make host calls, by the key of their scope, and which of them calls on this
//! thread. The loader and the end of a plugin change the list; the slots ask.

use crate::common::ids::{AgentId, ScopeKey};
use crate::host::activity::ResolvedBy;
use crate::host::core::HostCore;
use crate::plugin::calls::scope;
use crate::plugin::context::PluginContext;
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::Arc;

/// A plugin that can make host calls, with the host that serves them.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) context: Arc<PluginContext>,
    pub(crate) host: Arc<HostCore>,
}

static CALLERS: RwLock<Option<HashMap<ScopeKey, Caller>>> = RwLock::new(None);

/// Lets this plugin make host calls.
pub(crate) fn register(host: &Arc<HostCore>, context: &Arc<PluginContext>) {
    let mut callers = CALLERS.write();
    let caller = Caller {
        context: Arc::clone(context),
        host: Arc::clone(host),
    };
    callers.get_or_insert_default().insert(context.key, caller);
}

/// Ends that, unless another load of the same plugin has replaced it.
pub(crate) fn unregister(context: &Arc<PluginContext>) {
    let mut callers = CALLERS.write();
    let callers = callers.get_or_insert_default();
    let registered = callers.get(&context.key);
    if registered.is_some_and(|caller| Arc::ptr_eq(&caller.context, context)) {
        callers.remove(&context.key);
    }
}

fn lookup(key: ScopeKey) -> Option<Caller> {
    let callers = CALLERS.read();
    callers.as_ref()?.get(&key).cloned()
}

/// Who makes a host call, and how that is known.
pub(crate) struct Resolved {
    pub(crate) caller: Option<Caller>,
    pub(crate) agent: Option<AgentId>,
    pub(crate) frame: u64,
    pub(crate) how: ResolvedBy,
}

/// Finds plugin and agent for a call on this thread.
pub(crate) fn resolve() -> Resolved {
    let (caller, agent, frame, how) = match scope::active() {
        Some(active) => {
            let caller = lookup(active.key);
            (caller, active.agent, active.frame, ResolvedBy::Scope)
        }
        None => {
            let (key, how) = scope::fallback().unwrap_or((0, ResolvedBy::NoPlugin));
            (lookup(key).filter(may_fall_back), None, 0, how)
        }
    };
    let how = if caller.is_some() {
        how
    } else {
        ResolvedBy::NoPlugin
    };
    Resolved {
        caller,
        agent,
        frame,
        how,
    }
}

/// The documents say that calls from threads of the plugin's own find no plugin.
fn may_fall_back(caller: &Caller) -> bool {
    !caller.host.settings.profile.documented()
}
