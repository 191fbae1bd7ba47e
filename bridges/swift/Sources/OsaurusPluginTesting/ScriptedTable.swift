// The scripted host's table: C functions that find the host whose call into a plugin they are made in.

import COsaurusPlugin
import Foundation
import OsaurusPlugin

private let last = LastHost()

/// As in Osaurus, a call on an unknown thread belongs to the plugin that was called last.
private final class LastHost: @unchecked Sendable {  // `lock` guards `host`.
    private let lock = NSLock()
    private weak var host: ScriptedHost?

    func set(_ new: ScriptedHost) { lock.withLock { host = new } }
    func get() -> ScriptedHost? { lock.withLock { host } }
}

/// The host whose call this is: of its thread, and of the tasks that began there.
private enum Calling {
    @TaskLocal static var host: ScriptedHost?
}

/// Runs `body` as a call of this host's into its plugin.
func calling<Result>(from host: ScriptedHost, _ body: () throws -> Result) rethrows -> Result {
    last.set(host)
    return try Calling.$host.withValue(host, operation: body)
}

private func caller() -> ScriptedHost? { Calling.host ?? last.get() }

private func record(_ slot: HostSlot, _ texts: UnsafePointer<CChar>?...) -> UnsafePointer<CChar>? {
    answer(slot, texts.map { $0.map { String(cString: $0) } })
}

private func answer(_ slot: HostSlot, _ arguments: [String?]) -> UnsafePointer<CChar>? {
    caller()?.call(slot, arguments).flatMap { UnsafePointer(strdup($0)) }
}

/// For functions without a result: what was scripted for them is of no use.
private func note(_ slot: HostSlot, _ arguments: [String?]) { free(UnsafeMutableRawPointer(mutating: answer(slot, arguments))) }

private func text(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.map { String(cString: $0) } }

/// A table in memory of exactly the version's size.
func makeTable(version: UInt32) -> UnsafeMutableRawPointer {
    var full = osr_host_api()
    full.version = version
    fillOwn(&full)
    fillTasks(&full)
    fillOutside(&full)
    let size = tableSize(version)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
    withUnsafeBytes(of: full) { memory.copyMemory(from: $0.baseAddress!, byteCount: size) }
    return memory
}

/// Where the first function begins that the version lacks.
private func tableSize(_ version: UInt32) -> Int {
    let ends: [Int?] = [
        MemoryLayout<osr_host_api>.offset(of: \.complete_cancel), MemoryLayout<osr_host_api>.offset(of: \.get_active_agent_id),
        MemoryLayout<osr_host_api>.offset(of: \.log_structured), MemoryLayout<osr_host_api>.offset(of: \.free_string),
    ]
    return version < 6 ? ends[Int(version) - 2] ?? 0 : MemoryLayout<osr_host_api>.size
}

private func fillOwn(_ table: inout osr_host_api) {
    table.config_get = { record(.configGet, $0) }
    table.config_set = { note(.configSet, [text($0), text($1)]) }
    table.config_delete = { note(.configDelete, [text($0)]) }
    table.db_exec = { record(.dbExec, $0, $1) }
    table.db_query = { record(.dbQuery, $0, $1) }
    table.log = { note(.log, ["\($0)", text($1)]) }
    table.log_structured = { note(.logStructured, ["\($0)", text($1), text($2)]) }
    table.get_active_agent_id = { record(.getActiveAgentId) }
    table.free_string = { free(UnsafeMutableRawPointer(mutating: $0)) }
}

private func fillTasks(_ table: inout osr_host_api) {
    table.dispatch = { record(.dispatch, $0) }
    table.task_status = { record(.taskStatus, $0) }
    table.dispatch_cancel = { note(.dispatchCancel, [text($0)]) }
    table.dispatch_clarify = { note(.dispatchClarify, [text($0), text($1)]) }
    table.list_active_tasks = { record(.listActiveTasks) }
    table.send_draft = { note(.sendDraft, [text($0), text($1)]) }
    table.dispatch_interrupt = { note(.dispatchInterrupt, [text($0), text($1)]) }
    table.dispatch_add_issue = { record(.dispatchAddIssue, $0, $1) }
}

private func fillOutside(_ table: inout osr_host_api) {
    table.complete = { record(.complete, $0) }
    table.complete_stream = { request, onChunk, userData in
        for chunk in caller()?.chunks ?? [] { onChunk?(chunk, userData) }
        return record(.completeStream, request)
    }
    table.complete_cancel = { note(.completeCancel, [text($0)]) }
    table.embed = { record(.embed, $0) }
    table.list_models = { record(.listModels) }
    table.http_request = { record(.httpRequest, $0) }
    table.file_read = { record(.fileRead, $0) }
}
