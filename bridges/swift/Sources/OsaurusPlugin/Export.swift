// The plugin's table: C functions that find the instance and hand on to Swift. Nothing of the host is read here.

import COsaurusImage
import COsaurusPlugin
import Foundation

extension Plugin {
    /// Gives the plugin to the host: what the exported entry function returns.
    ///
    /// ```swift
    /// @_cdecl("osaurus_plugin_entry_v2")
    /// public func entry(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { Hello.export(to: host) }
    /// ```
    ///
    /// Version 1 hosts look for `osaurus_plugin_entry`, without a parameter: pass nil there.
    public static func export(to host: UnsafeRawPointer?) -> UnsafeRawPointer? {
        // It ran when the library was opened; the call has the linker keep it.
        osr_image_pin()
        let plugin = Self()
        instances.enter(plugin, host.map { HostTable(pointer: $0, oldest: oldestRevision) })
        let table = UnsafeMutablePointer<osr_plugin_api>.allocate(capacity: 1)
        table.initialize(to: pluginTable(plugin))
        return UnsafeRawPointer(table)
    }
}

private func pluginTable(_ plugin: any Plugin) -> osr_plugin_api {
    var table = osr_plugin_api()
    table.version = newestABIVersion
    table.free_string = { free(UnsafeMutableRawPointer(mutating: $0)) }
    table.`init` = { instances.start().flatMap { UnsafeMutableRawPointer(bitPattern: $0) } }
    table.destroy = { instances.stop($0) }
    table.get_manifest = { context in
        let plugin = instances.find(context)?.plugin ?? instances.lastPlugin()
        return returned(plugin.flatMap { try? manifestText($0) })
    }
    table.invoke = { context, type, id, payload in
        returned(invoke(instances.find(context), text(type), text(id), text(payload)))
    }
    if !plugin.routes.isEmpty {
        table.handle_route = { context, request in
            returned(try? writeJSON(answer(instances.find(context), text(request))))
        }
    }
    if plugin is any ConfigObserver {
        table.on_config_changed = { context, key, value in
            configChanged(instances.find(context), text(key), text(value))
        }
    }
    if plugin is any TaskObserver {
        table.on_task_event = { context, id, type, event in
            taskChanged(instances.find(context), text(id), type, text(event))
        }
    }
    return table
}

/// A copy for the host, which hands it to our `free_string`.
private func returned(_ text: String?) -> UnsafePointer<CChar>? { text.flatMap { UnsafePointer(strdup($0)) } }

/// A string of the host's; nil for NULL and for bytes that are not UTF-8.
private func text(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.flatMap { String(validatingCString: $0) } }

private func invoke(_ instance: Instance?, _ type: String?, _ id: String?, _ payload: String?) -> String {
    guard let instance else { return failure(ToolError(.unavailable, "the plugin is not running")) }
    guard let type, let id, let payload else {
        return failure(ToolError(.invalidArgs, "the call has a NULL or bytes that are not UTF-8"))
    }
    if type == WellKnown.invokeArtifact { return share(instance, payload) }
    guard type == WellKnown.invokeTool else {
        return failure(ToolError(.invalidArgs, "the plugin answers calls of tools, not of type `\(type)`"))
    }
    guard let tool = instance.tools[id] else {
        let known = instance.tools.keys.sorted().joined(separator: ", ")
        return failure(ToolError(.toolNotFound, "there is no tool `\(id)`; there are \(known)"))
    }
    return tool.invoke(payload, instance)
}

private func share(_ instance: Instance, _ payload: String) -> String {
    do {
        let artifact = try readJSON(Artifact.self, from: payload)
        within(instance) { (instance.plugin as? any ArtifactObserver)?.artifactShared(artifact, $0) }
        return try success(JSON.null)
    } catch {
        return failure(error)
    }
}

private func answer(_ instance: Instance?, _ text: String?) -> RouteResponse {
    guard let instance, let text, let request = try? readJSON(RouteRequest.self, from: text) else {
        return .problem(500, "the plugin is not running, or the request is not what the host's contract says")
    }
    guard let route = instance.routes[request.routeId] else {
        return .problem(404, "the plugin has no route \(request.routeId)")
    }
    return route.answer(request, instance)
}

private func configChanged(_ instance: Instance?, _ key: String?, _ value: String?) {
    guard let instance, let key, key != WellKnown.abiProbeKey else { return }
    within(instance) { (instance.plugin as? any ConfigObserver)?.configChanged(key, value, $0) }
}

private func taskChanged(_ instance: Instance?, _ id: String?, _ type: Int32, _ json: String?) {
    guard let instance, let id, let json, let event = try? TaskEvent(type: type, json: json) else { return }
    within(instance) { (instance.plugin as? any TaskObserver)?.taskChanged(id, event, $0) }
}

private func within(_ instance: Instance, _ body: (Call<BlockingHost>) -> Void) {
    let frame = Frame(instance)
    body(call(BlockingHost(frame: frame), nil))
    frame.end()
}
