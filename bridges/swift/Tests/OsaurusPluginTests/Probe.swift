// The plugin that the tests call: one tool or handler for each thing that can go wrong.

import OsaurusPlugin

struct Name: Codable { var name: String }

struct Wanted: Codable {
    var slot: String
    var strings: [String?]
}

struct Probe: Plugin, ConfigObserver, TaskObserver, ArtifactObserver {
    var manifest: Manifest {
        Manifest(pluginId: "dev.example.probe", capabilities: Capabilities(), name: "Probe", version: "1.0.0")
    }

    var tools: [Tool] {
        [
            Tool("greet", "Greets.", parameters: [.required("name", .string(minLength: 1), "Who.")]) { (who: Name, call) in
                let greeting = try call.host.configGet("greeting") ?? "Hello"
                return "\(greeting), \(who.name)!"
            },
            Tool.awaiting("together", "Two calls at once.") { (_: NoArguments, call) in
                async let one = call.host.configGet("one")
                async let two = call.host.configGet("two")
                return [try await one ?? "-", try await two ?? "-"]
            },
            Tool("agent", "Names the agent.") { (_: NoArguments, call) in try call.host.getActiveAgentId() },
            Tool("stream", "Stops after the first chunk.") { (_: NoArguments, call) in
                let request = CompletionRequest(model: "", messages: [ChatMessage(role: "user", content: "go")])
                return try call.host.completeStream(request) { _ in .stop }.id
            },
            Tool("nul", "Writes a NUL.") { (_: NoArguments, call) in
                try call.host.configSet("a", value: "b\0c")
                return true
            },
            Tool("refuse", "Throws.") { (_: NoArguments, _) -> String in throw ToolError(.notFound, "no such note") },
            Tool("rows", "Queries.") { (_: NoArguments, call) in try call.host.query("SELECT 1") },
            Tool("raw", "Calls anything.", parameters: [.required("slot", .string(), "."), .required("strings", .array(of: .any), ".")]) {
                (wanted: Wanted, call) in
                guard let slot = HostSlot(rawValue: wanted.slot) else { throw ToolError(.notFound, "no such function") }
                return try call.host.raw(slot, wanted.strings)
            },
            Tool("leak", "Keeps the host.") { (_: NoArguments, call) in
                kept.set(call.host)
                return true
            },
        ]
    }

    var routes: [Route] {
        [
            Route("hello", ["GET"], "/hello", auth: .none) { request, _ in .text("you asked for \(request.path)") },
            Route.awaiting("fails", ["GET"], "/fails", auth: .none) { _, call in
                try .json(try await call.host.listModels())
            },
        ]
    }

    func configChanged(_ key: String, _ value: String?, _ call: Call<BlockingHost>) {
        call.host.log(.info, "\(key) is \(value ?? "nothing")", details: ["key": .string(key)])
    }

    func taskChanged(_ taskId: String, _ event: TaskEvent, _ call: Call<BlockingHost>) {
        call.host.log(.info, "\(taskId): \(event)")
    }

    func artifactShared(_ artifact: Artifact, _ call: Call<BlockingHost>) { call.host.log(.info, artifact.filename) }
}
