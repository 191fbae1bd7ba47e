// The host as handlers see it. The methods themselves are generated: see Generated/HostCalls.swift.

import Foundation

/// The host, for handlers that run on the host's own thread. Good for as long as the handler runs.
///
/// From another thread a call waits until the host's thread makes it; after the handler has returned it is refused.
public struct BlockingHost: Sendable {
    let frame: Frame

    func perform<Answer>(_ operation: Operation<Answer>) throws -> Answer { try frame.perform(operation) }

    /// Writes a line to the host's log, with details where the host (version 5) can show them. Works on any thread.
    public func log(_ level: LogLevel, _ message: String, details: JSON? = nil) {
        writeLine(frame, level, message, details)
    }

    /// Calls a function with strings as they are and returns its text as it came, errors too: for what the typed methods
    /// leave out.
    ///
    /// - Parameters:
    ///   - slot: The function.
    ///   - strings: Its strings in order; nil is NULL.
    ///   - level: The level, for the two functions that log.
    ///   - onChunk: Receives the pieces of `completeStream`.
    /// - Returns: The host's text; nil for NULL and for functions that return nothing.
    @discardableResult
    public func raw(
        _ slot: HostSlot, _ strings: [String?] = [], level: LogLevel = .info,
        onChunk: @escaping TextChunkHandler = { _ in .goOn }
    ) throws -> String? {
        try perform(Operations.raw(slot, strings, level.rawValue, onChunk))
    }

    /// Runs one statement; the values fill its placeholders in order.
    @discardableResult
    public func execute(_ sql: String, _ values: [JSON] = []) throws -> DbExecResult {
        try dbExec(sql, params: try writeJSON(values))
    }

    /// Runs a query; the values fill its placeholders in order.
    public func query(_ sql: String, _ values: [JSON] = []) throws -> DbQueryResult {
        try dbQuery(sql, params: try writeJSON(values))
    }
}

/// The host, for `async` handlers: the host's thread waits and makes the calls.
public struct AsyncHost: Sendable {
    let frame: Frame

    func perform<Answer>(_ operation: Operation<Answer>) async throws -> Answer { try await frame.perform(operation) }

    /// Writes a line to the host's log, with details where the host (version 5) can show them. Works on any thread.
    public func log(_ level: LogLevel, _ message: String, details: JSON? = nil) {
        writeLine(frame, level, message, details)
    }

    /// Calls a function with strings as they are and returns its text as it came, errors too: for what the typed methods
    /// leave out.
    ///
    /// - Parameters:
    ///   - slot: The function.
    ///   - strings: Its strings in order; nil is NULL.
    ///   - level: The level, for the two functions that log.
    ///   - onChunk: Receives the pieces of `completeStream`.
    /// - Returns: The host's text; nil for NULL and for functions that return nothing.
    @discardableResult
    public func raw(
        _ slot: HostSlot, _ strings: [String?] = [], level: LogLevel = .info,
        onChunk: @escaping TextChunkHandler = { _ in .goOn }
    ) async throws -> String? {
        try await perform(Operations.raw(slot, strings, level.rawValue, onChunk))
    }

    /// Runs one statement; the values fill its placeholders in order.
    @discardableResult
    public func execute(_ sql: String, _ values: [JSON] = []) async throws -> DbExecResult {
        try await dbExec(sql, params: try writeJSON(values))
    }

    /// Runs a query; the values fill its placeholders in order.
    public func query(_ sql: String, _ values: [JSON] = []) async throws -> DbQueryResult {
        try await dbQuery(sql, params: try writeJSON(values))
    }

    /// The pieces of a completion as they come. Leaving the loop stops the stream (hosts since version 3).
    public func chunks(of request: CompletionRequest) -> AsyncThrowingStream<StreamChunk, any Error> {
        AsyncThrowingStream { stream in
            let work = Task {
                do {
                    _ = try await completeStream(request) { chunk in
                        if case .terminated = stream.yield(chunk) { .stop } else { .goOn }
                    }
                    stream.finish()
                } catch {
                    stream.finish(throwing: error)
                }
            }
            stream.onTermination = { _ in work.cancel() }
        }
    }
}

/// A line that cannot be written is lost: there is nowhere else to say so.
private func writeLine(_ frame: Frame, _ level: LogLevel, _ message: String, _ details: JSON?) {
    let text = message.replacingOccurrences(of: "\0", with: "\u{FFFD}")
    do {
        guard let details else { return try frame.perform(Operations.log(level.rawValue, message: text)) }
        let payload = try writeJSON(details)
        try frame.perform(Operations.logStructured(level.rawValue, message: text, payload: payload))
    } catch let error as HostError where error.isUnavailable {
        try? frame.perform(Operations.log(level.rawValue, message: text))
    } catch {}
}
