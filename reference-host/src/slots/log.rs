//! log and log_structured: lines for the log, never parsed.

use super::{HostCall, Reply};
use crate::activity::level_label;

pub(super) fn request(level: i32, message: &str, payload: Option<&str>) -> String {
    let payload = payload.map(|text| format!(" {text}")).unwrap_or_default();
    format!("[{}] {message}{payload}", level_label(level))
}

pub(super) fn write(call: &HostCall, level: i32, message: &str, payload: Option<&str>) -> Reply {
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
