// A plugin under test: loaded through its real C table, as a host would.

import COsaurusPlugin
import Foundation
import OsaurusPlugin

/// A plugin that a test calls. Each call comes on a thread of its own, as from a host, so tests may run side by side and
/// call one plugin several times at once.
public final class TestedPlugin: @unchecked Sendable {  // Nothing in it changes after `init`.
    private static let mark = "osaurus host"

    /// Whether the caller is on a thread that the plugin was called on.
    public static var isOnHostsThread: Bool { Thread.current.threadDictionary[mark] != nil }

    private let host: ScriptedHost
    private let api: UnsafePointer<osr_plugin_api>
    private let context: UnsafeMutableRawPointer

    /// One plugin at a time enters: between the entry function and `init` the library remembers one host.
    private static let entering = NSLock()

    /// Loads a plugin into a host.
    public init(_ type: (some Plugin).Type, host: ScriptedHost) throws {
        self.host = host
        (api, context) = try Self.entering.withLock {
            guard let table = type.export(to: UnsafeRawPointer(host.table)) else { throw LoadError("it gave no table") }
            let api = table.assumingMemoryBound(to: osr_plugin_api.self)
            guard let context = api.pointee.`init`?() else { throw LoadError("`init` gave no context") }
            return (api, context)
        }
    }

    deinit { api.pointee.destroy?(context) }

    /// The manifest, as the host gets it.
    public func manifest() throws -> Manifest { try read(Manifest.self, from: take(api.pointee.get_manifest?(context))) }

    /// Calls a tool; returns the envelope.
    public func invoke(_ tool: String, _ arguments: JSON = [:]) async throws -> JSON {
        let payload = try write(arguments)
        let answer = await called { $0.take($0.api.pointee.invoke?($0.context, WellKnown.invokeTool, tool, payload)) }
        return try read(JSON.self, from: answer)
    }

    /// Tells of a shared file.
    public func share(_ artifact: Artifact) async throws {
        let payload = try write(artifact)
        let (type, id) = (WellKnown.invokeArtifact, WellKnown.invokeArtifactId)
        _ = await called { $0.take($0.api.pointee.invoke?($0.context, type, id, payload)) }
    }

    /// Calls a route.
    public func request(_ request: RouteRequest) async throws -> RouteResponse {
        let text = try write(request)
        let answer = await called { $0.take($0.api.pointee.handle_route?($0.context, text)) }
        return try read(RouteResponse.self, from: answer)
    }

    /// Tells of a changed configuration value.
    public func configChanged(_ key: String, _ value: String?) async {
        await called { $0.api.pointee.on_config_changed?($0.context, key, value) }
    }

    /// Tells of a task's event: `type` is its number, `event` its payload.
    public func taskChanged(_ id: String, type: Int32, event: some Encodable) async throws {
        let text = try write(event)
        await called { $0.api.pointee.on_task_event?($0.context, id, type, text) }
    }

    /// Makes a call on a thread that is the host's while it lasts. A test's own thread belongs to the pool that `async`
    /// handlers run on: one that waited would hold it.
    private func called<Answer: Sendable>(_ body: @escaping @Sendable (TestedPlugin) -> Answer) async -> Answer {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { [self] in
                // Not the thread's name: on Linux, Foundation may lose one that is set before the thread's start has returned.
                Thread.current.threadDictionary[Self.mark] = true
                continuation.resume(returning: calling(from: host) { body(self) })
            }
        }
    }

    /// Copies a string of the plugin's and hands it back, as a host does.
    private func take(_ text: UnsafePointer<CChar>?) -> String {
        guard let text else { return "null" }
        defer { api.pointee.free_string?(text) }
        return String(cString: text)
    }
}

/// Why a plugin could not be loaded.
public struct LoadError: Error, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = "the plugin does not load: \(description)" }
}

private func read<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text.utf8))
}

private func write(_ value: some Encodable) throws -> String {
    String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
}
