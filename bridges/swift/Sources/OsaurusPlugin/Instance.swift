// A plugin between `init` and `destroy`, found by the context that the host hands back.

import Foundation

/// A running plugin with its declarations.
final class Instance: @unchecked Sendable {  // `lock` guards `running`; the rest never changes.
    let plugin: any Plugin
    let tools: [String: Tool]
    let routes: [String: Route]
    private let host: HostTable?
    private let lock = NSLock()
    private var running = true

    init(_ plugin: any Plugin, _ host: HostTable?) {
        (self.plugin, self.host) = (plugin, host)
        tools = Dictionary(plugin.tools.map { ($0.declaration.id, $0) }) { _, last in last }
        routes = Dictionary(plugin.routes.map { ($0.declaration.id, $0) }) { _, last in last }
    }

    /// The host's table, unless there is none or the plugin was destroyed.
    func table(for slot: HostSlot) throws -> HostTable {
        guard lock.withLock({ running }) else { throw HostError.callEnded(slot) }
        guard let host else { throw HostError.noHost(slot) }
        return host
    }

    func stop() { lock.withLock { running = false } }
}

/// The manifest as the host reads it.
func manifestText(_ plugin: any Plugin) throws -> String {
    var manifest = plugin.manifest
    let (tools, routes) = (plugin.tools.map(\.declaration), plugin.routes.map(\.declaration))
    if !tools.isEmpty { manifest.capabilities.tools = tools }
    if !routes.isEmpty { manifest.capabilities.routes = routes }
    if plugin is any ArtifactObserver { manifest.capabilities.artifactHandler = true }
    return try writeJSON(manifest)
}

let instances = Instances()

/// All instances by number. The number is the context: one that the host should not use any more finds nothing.
final class Instances: @unchecked Sendable {  // `lock` guards the members.
    private let lock = NSLock()
    private var entered: (plugin: any Plugin, host: HostTable?)?
    private var alive: [UInt: Instance] = [:]
    private var next: UInt = 1

    /// What the entry function was called with, for each `init` that follows.
    func enter(_ plugin: any Plugin, _ host: HostTable?) { lock.withLock { entered = (plugin, host) } }

    func lastPlugin() -> (any Plugin)? { lock.withLock { entered?.plugin } }

    /// Begins a life of the plugin, which knows nothing of earlier ones.
    func start() -> UInt? {
        guard let (plugin, host) = lock.withLock({ entered }) else { return nil }
        let instance = Instance(type(of: plugin).init(), host)
        return lock.withLock {
            defer { next += 1 }
            alive[next] = instance
            return next
        }
    }

    func find(_ context: UnsafeMutableRawPointer?) -> Instance? {
        lock.withLock { alive[UInt(bitPattern: context)] }
    }

    func stop(_ context: UnsafeMutableRawPointer?) {
        let stopped = lock.withLock { alive.removeValue(forKey: UInt(bitPattern: context)) }
        stopped?.stop()
    }
}
