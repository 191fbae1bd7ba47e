// {{title}}, a plugin for Osaurus.

import OsaurusPlugin

struct {{module}}Plugin: Plugin {
    var manifest: Manifest {
        Manifest(
            // {{^web}}
            pluginId: "{{id}}", capabilities: Capabilities(), name: "{{title}}", version: "0.1.0",
            // {{/web}}
            // {{web}}
            pluginId: "{{id}}", capabilities: Capabilities(web: page), name: "{{title}}", version: "0.1.0",
            // {{/web}}
            description: "{{title}}, a plugin for Osaurus.", minOsaurus: "{{min_osaurus}}")
    }

    var tools: [Tool] {
        [
            Tool(
                "greet", "Greets a person and remembers how often.", parameters: Guest.parameters, policy: .auto,
                run: greet)
        ]
    }
    // {{web}}

    var routes: [Route] {
        [
            Route("greetings", ["GET"], "/api/greetings", auth: .owner, description: "Who was greeted how often.") {
                _, call in try .json(greetings(call.host))
            }
        ]
    }

    /// The build must put the folder beside the library: see README.md.
    private var page: ManifestWeb { ManifestWeb(staticDir: "web", entry: "index.html", mount: "/ui", auth: .owner) }
    // {{/web}}
}

/// The arguments of `greet`.
struct Guest: Decodable {
    var name: String

    static let parameters: [Schema.Property] = [.required("name", .string(minLength: 1), "Who to greet.")]
}

let createTable = "CREATE TABLE IF NOT EXISTS greeted (name TEXT PRIMARY KEY, times INTEGER)"

@Sendable func greet(_ guest: Guest, _ call: Call<BlockingHost>) throws -> String {
    try call.host.execute(createTable)
    try call.host.execute(
        "INSERT INTO greeted VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET times = times + 1", [.string(guest.name)])
    let rows = try call.host.query("SELECT times FROM greeted WHERE name = ?", [.string(guest.name)]).rows
    let times = rows.first?.first?.integer ?? 1
    call.host.log(.info, "greeted", details: ["name": .string(guest.name), "times": .integer(times)])
    return "Hello \(guest.name)! (greeting number \(times))"
}

// {{web}}
func greetings(_ host: BlockingHost) throws -> [JSON] {
    try host.execute(createTable)
    let rows = try host.query("SELECT name, times FROM greeted ORDER BY times DESC, name").rows
    return rows.map { ["name": $0[0], "times": $0[1]] }
}

// {{/web}}
@_cdecl("osaurus_plugin_entry_v2")
public func entry(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { {{module}}Plugin.export(to: host) }
