//! Typed calls of all host functions, over a frame, a frame's handle or `Unscoped`. Called by
//! plugins. Knows which JSON each function takes and gives; threads and C are `call`'s and
//! `frame`'s.
//!
//! Every call may fail with the errors of [`HostError`]; what the host itself refuses comes as
//! [`HostError::Host`] with the host's code. Functions that Osaurus added later answer
//! [`HostError::MissingSlot`] on older hosts.

mod answer;
mod database;
mod inference;
mod tasks;
mod web;

pub use database::{DbChanges, Rows};
pub use inference::Model;
pub use tasks::{DispatchRequest, TaskId, TaskState, TaskStatus};
pub use web::{FileContent, HttpRequest, HttpResponse};

use crate::call::{CallArg, MakeCall, RawCall};
use crate::error::HostError;
use crate::log_queue::printable;
use crate::text::HostString;
use osaurus_abi::HostSlot;
use serde_json::Value;

/// The host's functions, typed. Cheap to make and to copy; bound to what it came from.
///
/// ```
/// # fn example(frame: &osaurus_plugin::Frame) -> Result<(), osaurus_plugin::HostError> {
/// let host = frame.host();
/// let agent = host.agent_id()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Host<'a> {
    via: &'a dyn MakeCall,
}

impl<'a> Host<'a> {
    pub(crate) fn new(via: &'a dyn MakeCall) -> Self {
        Host { via }
    }

    /// Any call, untyped.
    ///
    /// ```
    /// use osaurus_plugin::{HostSlot, RawCall};
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// let call = RawCall {
    ///     slot: HostSlot::ListModels,
    ///     args: &[],
    ///     on_chunk: None,
    /// };
    /// let models = host.call(&call)?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn call(&self, call: &RawCall<'_>) -> Result<Option<HostString>, HostError> {
        self.via.make(call)
    }

    #[inline]
    fn ask(&self, slot: HostSlot, args: &[CallArg<'_>]) -> Result<Option<HostString>, HostError> {
        self.call(&RawCall {
            slot,
            args,
            on_chunk: None,
        })
    }

    /// A call that owes a JSON answer.
    fn ask_json(&self, slot: HostSlot, args: &[CallArg<'_>]) -> Result<Value, HostError> {
        let text = self
            .ask(slot, args)?
            .ok_or(HostError::NullAnswer { slot })?;
        answer::parse(slot, &text)
    }

    /// The value of a config key for this call's agent (or the default for all agents). `None` when
    /// it is not set, and always without a chat agent.
    ///
    /// ```
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// let colour = host.config_get("colour")?.unwrap_or_else(|| "blue".to_owned());
    /// # Ok(())
    /// # }
    /// ```
    pub fn config_get(&self, key: &str) -> Result<Option<String>, HostError> {
        let value = self.ask(HostSlot::ConfigGet, &[CallArg::Text(key)])?;
        Ok(value.map(|value| value.to_string()))
    }

    /// Stores a config value for this call's agent. At most 1 MiB; the host ignores larger ones,
    /// and all without a chat agent.
    ///
    /// ```
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// host.config_set("last_sync", "2026-11-30")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn config_set(&self, key: &str, value: &str) -> Result<(), HostError> {
        let args = [CallArg::Text(key), CallArg::Text(value)];
        self.ask(HostSlot::ConfigSet, &args).map(drop)
    }

    /// Removes a config value of this call's agent.
    ///
    /// ```
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// host.config_delete("last_sync")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn config_delete(&self, key: &str) -> Result<(), HostError> {
        self.ask(HostSlot::ConfigDelete, &[CallArg::Text(key)])
            .map(drop)
    }

    /// Writes a line to the host's log; `level` is one of [`crate::log_level`]. Never fails: a line
    /// that cannot be delivered is dropped. A NUL is written as `␀`.
    ///
    /// ```
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// host.log(osaurus_plugin::log_level::INFO, "synchronised 3 notes");
    /// # Ok(())
    /// # }
    /// ```
    pub fn log(&self, level: i32, message: &str) {
        let message = printable(message);
        let args = [CallArg::Int(level), CallArg::Text(&message)];
        let _ = self.ask(HostSlot::Log, &args);
    }

    /// As [`Host::log`], with a JSON payload. A host before version 5 gets the payload at the end
    /// of the message.
    ///
    /// ```
    /// use osaurus_plugin::log_level;
    /// use serde_json::json;
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// host.log_structured(log_level::WARN, "slow answer", &json!({"ms": 4200}));
    /// # Ok(())
    /// # }
    /// ```
    pub fn log_structured(&self, level: i32, message: &str, payload: &Value) {
        let message = printable(message);
        let payload = payload.to_string();
        let args = [
            CallArg::Int(level),
            CallArg::Text(&message),
            CallArg::Text(&payload),
        ];
        let result = self.ask(HostSlot::LogStructured, &args);
        if result.is_err_and(|error| error.is_missing()) {
            self.log(level, &format!("{message} {payload}"));
        }
    }

    /// The id of the agent that this call belongs to, an upper-case UUID; `None` when there is
    /// none. Version 4.
    ///
    /// ```
    /// # fn example(host: osaurus_plugin::Host<'_>) -> Result<(), osaurus_plugin::HostError> {
    /// if let Some(agent) = host.agent_id()? {
    ///     println!("called for {agent}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn agent_id(&self) -> Result<Option<String>, HostError> {
        let id = self.ask(HostSlot::GetActiveAgentId, &[])?;
        Ok(id.map(|id| id.to_string()))
    }
}
