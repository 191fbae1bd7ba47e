//! log and log_structured: lines for the log, never parsed.

use super::{HostCall, Reply};
use crate::host::activity::level_label;

/// What the record has as its request: the payload, else the message.
pub(super) fn request(message: &str, payload: Option<&str>) -> String {
    payload.unwrap_or(message).to_string()
}

pub(super) fn write(call: &HostCall, level: i32, message: &str, payload: Option<&str>) -> Reply {
    call.recorded_as(format!("[{}] {message}", level_label(level)));
    call.host().log(
        &call.context.plugin_id,
        call.agent,
        level,
        message,
        payload,
        false,
    );
    Reply::Void(match level {
        3 => 299,
        4 => 500,
        _ => 200,
    })
}
