// Runs a handler for one call: on the host's thread, or in a task that the host's thread serves until its deadline.

import Foundation

/// A handler of either kind.
enum Handler<Input: Sendable, Output: Sendable>: Sendable {
    case blocking(@Sendable (Input, Call<BlockingHost>) throws -> Output)
    case awaiting(@Sendable (Input, Call<AsyncHost>) async throws -> Output)

    /// - Parameter limit: Seconds for an `async` handler; one on the host's thread cannot be stopped.
    func run(_ input: Input, _ instance: Instance, _ extras: ToolPayload? = nil, limit: TimeInterval) throws -> Output {
        let frame = Frame(instance)
        switch self {
        case .blocking(let body):
            defer { frame.end() }
            return try body(input, call(BlockingHost(frame: frame), extras))
        case .awaiting(let body):
            return try serve(body, input, call(AsyncHost(frame: frame), extras), frame, limit)
        }
    }

    private func serve(
        _ body: @escaping @Sendable (Input, Call<AsyncHost>) async throws -> Output, _ input: Input,
        _ call: Call<AsyncHost>, _ frame: Frame, _ limit: TimeInterval
    ) throws -> Output {
        let outcome = Outcome<Output>()
        let task = Task {
            do {
                outcome.set(.success(try await body(input, call)))
            } catch {
                outcome.set(.failure(error))
            }
            frame.end()
        }
        frame.serve(until: Date(timeIntervalSinceNow: limit))
        guard let result = outcome.get() else {
            task.cancel()
            throw DeadlineExceeded(seconds: limit)
        }
        return try result.get()
    }
}

func call<HostHandle>(_ host: HostHandle, _ extras: ToolPayload?) -> Call<HostHandle> {
    Call(host: host, secrets: extras?.secrets ?? [:], workingDirectory: extras?.context?.workingDirectory)
}

/// The handler took longer than the host would have waited.
struct DeadlineExceeded: Error, CustomStringConvertible {
    let seconds: TimeInterval
    var description: String { "the handler did not finish within \(Int(seconds)) s and was cancelled" }
}

private final class Outcome<Output>: @unchecked Sendable {  // `lock` guards `result`.
    private let lock = NSLock()
    private var result: Result<Output, any Error>?

    func set(_ new: Result<Output, any Error>) { lock.withLock { result = new } }
    func get() -> Result<Output, any Error>? { lock.withLock { result } }
}
