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

// What the generated functions do.

func answer(_ slot: HostSlot, _ arguments: [String?]) -> UnsafePointer<CChar>? {
    caller()?.call(slot, arguments).flatMap { UnsafePointer(strdup($0)) }
}

/// For functions without a result: what was scripted for them is of no use.
func note(_ slot: HostSlot, _ arguments: [String?]) { release(answer(slot, arguments)) }

func stream(
    _ slot: HostSlot, _ request: UnsafePointer<CChar>?, _ onChunk: osr_on_chunk_fn?, _ userData: UnsafeMutableRawPointer?
) -> UnsafePointer<CChar>? {
    for chunk in caller()?.chunks ?? [] { onChunk?(chunk, userData) }
    return answer(slot, [text(request)])
}

func release(_ string: UnsafePointer<CChar>?) { free(UnsafeMutableRawPointer(mutating: string)) }

func text(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.map { String(cString: $0) } }

/// A table in memory of exactly the version's size.
func makeTable(version: UInt32) -> UnsafeMutableRawPointer {
    var full = osr_host_api()
    full.version = version
    fillTable(&full)
    let size = tableSize(version)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
    withUnsafeBytes(of: full) { memory.copyMemory(from: $0.baseAddress!, byteCount: size) }
    return memory
}
