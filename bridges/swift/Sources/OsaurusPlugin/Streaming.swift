// The chunk callback of `complete_stream`, and stopping a stream from it.
// The host calls it on threads of its own, perhaps even after the call has returned: so `user_data` is a number to
// look up, not an address.

import COsaurusPlugin
import Foundation

/// Whether a stream goes on after a chunk.
public enum StreamControl: Sendable {
    case goOn
    /// Ends the stream on hosts since version 3; older ones run to the end, and the rest is dropped.
    case stop
}

/// Receives the pieces of a stream, one at a time, on a thread of the host's. Make no host calls in it.
public typealias ChunkHandler = @Sendable (StreamChunk) -> StreamControl

typealias ChunkCallback = @convention(c) (UnsafePointer<CChar>?, UnsafeMutableRawPointer?) -> Void

private let streams = OpenStreams()

/// The streams whose calls have not returned, by number.
private final class OpenStreams: @unchecked Sendable {  // `lock` guards both members.
    private let lock = NSLock()
    private var open: [UInt: Stream] = [:]
    private var next: UInt = 1

    func add(_ stream: Stream) -> UInt {
        lock.withLock {
            defer { next += 1 }
            open[next] = stream
            return next
        }
    }

    func remove(_ number: UInt) { lock.withLock { open[number] = nil } }
    func find(_ number: UInt) -> Stream? { lock.withLock { open[number] } }
}

private final class Stream: @unchecked Sendable {  // `lock` guards `stopped`, and keeps chunks apart.
    private let lock = NSLock()
    private var stopped = false
    private let table: HostTable
    private let id: String
    private let onChunk: ChunkHandler

    init(_ table: HostTable, _ id: String, _ onChunk: @escaping ChunkHandler) {
        (self.table, self.id, self.onChunk) = (table, id, onChunk)
    }

    func deliver(_ text: String) {
        lock.withLock {
            guard !stopped, let chunk = try? readJSON(StreamChunk.self, from: text) else { return }
            if onChunk(chunk) == .stop {
                stopped = true
                // A host before version 3 cannot stop: its chunks are dropped from here on.
                try? Operations.completeCancel(id).run(table)
            }
        }
    }
}

extension HostTable {
    /// Makes the call with a request that has a `stream_id`, so that it can be stopped.
    func streaming<Answer>(
        _ request: CompletionRequest, _ onChunk: @escaping ChunkHandler,
        _ call: (UnsafePointer<CChar>?, ChunkCallback, UnsafeMutableRawPointer?) throws -> Answer
    ) throws -> Answer {
        var request = request
        let id = request.streamId ?? UUID().uuidString
        request.streamId = id
        let number = streams.add(Stream(self, id, onChunk))
        defer { streams.remove(number) }
        let receive: ChunkCallback = { text, userData in
            guard let text, let stream = streams.find(UInt(bitPattern: userData)) else { return }
            stream.deliver(String(cString: text))
        }
        return try withTexts(.completeStream, [try writeJSON(request)]) { texts in
            try call(texts[0], receive, UnsafeMutableRawPointer(bitPattern: number))
        }
    }
}
