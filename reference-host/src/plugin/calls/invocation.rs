//! Where a call of `invoke` runs: on a thread of its own, on the queue that tools driving other
//! applications share across all plugins, or in the plugin's helper process. The plugin module
//! calls it.

use crate::common::ids::AgentId;
use crate::common::json::c_text;
use crate::common::pool::{Pool, SerialQueue, Waited};
use crate::host::errors::CallError;
use crate::plugin::calls::call::{Patience, PluginCall};
use crate::plugin::calls::gate::CallQueue;
use crate::plugin::calls::isolation::Isolation;
use crate::plugin::loaded::LoadedPlugin;
use std::sync::mpsc::channel;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// Tools that need accessibility or automation run here, one at a time in the whole process.
static SYSTEM_QUEUE: LazyLock<SerialQueue> = LazyLock::new(|| SerialQueue::new(&Pool::default()));

impl LoadedPlugin {
    /// [`LoadedPlugin::invoke_raw`] with the reason for a failure. After the tool limit the caller
    /// gets [`CallError::Timeout`] while the plugin's call keeps running.
    pub fn try_invoke_raw(
        self: &Arc<Self>,
        kind: &str,
        id: &str,
        payload: &str,
        agent: Option<AgentId>,
    ) -> Result<String, CallError> {
        let limit = self.context().services.settings.budgets.tool;
        let patience = Patience::of(limit);
        let what = format!("Tool '{id}'");
        let queue = self.queue_of(kind, id);
        let me = Arc::clone(self);
        if self.is_isolated(queue) {
            let [kind, id, payload] = [kind, id, payload].map(str::to_string);
            let job = move || me.invoke_in_helper([&kind, &id, &payload], agent, patience);
            return self.on_host_thread(&what, limit, job);
        }
        let arguments = [kind, id, payload].map(c_text);
        let job = move || me.invoke_now(queue, &arguments, agent, Some(patience));
        match queue {
            CallQueue::Own => self.on_host_thread(&what, limit, job),
            CallQueue::Shared => on_system_queue(&what, limit, job),
        }
    }

    /// Recorded like any other call; the host calls made in it are in frames of their own.
    fn invoke_in_helper(
        &self,
        [kind, id, payload]: [&str; 3],
        agent: Option<AgentId>,
        patience: Patience,
    ) -> Result<String, CallError> {
        let record = PluginCall::invoke(kind, id, payload, Some(patience));
        let answer = self.helper.invoke(kind, id, payload, agent);
        let how = match &answer {
            Err(CallError::Helper(error)) => error.as_str(),
            _ => "in the helper process",
        };
        let record = record.noted(how);
        record.returned(self.context(), agent, 0, answer.as_deref().ok());
        answer
    }

    /// Whether calls of this kind run outside of the plugin's own queues.
    fn queue_of(&self, kind: &str, id: &str) -> CallQueue {
        if kind == "tool" && self.manifest().drives_the_system(id) {
            CallQueue::Shared
        } else {
            CallQueue::Own
        }
    }

    fn is_isolated(&self, queue: CallQueue) -> bool {
        match self.context().services.settings.isolation {
            Isolation::Off => false,
            Isolation::SystemTools => queue == CallQueue::Shared && self.helper.exists(),
            Isolation::EveryCall => self.helper.exists(),
        }
    }
}

/// The limit includes the wait for the turn. A job whose caller left still runs.
fn on_system_queue(
    what: &str,
    limit: Duration,
    job: impl FnOnce() -> Result<String, CallError> + Send + 'static,
) -> Result<String, CallError> {
    let (sender, receiver) = channel();
    SYSTEM_QUEUE.push(move || {
        let _ = sender.send(job());
    });
    match receiver.recv_timeout(limit).map_err(Waited::from) {
        Ok(result) => result,
        Err(waited) => Err(waited.into_error(what, limit)),
    }
}
