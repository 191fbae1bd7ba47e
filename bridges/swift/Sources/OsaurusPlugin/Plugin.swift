// What a plugin is: a type that says its manifest, tools and routes. Exported by Export.swift.

/// A plugin. One instance serves all agents and all threads at once.
///
/// ```swift
/// struct Hello: Plugin {
///     var manifest: Manifest { Manifest(pluginId: "dev.example.hello", capabilities: Capabilities(), name: "Hello") }
///     var tools: [Tool] { [Tool("hello", "Says hello.") { (_: NoArguments, _) in "Hello!" }] }
/// }
///
/// @_cdecl("osaurus_plugin_entry_v2")
/// public func entry(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { Hello.export(to: host) }
/// ```
///
/// It may conform to ``ConfigObserver``, ``TaskObserver`` and ``ArtifactObserver`` too: the host is told of those
/// that it has, and never calls the others.
public protocol Plugin: Sendable {
    /// Made without a host: once for the manifest when the library is loaded, and once each time the host starts the
    /// plugin. Must be quick.
    init()

    /// What the plugin is. The tools and routes below are filled in.
    var manifest: Manifest { get }

    /// Its tools.
    var tools: [Tool] { get }

    /// Its routes.
    var routes: [Route] { get }

    /// The oldest revision of version 2 that it runs on; functions that came later count as missing on every host
    /// that says version 2.
    static var oldestRevision: Version2Revision { get }
}

extension Plugin {
    public var tools: [Tool] { [] }
    public var routes: [Route] { [] }
    public static var oldestRevision: Version2Revision { .v2e }
}

/// A plugin that wants to know of its configuration's changes.
public protocol ConfigObserver: Plugin {
    /// A value of the call's agent changed or is told for the first time. Empty or nil when it was cleared.
    func configChanged(_ key: String, _ value: String?, _ call: Call<BlockingHost>)
}

/// A plugin that follows the tasks that it dispatched.
public protocol TaskObserver: Plugin {
    /// Something happened to a task. Events of one task come in order.
    func taskChanged(_ taskId: String, _ event: TaskEvent, _ call: Call<BlockingHost>)
}

/// A plugin that is told of shared files.
public protocol ArtifactObserver: Plugin {
    /// An agent shared a file; no agent is bound to this call.
    func artifactShared(_ artifact: Artifact, _ call: Call<BlockingHost>)
}

/// One call of the host's: the way back to it, and what came with the call.
public struct Call<HostHandle: Sendable>: Sendable {
    /// The host, for as long as the handler runs.
    public let host: HostHandle
    /// The plugin's secrets, by id; tool calls only.
    public let secrets: [String: String]
    /// The folder that the user works in; tool calls only.
    public let workingDirectory: String?
}
