// The chunk callback of `complete_stream`, and stopping a stream from it.
// The host calls it on threads of its own, perhaps even after the call has returned: so `user_data` is a number to
// look up, not an address.

import COsaurusPlugin
import Foundation

/// Whether a stream goes on after a chunk.
public enum StreamControl: Sendable {
    /// The next chunk may come.
    case goOn
    /// Ends the stream on hosts since version 3; older ones run to the end, and the rest is dropped.
    case stop
}

/// Receives the pieces of a stream, one at a time, on a thread of the host's. Make no host calls in it.
public typealias ChunkHandler = @Sendable (StreamChunk) -> StreamControl

/// As ``ChunkHandler``, for chunks as the host writes them.
public typealias TextChunkHandler = @Sendable (String) -> StreamControl

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
    private let id: String?
    private let onChunk: TextChunkHandler

    init(_ table: HostTable, _ id: String?, _ onChunk: @escaping TextChunkHandler) {
        (self.table, self.id, self.onChunk) = (table, id, onChunk)
    }

    func deliver(_ text: String) {
        lock.withLock {
            guard !stopped, onChunk(text) == .stop else { return }
            stopped = true
            // A host before version 3 cannot stop: its chunks are dropped from here on.
            if let id { try? Operations.completeCancel(id).run(table) }
        }
    }
}

/// Hands on what can be read; the rest of the stream does not suffer from one bad chunk.
func decoded(_ onChunk: @escaping ChunkHandler) -> TextChunkHandler {
    { text in (try? readJSON(StreamChunk.self, from: text)).map(onChunk) ?? .goOn }
}

/// The request with a `stream_id`, by which it can be stopped. The host says what is wrong with one that is not an object.
private func identified(_ request: String?) -> (id: String?, request: String?) {
    guard let request, case .object(var members)? = try? readJSON(JSON.self, from: request) else { return (nil, request) }
    if let id = members["stream_id"]?.string { return (id, request) }
    let id = UUID().uuidString
    members["stream_id"] = .string(id)
    return (id, try? writeJSON(members))
}

extension HostTable {
    /// Makes the call, with chunks for as long as it lasts.
    func streaming<Answer>(
        _ request: String?, _ onChunk: @escaping TextChunkHandler,
        _ call: (UnsafePointer<CChar>?, ChunkCallback, UnsafeMutableRawPointer?) throws -> Answer
    ) throws -> Answer {
        let (id, request) = identified(request)
        let number = streams.add(Stream(self, id, onChunk))
        defer { streams.remove(number) }
        let receive: ChunkCallback = { text, userData in
            guard let text, let stream = streams.find(UInt(bitPattern: userData)) else { return }
            stream.deliver(String(cString: text))
        }
        return try withStrings(.completeStream, [request]) { strings in
            try call(strings[0], receive, UnsafeMutableRawPointer(bitPattern: number))
        }
    }
}
