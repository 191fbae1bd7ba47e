// A list that several threads add to.

import Foundation

public final class Events: @unchecked Sendable {  // `lock` guards `texts`.
    private let lock = NSLock()
    private var texts: [String] = []

    public init() {}

    public var all: [String] { lock.withLock { texts } }

    /// Adds an event; how many there are now.
    @discardableResult
    public func add(_ text: String) -> Int {
        lock.withLock {
            texts.append(text)
            return texts.count
        }
    }
}
