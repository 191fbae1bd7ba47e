// A host for unit tests: answers as scripted, records every call, has every function that its version promises.

import COsaurusPlugin
import Foundation
import OsaurusPlugin

/// A host call that the plugin made.
public struct RecordedCall: Sendable, Equatable {
    /// Which function.
    public let slot: HostSlot
    /// Its strings in order; nil stands for NULL. A log level stands first, as a number.
    public let arguments: [String?]

    /// A call to compare with.
    public init(slot: HostSlot, arguments: [String?]) { (self.slot, self.arguments) = (slot, arguments) }
}

/// A host that does what a test says. Configuration is kept in memory; what is not scripted answers an error that
/// says so. The database is not played: script `dbExec` and `dbQuery`, or test in the reference host.
public final class ScriptedHost: @unchecked Sendable {  // `lock` guards everything that changes.
    /// What the host answers to a call: text, or nil for NULL.
    public typealias Answer = @Sendable ([String?]) -> String?

    private let lock = NSLock()
    private var answers: [HostSlot: Answer] = [:]
    private var recorded: [RecordedCall] = []
    private var values: [String: String] = [:]
    private var pieces: [String] = []
    let table: UnsafeMutableRawPointer

    /// A host of a version, 2 to 6. Its table is as long as that version's: what comes later is not there.
    public init(version: UInt32 = newestABIVersion, config: [String: String] = [:]) {
        precondition((2...newestABIVersion).contains(version), "hosts with a table have versions 2 to \(newestABIVersion)")
        values = config
        table = makeTable(version: version)
    }

    deinit { table.deallocate() }

    /// Answers a function's calls.
    public func on(_ slot: HostSlot, _ answer: @escaping Answer) { lock.withLock { answers[slot] = answer } }

    /// Answers a function's calls with a payload.
    public func on(_ slot: HostSlot, answer: some Encodable) throws {
        let text = String(decoding: try JSONEncoder().encode(answer), as: UTF8.self)
        on(slot) { _ in text }
    }

    /// Has `completeStream` hand out these chunks before its scripted answer.
    public func stream(_ chunks: [StreamChunk]) throws {
        let strings = try chunks.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
        lock.withLock { pieces = strings }
    }

    /// Every call so far, in order. Freed strings are not among them.
    public var calls: [RecordedCall] { lock.withLock { recorded } }

    /// The calls of one function.
    public func calls(of slot: HostSlot) -> [RecordedCall] { calls.filter { $0.slot == slot } }

    /// The configuration as it is now.
    public var config: [String: String] { lock.withLock { values } }

    var chunks: [String] { lock.withLock { pieces } }

    func call(_ slot: HostSlot, _ arguments: [String?]) -> String? {
        let answer = lock.withLock {
            recorded.append(RecordedCall(slot: slot, arguments: arguments))
            return answers[slot]
        }
        return answer.map { $0(arguments) } ?? unscripted(slot, arguments)
    }

    private func unscripted(_ slot: HostSlot, _ arguments: [String?]) -> String? {
        let key = arguments.first.flatMap { $0 } ?? ""
        switch slot {
        case .configGet: return lock.withLock { values[key] }
        case .configSet:
            lock.withLock { values[key] = arguments[1] }
            return nil
        case .configDelete:
            lock.withLock { values[key] = nil }
            return nil
        case .getActiveAgentId: return WellKnown.defaultAgentId
        default: return #"{"error":"not_scripted","message":"script it with host.on(.\#(slot))"}"#
        }
    }
}
