//! db_exec and db_query: one statement each, on the plugin's own file; no agent is needed.

use super::{HostCall, Reply};

pub(super) fn db_exec(call: &HostCall, sql: &str, params: Option<&str>) -> Reply {
    note_ignored(call, params);
    answer(call, call.context.db.exec(sql, params))
}

pub(super) fn db_query(call: &HostCall, sql: &str, params: Option<&str>) -> Reply {
    note_ignored(call, params);
    answer(call, call.context.db.query(sql, params))
}

fn answer(call: &HostCall, text: String) -> Reply {
    match call.context.db.take_beyond() {
        Some((what, true)) => call.note(format!("stricter than Osaurus: {what} is refused")),
        Some((what, false)) => call.met(
            37,
            &format!("{what} reaches beyond the plugin's own database"),
        ),
        None => {}
    }
    let reply = Reply::Sql(text);
    if reply.is_error() {
        call.met(3, "errors of the database have no message");
    }
    reply
}

/// The documents promise named parameters from an object; the implementation ignores everything but
/// an array.
fn note_ignored(call: &HostCall, params: Option<&str>) {
    call.warn_if_too_deep(params.unwrap_or_default());
    match params.and_then(|text| text.trim_start().chars().next()) {
        None | Some('[') => {}
        Some('{') => call.met(1, "an object of params is ignored; only an array binds"),
        Some(_) => call.note("params ignored: not a JSON array"),
    }
}
