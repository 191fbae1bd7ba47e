//! Host calls that a plugin makes in its helper process, served in the host: they go through the
//! real callbacks, in a scope with the agent that the helper names. Only these can be called from
//! there.

use super::protocol::{self, text};
use crate::common::ids::AgentId;
use crate::common::json::{self, c_text};
use crate::plugin::calls::scope;
use crate::plugin::context::PluginContext;
use crate::slots;
use osaurus_abi::{ABI_VERSION_LATEST, HostApi};
use serde_json::Value;
use std::ffi::{CString, c_char};
use std::ptr::null;
use std::sync::Arc;

/// Serves one message on a thread of its own and hands its answer, if it wants one, to `answer`.
pub(crate) fn serve(
    context: Arc<PluginContext>,
    message: Value,
    answer: Box<dyn FnOnce(String) + Send>,
) {
    let pool = context.services.pool.clone();
    pool.run(move || {
        let method = message["method"].as_str().unwrap_or_default();
        let outcome = call(&context, method, &message["params"]);
        let Some(id) = message.get("id") else { return };
        answer(match outcome {
            Some(value) => protocol::result(id, protocol::optional("value", value)),
            None => protocol::error(id, &format!("unknown method: {method}")),
        });
    });
}

/// None for a method that does not exist; `Some(None)` for NULL.
fn call(context: &Arc<PluginContext>, method: &str, params: &Value) -> Option<Option<String>> {
    let slot = method.strip_prefix("host.")?;
    let agent = text(params, "agent_id").and_then(AgentId::parse);
    let table = slots::full_table(ABI_VERSION_LATEST);
    if let "log" | "log_structured" = slot {
        log(context, params);
        return Some(None);
    }
    scope::enter(context.key, agent, || run(&table, slot, params))
}

/// Log lines of a helper reach the console alone: no payload, no record.
fn log(context: &PluginContext, params: &Value) {
    let level = params["level"]
        .as_i64()
        .and_then(|level| i32::try_from(level).ok());
    let message = text(params, "message").unwrap_or_default();
    let (host, plugin) = (&context.services, &context.plugin_id);
    host.log(
        plugin,
        None,
        level.unwrap_or_default(),
        message,
        None,
        false,
    );
}

fn run(table: &HostApi, slot: &str, params: &Value) -> Option<Option<String>> {
    let argument = |key: &str| Argument(text(params, key).map(c_text));
    // SAFETY: the table is the host's own; the arguments are NULL or strings that live through the
    // call.
    unsafe {
        match slot {
            "config_get" => Some(taken(table, table.config_get?(argument("key").pointer()))),
            "config_set" => {
                table.config_set?(argument("key").pointer(), argument("value").pointer());
                Some(None)
            }
            "config_delete" => {
                table.config_delete?(argument("key").pointer());
                Some(None)
            }
            "db_exec" => {
                let (sql, params) = (argument("sql"), argument("params"));
                Some(taken(
                    table,
                    table.db_exec?(sql.pointer(), params.pointer()),
                ))
            }
            "db_query" => {
                let (sql, params) = (argument("sql"), argument("params"));
                Some(taken(
                    table,
                    table.db_query?(sql.pointer(), params.pointer()),
                ))
            }
            "http_request" => Some(taken(
                table,
                table.http_request?(argument("request").pointer()),
            )),
            _ => None,
        }
    }
}

struct Argument(Option<CString>);

impl Argument {
    fn pointer(&self) -> *const c_char {
        self.0.as_ref().map_or(null(), |text| text.as_ptr())
    }
}

/// A string of the host, copied and freed.
fn taken(table: &HostApi, pointer: *const c_char) -> Option<String> {
    // SAFETY: NULL or a string that the host just returned, which is ours now.
    let copy = unsafe { json::text(pointer) };
    if let Some(free) = table.free_string {
        // SAFETY: as above; it is freed this once.
        unsafe { free(pointer) };
    }
    copy
}
