// A plugin under test: loaded through its real C table, as a host would.

import COsaurusPlugin
import Foundation
import OsaurusPlugin

/// A plugin that a test calls. Calls come on the test's own thread.
public final class TestedPlugin: @unchecked Sendable {  // Nothing in it changes after `init`.
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
    public func invoke(_ tool: String, _ arguments: JSON = [:]) throws -> JSON {
        let payload = try write(arguments)
        return try read(JSON.self, from: inside { take(api.pointee.invoke?(context, WellKnown.invokeTool, tool, payload)) })
    }

    /// Tells of a shared file.
    public func share(_ artifact: Artifact) throws {
        let payload = try write(artifact)
        _ = inside {
            take(api.pointee.invoke?(context, WellKnown.invokeArtifact, WellKnown.invokeArtifactId, payload))
        }
    }

    /// Calls a route.
    public func request(_ request: RouteRequest) throws -> RouteResponse {
        let text = try write(request)
        return try read(RouteResponse.self, from: inside { take(api.pointee.handle_route?(context, text)) })
    }

    /// Tells of a changed configuration value.
    public func configChanged(_ key: String, _ value: String?) {
        inside { api.pointee.on_config_changed?(context, key, value) }
    }

    /// Tells of a task's event: `type` is its number, `event` its payload.
    public func taskChanged(_ id: String, type: Int32, event: some Encodable) throws {
        let text = try write(event)
        inside { api.pointee.on_task_event?(context, id, type, text) }
    }

    private func inside<Result>(_ body: () throws -> Result) rethrows -> Result { try calling(from: host, body) }

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
