//! db_exec and db_query: one statement each, on the plugin's own file; no agent is needed.

use super::{HostCall, Reply};

pub(super) fn exec(call: &HostCall, sql: &str, params: Option<&str>) -> Reply {
    note_ignored(call, params);
    Reply::Sql(call.context.db.exec(sql, params))
}

pub(super) fn query(call: &HostCall, sql: &str, params: Option<&str>) -> Reply {
    note_ignored(call, params);
    Reply::Sql(call.context.db.query(sql, params))
}

/// The documents promise named parameters from an object; the implementation ignores everything but an array.
fn note_ignored(call: &HostCall, params: Option<&str>) {
    let first = params.and_then(|text| text.trim_start().chars().next());
    let bound = first.is_none_or(|first| first == '[' || (first == '{' && call.documented()));
    if !bound {
        call.note("params ignored: not a JSON array (quirk 1)");
    }
}
