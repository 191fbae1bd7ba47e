// A frame: the right to call the host back while one of its calls runs, on the thread of that call.
// Osaurus finds plugin and agent by thread; a call from elsewhere may be charged to another plugin.

import Foundation

/// A host call that has yet to be made.
struct Operation<Answer: Sendable>: Sendable {
    let slot: HostSlot
    let run: @Sendable (HostTable) throws -> Answer

    init(_ slot: HostSlot, _ run: @escaping @Sendable (HostTable) throws -> Answer) {
        (self.slot, self.run) = (slot, run)
    }

    /// Logging and cancelling work on any thread.
    var worksAnywhere: Bool { [.log, .logStructured, .completeCancel].contains(slot) }
}

/// One call of the host's into the plugin.
final class Frame: @unchecked Sendable {  // `condition` guards `jobs` and `ended`; the rest never changes.
    private struct Job {
        let run: () -> Void
        let refuse: () -> Void
    }

    private let owner = pthread_self()
    private let condition = NSCondition()
    private var jobs: [Job] = []
    private var ended = false
    private let instance: Instance

    init(_ instance: Instance) { self.instance = instance }

    /// Makes a call at once on the frame's own thread; from another one, waits until that thread has made it.
    func perform<Answer>(_ operation: Operation<Answer>) throws -> Answer {
        if let answer = try here(operation) { return answer }
        let waiter = Waiter<Answer>()
        try post(operation) { waiter.finish($0) }
        return try waiter.wait()
    }

    /// Has the frame's thread make the call.
    func perform<Answer>(_ operation: Operation<Answer>) async throws -> Answer {
        if let answer = try here(operation) { return answer }
        return try await withCheckedThrowingContinuation { continuation in
            do {
                try post(operation) { continuation.resume(with: $0) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// Nil when the call has to be made on another thread.
    private func here<Answer>(_ operation: Operation<Answer>) throws -> Answer? {
        let table = try instance.table(for: operation.slot)
        if operation.worksAnywhere { return try operation.run(table) }
        guard pthread_equal(pthread_self(), owner) != 0 else { return nil }
        if condition.withLock({ ended }) { throw HostError.callEnded(operation.slot) }
        return try operation.run(table)
    }

    private func post<Answer>(
        _ operation: Operation<Answer>, _ done: @escaping (Result<Answer, any Error>) -> Void
    ) throws {
        let table = try instance.table(for: operation.slot)
        let job = Job(
            run: { done(Result { try operation.run(table) }) },
            refuse: { done(.failure(HostError.callEnded(operation.slot))) }
        )
        try condition.withLock {
            guard !ended else { throw HostError.callEnded(operation.slot) }
            jobs.append(job)
            condition.signal()
        }
    }

    /// Makes the calls that others post, until `end` is called or the time is up.
    func serve(until deadline: Date) {
        while let job = next(before: deadline) { job.run() }
        end()
    }

    private func next(before deadline: Date) -> Job? {
        condition.withLock {
            while jobs.isEmpty, !ended {
                if !condition.wait(until: deadline) { return nil }
            }
            return jobs.isEmpty ? nil : jobs.removeFirst()
        }
    }

    /// No more calls: those that wait are refused.
    func end() {
        let late = condition.withLock {
            defer { jobs = [] }
            ended = true
            condition.broadcast()
            return jobs
        }
        late.forEach { $0.refuse() }
    }
}

/// The result of a job for a thread that waits.
private final class Waiter<Answer>: @unchecked Sendable {  // The semaphore orders writing before reading.
    private let semaphore = DispatchSemaphore(value: 0)
    private var result: Result<Answer, any Error>?

    func finish(_ result: Result<Answer, any Error>) {
        self.result = result
        semaphore.signal()
    }

    func wait() throws -> Answer {
        semaphore.wait()
        guard let result else { throw CancellationError() }
        return try result.get()
    }
}
