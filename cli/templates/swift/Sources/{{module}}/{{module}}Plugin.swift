// {{title}}, a plugin for Osaurus.

import OsaurusPlugin

struct {{module}}Plugin: Plugin {
    var manifest: Manifest {
        Manifest(
            pluginId: "{{id}}", capabilities: Capabilities(), name: "{{title}}", version: "0.1.0",
            description: "{{title}}, a plugin for Osaurus.", minOsaurus: "{{min_osaurus}}")
    }

    var tools: [Tool] {
        [
            Tool(
                "greet", "Greets a person and remembers how often.", parameters: Guest.parameters, policy: .auto,
                run: greet)
        ]
    }
}

/// The arguments of `greet`.
struct Guest: Decodable {
    var name: String

    static let parameters: [Schema.Property] = [.required("name", .string(minLength: 1), "Who to greet.")]
}

@Sendable func greet(_ guest: Guest, _ call: Call<BlockingHost>) throws -> String {
    try call.host.execute("CREATE TABLE IF NOT EXISTS greeted (name TEXT PRIMARY KEY, times INTEGER)")
    try call.host.execute(
        "INSERT INTO greeted VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET times = times + 1", [.string(guest.name)])
    let rows = try call.host.query("SELECT times FROM greeted WHERE name = ?", [.string(guest.name)]).rows
    let times = rows.first?.first?.integer ?? 1
    call.host.log(.info, "greeted", details: ["name": .string(guest.name), "times": .integer(times)])
    return "Hello \(guest.name)! (greeting number \(times))"
}

@_cdecl("osaurus_plugin_entry_v2")
public func entry(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { {{module}}Plugin.export(to: host) }
