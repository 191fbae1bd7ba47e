import Foundation
import OsaurusPlugin
import OsaurusPluginTesting
import Testing

@testable import Reminders

/// A host whose database has one open reminder, due on the first day of 2026.
private func hostWithOneReminder(version: UInt32 = newestABIVersion, config: [String: String] = [:]) throws -> ScriptedHost {
    let host = ScriptedHost(version: version, config: config)
    try host.on(.dbExec, answer: DbExecResult(changes: 1, lastInsertRowid: 7))
    try host.on(.dbQuery, answer: DbQueryResult(columns: ["id", "text", "due"], rows: [[7, "Milk", 1_767_225_600]]))
    return host
}

struct RemindersTests {
    @Test func aReminderIsStoredForTheAgentInItsTimeZone() async throws {
        let host = try hostWithOneReminder(config: ["time_zone": "Europe/Berlin"])
        let plugin = try TestedPlugin(Reminders.self, host: host)
        let added = try await plugin.invoke("add", ["text": "Milk", "due": "2099-01-01 12:00"])
        #expect(added["result"] == ["id": 7, "text": "Milk", "due": "2099-01-01 12:00", "isOverdue": false])
        let stored = host.calls(of: .dbExec).last?.arguments[1]
        // Noon in Berlin is eleven o'clock UTC in winter.
        #expect(stored == #"["\#(WellKnown.defaultAgentId)","Milk",4070948400]"#)
    }

    @Test func aDateThatCannotBeReadIsRefusedBeforeAnythingIsStored() async throws {
        let host = try hostWithOneReminder()
        let plugin = try TestedPlugin(Reminders.self, host: host)
        let refused = try await plugin.invoke("add", ["text": "Milk", "due": "soon"])
        #expect(refused["kind"] == "invalid_args" && refused["field"] == "due", "\(refused)")
        #expect(host.calls(of: .dbExec).isEmpty)
    }

    @Test(arguments: [UInt32(3), 4]) func agentsShareRemindersWhereTheHostCannotTellThemApart(version: UInt32) async throws {
        let host = try hostWithOneReminder(version: version)
        let plugin = try TestedPlugin(Reminders.self, host: host)
        let listed = try await plugin.invoke("list")
        #expect(listed["result"]?[0]?["text"] == "Milk", "\(listed)")
        let owner = version < 4 ? "all" : WellKnown.defaultAgentId
        #expect(host.calls(of: .dbQuery).last?.arguments[1] == #"["\#(owner)"]"#)
    }

    @Test func whatIsNotThereCannotBeFinished() async throws {
        let plugin = try TestedPlugin(Reminders.self, host: try hostWithOneReminder())
        #expect(try await plugin.invoke("finish", ["id": 7])["result"] == ["done": "Milk"])
        #expect(try await plugin.invoke("finish", ["id": 8])["kind"] == "not_found")
    }

    @Test func theModelIsToldWhatIsOpenAndWhen() async throws {
        let host = try hostWithOneReminder(config: ["time_zone": "Asia/Tokyo"])
        try host.on(.complete, answer: CompletionResponse.saying("Milk is due."))
        let plugin = try TestedPlugin(Reminders.self, host: host)
        #expect(try await plugin.invoke("brief")["result"] == "Milk is due.")
        let request = host.calls(of: .complete).last?.arguments[0]
        #expect(request?.contains("- 2026-01-01 09:00: Milk") == true, "\(request ?? "no request")")
    }

    @Test func theCalendarNeedsItsKey() async throws {
        let plugin = try TestedPlugin(Reminders.self, host: try hostWithOneReminder(config: ["calendar_key": "k"]))
        let none = RouteRequest.to("calendar", path: "/reminders.ics")
        #expect(try await plugin.request(none).status == 403)
        let calendar = try await plugin.request(.to("calendar", path: "/reminders.ics", query: ["key": "k"]))
        #expect(calendar.status == 200 && calendar.body?.contains("SUMMARY:Milk") == true, "\(calendar)")
        let open = try TestedPlugin(Reminders.self, host: try hostWithOneReminder())
        #expect(try await open.request(none).status == 403)
    }

    @Test func aTimeZoneThatDoesNotExistIsToldInTheLog() async throws {
        let host = ScriptedHost()
        let plugin = try TestedPlugin(Reminders.self, host: host)
        await plugin.configChanged("time_zone", "Europe/Berlin")
        #expect(host.calls.isEmpty)
        await plugin.configChanged("time_zone", "Mars")
        #expect(host.calls.last?.arguments[1]?.contains("no time zone `Mars`") == true)
    }
}
