// What the probe does; README.md two folders up says it in words.

import Foundation
import OsaurusPlugin

/// The probe, but for its name.
public protocol ProbePlugin: ConfigObserver, TaskObserver {
    /// What it was told so far.
    var events: Events { get }
}

extension ProbePlugin {
    public var manifest: Manifest {
        let colour = ConfigField(key: "colour", type: .text, label: "Colour")
        let settings = ManifestConfig(sections: [ConfigSection(title: "Probe", fields: [colour])], title: "Probe")
        return Manifest(
            pluginId: "dev.behaviour.probe", capabilities: Capabilities(config: settings), name: "Probe",
            version: "1.0.0", description: "Does what the behaviour table asks for.")
    }

    public var tools: [Tool] {
        [
            Tool("call", "Calls a function of the host.", parameters: Wanted.parameters, policy: .auto) { wanted, call in
                try answer(wanted, call.host)
            },
            Tool("echo", "Says it again.", parameters: [.optional("text", .string(), "What.")], policy: .auto) {
                (said: SayArguments, _) in said
            },
            Tool("refuse", "Fails.", policy: .auto) { (_: NoArguments, _) -> String in
                throw ToolError(.notFound, "nothing has that name")
            },
            Tool("seen", "Lists the events so far.", policy: .auto) { (_: NoArguments, _) in ["events": events.all] },
        ]
    }

    public var routes: [Route] {
        [
            Route("thing", ["GET", "POST"], "/things/:name", auth: .owner) { request, _ in
                let thing = Thing(
                    method: request.method, name: request.pathParams["name"], q: request.query["q"],
                    header: request.headers["x-test"])
                var response = try RouteResponse.json(thing, status: 201)
                response.headers?["X-Probe"] = "yes"
                return response
            },
            Route("broken", ["GET"], "/broken", auth: .owner) { _, _ in throw ToolError(.executionError, "broken") },
        ]
    }

    public func configChanged(_ key: String, _ value: String?, _ call: Call<BlockingHost>) {
        events.add("config \(key)=\(value ?? "")")
    }

    public func taskChanged(_ taskId: String, _ event: TaskEvent, _ call: Call<BlockingHost>) {
        let (type, json) = told(event)
        events.add("task \(type) \(taskId) \(json)")
    }
}

struct SayArguments: Codable { var text: String }

struct Thing: Encodable {
    var method: String
    var name: String?
    var q: String?
    var header: String?
}

/// The arguments of the tool `call`.
struct Wanted: Decodable {
    var function: String
    var arguments: [JSON]
    var cancel: String?

    static let parameters: [Schema.Property] = [
        .required("function", .string(), "Its C name."),
        .required("arguments", .array(of: .any), "Texts, null for NULL, a number for a log level."),
        .optional("cancel", .any, "A stream to stop at the second chunk, or null."),
    ]
}

struct Answer: Encodable {
    var answer: String?
    var chunks: [String]
}

private func answer(_ wanted: Wanted, _ host: BlockingHost) throws -> Answer {
    guard let slot = HostSlot(rawValue: wanted.function) else {
        throw ToolError(.notFound, "there is no function `\(wanted.function)`")
    }
    let level = wanted.arguments.first?.integer.flatMap { LogLevel(rawValue: Int32($0)) }
    let strings = wanted.arguments.filter { $0.integer == nil }.map(\.string)
    let chunks = Events()
    let answer = try host.raw(slot, strings, level: level ?? .info) { chunk in
        chunks.add(chunk) == 2 && wanted.cancel != nil ? .stop : .goOn
    }
    return Answer(answer: answer, chunks: chunks.all)
}

private func told(_ event: TaskEvent) -> (Int32, String) {
    switch event {
    case .started(let details): (0, json(details))
    case .activity(let details): (1, json(details))
    case .progress(let details): (2, json(details))
    case .clarification(let details): (3, json(details))
    case .completed(let details): (4, json(details))
    case .failed(let details): (5, json(details))
    case .cancelled(let details): (6, json(details))
    case .output(let details): (7, json(details))
    case .draft(let details): (8, json(details))
    case .unknown(let type, let json): (type, json)
    }
}

private func json(_ value: some Encodable) -> String {
    (try? JSONEncoder().encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "unwritable"
}
