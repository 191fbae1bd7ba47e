// Reminders: agents keep them for the user, who has them in the calendar too. An Osaurus plugin on the package OsaurusPlugin.
//
// - The tools `add`, `list` and `finish` keep reminders in the plugin's database, each agent's apart (hosts since version 4).
// - The tool `brief` has the model say what is up, in a few sentences.
// - The route GET /reminders.ics is a calendar to subscribe to, with the key from the settings.

import Foundation
import OsaurusPlugin

struct Reminders: ConfigObserver {
    var manifest: Manifest {
        Manifest(
            pluginId: "dev.example.reminders", capabilities: Capabilities(config: settings), name: "Reminders",
            version: "1.0.0", description: "Keeps reminders, and shows them in your calendar.",
            minOsaurus: "0.20.3",
            instructions: "Work out dates yourself before you call `add`; the answer says when it is due.")
    }

    private var settings: ManifestConfig {
        let zone = ConfigField(
            key: "time_zone", type: .text, label: "Time zone", placeholder: "Europe/Berlin", default: "UTC")
        let key = ConfigField(
            key: "calendar_key", type: .secret, label: "Key of the calendar", placeholder: "any long text")
        return ManifestConfig(sections: [ConfigSection(title: "Reminders", fields: [zone, key])])
    }

    var tools: [Tool] {
        [
            Tool("add", "Adds a reminder.", parameters: NewReminder.parameters, policy: .auto) { new, call in
                try add(new, call.host, now: Date())
            },
            Tool("list", "Lists the open reminders, the most urgent first.", policy: .auto) { (_: NoArguments, call) in
                let zone = try timeZone(call.host)
                let found = try Store(call.host).open()
                return found.map { Shown($0, zone, now: Date()) }
            },
            Tool("finish", "Marks a reminder as done.", parameters: Chosen.parameters, policy: .auto) {
                (chosen: Chosen, call) in
                let text = try Store(call.host).finish(chosen.id)
                call.host.log(.info, "a reminder is done", details: ["id": .integer(chosen.id)])
                return ["done": text]
            },
            Tool.awaiting("brief", "Says in a few sentences what is due.", policy: .auto) { (_: NoArguments, call) in
                try await brief(call.host, now: Date())
            },
        ]
    }

    var routes: [Route] {
        [
            Route(
                "calendar", ["GET"], "/reminders.ics", auth: .verify,
                description: "The open reminders for a calendar; ?key= as in the settings."
            ) { request, call in
                guard let key = try call.host.configGet("calendar_key"), !key.isEmpty, request.query["key"] == key else {
                    return .problem(403, "set a key for the calendar in the plugin's settings, and add ?key= to the address")
                }
                let events = try Store(call.host).open()
                return .text(calendarText(events), type: "text/calendar; charset=utf-8")
            }
        ]
    }

    func configChanged(_ key: String, _ value: String?, _ call: Call<BlockingHost>) {
        guard key == "time_zone", let value, !value.isEmpty, TimeZone(identifier: value) == nil else { return }
        call.host.log(.warn, "there is no time zone `\(value)`, so UTC is used; names are like Europe/Berlin")
    }
}

/// The arguments of `add`.
struct NewReminder: Decodable {
    var text: String
    var due: String

    static let parameters: [Schema.Property] = [
        .required("text", .string(minLength: 1), "What to remember."),
        .required("due", .string(minLength: 1), "When: \(Due.forms)."),
    ]
}

/// The arguments of `finish`.
struct Chosen: Decodable {
    var id: Int

    static let parameters: [Schema.Property] = [.required("id", .integer(1...Int.max), "Its number, as `list` shows it.")]
}

/// A reminder as the model sees it.
struct Shown: Encodable {
    let id: Int
    let text: String
    let due: String
    let isOverdue: Bool

    init(_ reminder: Reminder, _ zone: TimeZone, now: Date) {
        (id, text) = (reminder.id, reminder.text)
        (due, isOverdue) = (Due.written(reminder.due, zone), reminder.due < now)
    }
}

func add(_ new: NewReminder, _ host: BlockingHost, now: Date) throws -> Shown {
    let zone = try timeZone(host)
    guard let due = Due.read(new.due, zone, now: now) else {
        throw ToolError.invalidArguments(field: "due", expected: Due.forms)
    }
    return Shown(try Store(host).add(new.text, due), zone, now: now)
}

/// Two questions at once, then one to the model.
func brief(_ host: AsyncHost, now: Date) async throws -> String {
    async let agent = owner { try await host.getActiveAgentId() }
    async let zoneName = host.configGet("time_zone")
    let rows = try await host.query(Store.openSQL, [.string(try await agent)])
    let reminders = rows.rows.compactMap(Reminder.init(row:))
    guard !reminders.isEmpty else { return "Nothing is open." }
    let zone = zone(named: try await zoneName)
    let lines = reminders.map { "- \(Due.written($0.due, zone)): \($0.text)" }.joined(separator: "\n")
    let task = "Say in at most three sentences what is due. It is \(Due.written(now, zone))."
    let answer = try await host.complete(CompletionRequest(model: "", messages: [.system(task), .user(lines)]))
    return answer.text ?? lines
}

func timeZone(_ host: BlockingHost) throws -> TimeZone { zone(named: try host.configGet("time_zone")) }

private func zone(named name: String?) -> TimeZone { name.flatMap(TimeZone.init(identifier:)) ?? .gmt }

@_cdecl("osaurus_plugin_entry_v2")
public func entry(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { Reminders.export(to: host) }
