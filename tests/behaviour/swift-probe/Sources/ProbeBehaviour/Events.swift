// A list that several threads add to.

import Foundation

public final class Events: @unchecked Sendable {  // `lock` guards `lines`.
    private let lock = NSLock()
    private var lines: [String] = []

    public init() {}

    public var all: [String] { lock.withLock { lines } }

    /// Adds an event; how many there are now.
    @discardableResult
    public func add(_ text: String) -> Int {
        lock.withLock {
            lines.append(text)
            return lines.count
        }
    }
}
