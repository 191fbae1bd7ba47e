// Generated from abi-spec by `osaurus-bridge gen swift`. Edit the spec, not this file.

import COsaurusPlugin
import OsaurusPlugin

/// The scripted host's functions: each asks the host whose call it is.
func fillTable(_ table: inout osr_host_api) {
    table.config_get = { answer(.configGet, [text($0)]) }
    table.config_set = { note(.configSet, [text($0), text($1)]) }
    table.config_delete = { note(.configDelete, [text($0)]) }
    table.db_exec = { answer(.dbExec, [text($0), text($1)]) }
    table.db_query = { answer(.dbQuery, [text($0), text($1)]) }
    table.log = { note(.log, ["\($0)", text($1)]) }
    table.dispatch = { answer(.dispatch, [text($0)]) }
    table.task_status = { answer(.taskStatus, [text($0)]) }
    table.dispatch_cancel = { note(.dispatchCancel, [text($0)]) }
    table.dispatch_clarify = { note(.dispatchClarify, [text($0), text($1)]) }
    table.complete = { answer(.complete, [text($0)]) }
    table.complete_stream = { stream(.completeStream, $0, $1, $2) }
    table.embed = { answer(.embed, [text($0)]) }
    table.list_models = { answer(.listModels, []) }
    table.http_request = { answer(.httpRequest, [text($0)]) }
    table.file_read = { answer(.fileRead, [text($0)]) }
    table.list_active_tasks = { answer(.listActiveTasks, []) }
    table.send_draft = { note(.sendDraft, [text($0), text($1)]) }
    table.dispatch_interrupt = { note(.dispatchInterrupt, [text($0), text($1)]) }
    table.dispatch_add_issue = { answer(.dispatchAddIssue, [text($0), text($1)]) }
    table.complete_cancel = { note(.completeCancel, [text($0)]) }
    table.get_active_agent_id = { answer(.getActiveAgentId, []) }
    table.log_structured = { note(.logStructured, ["\($0)", text($1), text($2)]) }
    table.free_string = { release($0) }
}

/// Bytes of the host's table in a version.
func tableSize(_ version: UInt32) -> Int {
    switch version {
    case 2: 168
    case 3: 176
    case 4: 184
    case 5: 192
    default: MemoryLayout<osr_host_api>.size
    }
}
