//! The host's side of a plugin's helper: started at the first call that needs it, started again
//! after it ended. Calls into a plugin and deliveries of settings go through it.

use super::process::{Failed, Process, ServeHostCall};
use super::program::HelperProgram;
use super::protocol;
use crate::common::ids::AgentId;
use crate::common::pool::SerialQueue;
use crate::host::errors::CallError;
use crate::plugin::calls::isolation::Isolation;
use crate::plugin::context::PluginContext;
use parking_lot::{Mutex, MutexGuard};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub(crate) struct Helper {
    context: Arc<PluginContext>,
    /// The plugin's library.
    path: PathBuf,
    serve: ServeHostCall,
    program: Option<HelperProgram>,
    running: Mutex<Option<Arc<Process>>>,
    starting: Mutex<()>,
    settings: SerialQueue,
    config_limit: Duration,
    stop_limit: Duration,
    stopped: AtomicBool,
}

impl Helper {
    /// Nothing is started yet. `serve` serves the host calls that the plugin makes in the helper.
    pub(crate) fn new(context: &Arc<PluginContext>, path: &Path, serve: ServeHostCall) -> Helper {
        let settings = &context.services.settings;
        let is_wanted = settings.isolation != Isolation::Off;
        let program = is_wanted
            .then(|| HelperProgram::find(settings.helper_program.as_ref()))
            .flatten();
        Helper {
            context: Arc::clone(context),
            path: path.to_path_buf(),
            serve,
            program,
            running: Mutex::default(),
            starting: Mutex::default(),
            settings: SerialQueue::new(&context.services.pool),
            config_limit: settings.budgets.helper_config,
            stop_limit: settings.budgets.helper_stop,
            stopped: AtomicBool::new(false),
        }
    }

    /// Whether there is a program for it. Without one, calls stay in the host's process.
    pub(crate) fn exists(&self) -> bool {
        self.program.is_some()
    }

    /// `invoke` in the helper. One that does not answer in time is ended, with every other call
    /// that waits for it.
    pub(crate) fn invoke(
        &self,
        kind: &str,
        id: &str,
        payload: &str,
        agent: Option<AgentId>,
    ) -> Result<String, CallError> {
        let process = self.started()?;
        let limit = self.context.services.settings.budgets.helper_invoke;
        let mut params = json!({"type": kind, "id": id, "payload": payload});
        if let Some(agent) = agent {
            params["agent_id"] = agent.to_string().into();
        }
        match process.request("invoke", params, limit) {
            Ok(result) => protocol::text(&result, "result")
                .map(str::to_string)
                .ok_or(CallError::Null),
            Err(Failed::Told(message)) => Err(CallError::Helper(message)),
            Err(Failed::TimeUp) => {
                let message = self.no_response(limit);
                process.end_soon(&message);
                Err(CallError::Helper(message))
            }
        }
    }

    /// Tells a running helper what the plugin is told, before equal values are left out. It is
    /// never ended for being slow.
    pub(crate) fn mirror_config(&self, agent: AgentId, batch: &[(String, String)]) {
        let Some(process) = self.alive() else { return };
        for (key, value) in batch {
            let params = json!({"key": key, "value": value, "agent_id": agent.to_string()});
            let (process, limit) = (Arc::clone(&process), self.config_limit);
            self.settings.push(move || {
                let _ = process.request("config_changed", params, limit);
            });
        }
    }

    /// Asks a running helper to destroy its copy and to end, and kills it if it does not. None
    /// starts afterwards.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        let _no_start = self.starting.lock();
        if let Some(process) = self.running().take() {
            let _ = process.request("shutdown", json!({}), self.stop_limit);
            process.end("Plugin has been shut down");
        }
    }

    fn started(&self) -> Result<Arc<Process>, CallError> {
        let _one_start = self.starting.lock();
        if self.stopped.load(Ordering::SeqCst) {
            return Err(CallError::ShutDown);
        }
        if let Some(process) = self.alive() {
            return Ok(process);
        }
        let process = self.start().map_err(CallError::Helper)?;
        *self.running() = Some(Arc::clone(&process));
        Ok(process)
    }

    fn start(&self) -> Result<Arc<Process>, String> {
        let program = self.program.as_ref().ok_or("there is no helper program")?;
        let process = Process::start(program, &self.context, self.serve).map_err(|error| {
            let path = program.program.display();
            format!("cannot start the helper {path}: {error}")
        })?;
        let limit = self.context.services.settings.budgets.helper_load;
        let loaded: Result<Value, Failed> =
            process.request("load", json!({"path": self.path}), limit);
        let message = match loaded {
            Ok(_) => return Ok(process),
            Err(Failed::Told(message)) => message,
            Err(Failed::TimeUp) => self.no_response(limit),
        };
        process.end_soon(&message);
        Err(message)
    }

    fn alive(&self) -> Option<Arc<Process>> {
        self.running().clone().filter(|process| process.is_alive())
    }

    fn running(&self) -> MutexGuard<'_, Option<Arc<Process>>> {
        self.running.lock()
    }

    fn no_response(&self, limit: Duration) -> String {
        format!(
            "Plugin '{}' did not respond within {}s; its helper process was terminated and will \
             restart on the next \
             call",
            self.context.plugin_id,
            limit.as_secs()
        )
    }
}
